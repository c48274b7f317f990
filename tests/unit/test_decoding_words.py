"""Guards on msgspec 0.22: what it says in words, and what it lets pass, is a contract of ours.

`schemas.faults` reads its messages and `schemas.decoding` counts on its encoder writing the
shortest form. When one of these fails, msgspec has changed: read `schemas.faults.WORDS` again.
"""

from datetime import date
from typing import Any

import msgspec
import pytest

from schemas.decoding import read, read_slowly
from schemas.errors import Reason
from schemas.events import Amended, Envelope, Gap, Line, LooseReport, Stamp, Tick
from schemas.faults import fault_of, shown
from tests.support.sayings import AMENDED, COUNTED, GAP, RECEIVED, SAID, encoded, report, without

LONG = "9" * 5_000
SAYINGS: list[tuple[str, Any, bytes, str, Reason, str]] = [
    (
        "a missing field",
        Line,
        encoded(without(RECEIVED, "unit")),
        "Object missing required field `unit`",
        Reason.MISSING_FIELD,
        "x.unit",
    ),
    (
        "an unknown field",
        Line,
        encoded({**RECEIVED, "reson": "x"}),
        "Object contains unknown field `reson`",
        Reason.UNKNOWN_FIELD,
        "x.reson",
    ),
    (
        "an unknown kind",
        Line,
        b'{"kind":"stock.lost"}',
        "Invalid value 'stock.lost' - at `$.kind`",
        Reason.UNKNOWN_KIND,
        "x.kind",
    ),
    (
        "a missing kind",
        Line,
        b"{}",
        "Object missing required field `kind`",
        Reason.MISSING_FIELD,
        "x.kind",
    ),
    (
        "a date that is none",
        Line,
        encoded({**COUNTED, "expires_on": "x"}),
        "Invalid RFC3339 encoded date - at `$.expires_on`",
        Reason.DATE_MALFORMED,
        "x.expires_on",
    ),
    (
        "a number for a date",
        Line,
        encoded({**COUNTED, "expires_on": 1}),
        "Expected `date | null`, got `int` - at `$.expires_on`",
        Reason.DATE_MALFORMED,
        "x.expires_on",
    ),
    (
        "a number for a needed date",
        date,
        b"1",
        "Expected `date`, got `int`",
        Reason.DATE_MALFORMED,
        "x",
    ),
    (
        "a time that is none",
        Stamp,
        b'"x"',
        "Invalid RFC3339 encoded datetime",
        Reason.TIME_MALFORMED,
        "x",
    ),
    (
        "a time without offset",
        Stamp,
        b'"2026-11-22T07:00:00"',
        "Expected `datetime` with a timezone component",
        Reason.TIME_MALFORMED,
        "x",
    ),
    ("null for a time", Stamp, b"null", "Expected `datetime`, got `null`", Reason.WRONG_TYPE, "x"),
    (
        "a long text",
        Line,
        encoded({**RECEIVED, "reason": "x" * 201}),
        "Expected `str` of length <= 200 - at `$.reason`",
        Reason.TEXT_MALFORMED,
        "x.reason",
    ),
    (
        "a revision too small",
        Amended,
        encoded({**AMENDED, "revision": 1}),
        "Expected `int` >= 2 - at `$.revision`",
        Reason.REVISION_OUT_OF_RANGE,
        "x.revision",
    ),
    (
        "a sequence too great",
        LooseReport,
        encoded({**SAID, "sequence": 2**70, "lines": []}),
        "Expected `int` <= 9007199254740991 - at `$.sequence`",
        Reason.SEQUENCE_OUT_OF_RANGE,
        "x.sequence",
    ),
    (
        "a sequence of 5,000 digits",
        LooseReport,
        encoded({**SAID, "sequence": "@", "lines": []}).replace(b'"@"', LONG.encode()),
        "Integer value out of range - at `$.sequence`",
        Reason.SEQUENCE_OUT_OF_RANGE,
        "x.sequence",
    ),
    (
        "a gap from zero",
        Gap,
        encoded({**GAP, "first": 0}),
        "Expected `int` >= 1 - at `$.first`",
        Reason.GAP_MALFORMED,
        "x.first",
    ),
    (
        "tick zero",
        Tick,
        b'{"tick":0}',
        "Expected `int` >= 1 - at `$.tick`",
        Reason.TICK_MALFORMED,
        "x.tick",
    ),
    (
        "a number beyond floats",
        Amended,
        encoded({**AMENDED, "order": "@"}).replace(b'"@"', b"1e999999"),
        "Number out of range - at `$.order`",
        Reason.WRONG_TYPE,
        "x.order",
    ),
    (
        "a float for a whole number",
        Tick,
        b'{"tick":7.0}',
        "Expected `int`, got `float` - at `$.tick`",
        Reason.WRONG_TYPE,
        "x.tick",
    ),
    (
        "a truth for a whole number",
        Tick,
        b'{"tick":true}',
        "Expected `int`, got `bool` - at `$.tick`",
        Reason.WRONG_TYPE,
        "x.tick",
    ),
    (
        "a fault within a list",
        Line,
        b'{"kind":"stock.converted","recipe":"R","outputs":[],"inputs":[{"commodity":1}]}',
        "Expected `str`, got `int` - at `$.inputs[0].commodity`",
        Reason.WRONG_TYPE,
        "x.inputs.1.commodity",
    ),
    (
        "a root that is no object",
        Envelope,
        b"[]",
        "Expected `object`, got `array`",
        Reason.WRONG_TYPE,
        "x",
    ),
]


@pytest.mark.parametrize(
    ("kind", "value", "words", "reason", "field"),
    [row[1:] for row in SAYINGS],
    ids=[row[0] for row in SAYINGS],
)
def test_msgspec_says_what_the_table_of_faults_reads(
    kind: Any, value: bytes, words: str, reason: Reason, field: str
) -> None:
    assert msgspec.__version__.startswith("0.22."), "read WORDS again, then move this line"
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.json.decode(value, type=kind)
    assert str(raised.value) == words
    fault = fault_of(str(raised.value), "x")
    assert (fault.reason, fault.field) == (reason, field)


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (b'"\xff"', UnicodeDecodeError),
        (b"[" * 60_000, RecursionError),
        (b'"\\ud800"', msgspec.DecodeError),
        (b"\xef\xbb\xbf1", msgspec.DecodeError),
        (b"NaN", msgspec.DecodeError),
    ],
    ids=["bad-utf-8", "depth", "lone-surrogate", "byte-order-mark", "nan"],
)
def test_msgspec_refuses_with_the_errors_that_are_caught(
    value: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error) as raised:
        msgspec.json.decode(value, type=Any if value[:1] == b"[" else str)
    assert raised.type is error


def test_msgspec_takes_the_last_of_two_equal_keys_so_bytes_must_be_counted() -> None:
    assert msgspec.json.decode(b'{"tick":1,"tick":2}', type=Tick) == Tick(tick=2)


def test_msgspec_writes_the_shortest_form_that_the_count_of_bytes_relies_on() -> None:
    for text in ("a", "é", "\U0001f33e", "\x7f", "/", "\u2028"):
        assert msgspec.json.encode(text) == f'"{text}"'.encode()
    for text, shortest in (
        ("\n", b'"\\n"'),
        ("\x01", b'"\\u0001"'),
        ('"', b'"\\""'),
        ("\\", b'"\\\\"'),
    ):
        assert msgspec.json.encode(text) == shortest
    line = msgspec.json.decode(encoded(RECEIVED), type=Line)
    assert len(msgspec.json.encode(line)) == len(encoded(RECEIVED))


@pytest.mark.parametrize("spare", [b'"x":1,', b'"retry":"3",'])
def test_a_byte_too_many_leads_to_the_slow_road_and_the_same_reading(spare: bytes) -> None:
    value = encoded(report(RECEIVED))
    longer = value.replace(b'{"specversion"', b"{" + spare + b'"specversion"')
    assert read(longer) == read_slowly(longer) == read(value)


def test_a_time_spelt_short_cannot_hide_a_key() -> None:
    tree = {**report(RECEIVED), "time": "2026-11-22T00:00:00.5+0000"}
    plain = read(encoded(tree))
    hidden = encoded(tree)[:-1] + b',"a":0}'
    assert read(hidden) == plain  # an extension, seen and let through by the slow road
    twice = encoded(tree).replace(b'"unit"', b'"unit":"","unit"')
    with pytest.raises(Exception, match="duplicate_key"):
        read(twice)


def test_a_strangers_word_is_shown_short_and_plain() -> None:
    assert shown("a\n\u202e\ud800b") == "a\\n\\u202e\\ud800b"
    assert len(shown("x" * 1_000)) == 64
