"""Shapes: keys twice, unknown, absent, null, of another type, too many, of another version."""

from collections.abc import Iterator
from typing import Any

from schemas.errors import Reason
from tests.support.case import Case, bad, bad_line, good, good_line, spelt
from tests.support.sayings import (
    AMENDED,
    CONVERTED,
    COUNTED,
    KEY,
    PLACED,
    RECEIVED,
    encoded,
    report,
    without,
)

SOUND = report(RECEIVED)
BYTES = encoded(SOUND)


def twice() -> Iterator[Case]:
    pair = Reason.DUPLICATE_KEY
    data = BYTES.replace(b'"device":"hp1"', b'"device":"hp1","device":"hp2"')
    yield bad("twice-in-envelope", BYTES[:-1] + b',"id":"x"}', pair, "id")
    yield bad("twice-data", BYTES[:-1] + b',"data":{}}', pair, "data")
    yield bad("twice-in-body", data, pair, "device")
    unit = b'"unit":"KG"'
    for name, spelling in {
        "in-line": b'"unit":"TON","unit":"KG"',
        "behind-a-space": b'"unit" :"TON","unit":"KG"',
        "behind-an-escape": b'"\\u0075nit":"TON","unit":"KG"',
        "equal": b'"unit":"KG","unit":"KG"',
    }.items():
        yield bad(f"twice-{name}", BYTES.replace(unit, spelling), pair, "unit", "last would win")
    counted = BYTES.replace(unit, b'"unit":"TON","unit":"KG"')
    hidden = counted.replace(b'"catch"', b'"\\u0022:\\u0022"')
    yield bad("twice-behind-escaped-quotes", hidden, pair, "unit", "as many quotes as keys")
    nested = encoded(report(CONVERTED)).replace(
        b'"quantity":"82"', b'"quantity":"9","quantity":"82"'
    )
    yield bad("twice-in-portion", nested, pair, "quantity")


def unknown() -> Iterator[Case]:
    stranger = Reason.UNKNOWN_FIELD
    for name in ("dataBase64", "data_base64", "Time", "", "with space", "a" * 21, "\u0455ource"):
        shown = name if name.isascii() else "\\u0455ource"
        yield bad(f"attribute-{shown or 'empty'}", {**SOUND, name: "x"}, stranger, shown)
    yield good("attribute-extension", {**SOUND, "traceparent": "00-4bf9-00f0-01", "retry": 3})
    yield good("attribute-null", {**SOUND, "datacontenttype": None, "subject": None}, "as absent")
    yield bad("attribute-object", {**SOUND, "extra": {"a": 1}}, Reason.WRONG_TYPE, "extra")
    yield bad("attribute-list", {**SOUND, "extra": [1]}, Reason.WRONG_TYPE, "extra")
    yield bad("unknown-in-body", report(RECEIVED, hub="19.02"), stranger, "data.hub")
    typo = {**without(RECEIVED, "reason"), "reson": "catch"}
    yield bad_line("unknown-in-line", typo, stranger, "reson", "a typing mistake is not lost")
    yield bad_line("unknown-of-another-kind", {**RECEIVED, "order": "PO-1"}, stranger, "order")
    path = {**RECEIVED, "` - at `$.kind": 1}
    yield bad_line("unknown-posing-as-a-path", path, stranger, "kind", "wrong field, right reason")
    (part,) = CONVERTED["inputs"]
    line = {**CONVERTED, "inputs": [{**part, "floor_price": "1"}]}
    yield bad_line("unknown-in-portion", line, stranger, "inputs.1.floor_price")


def absent() -> Iterator[Case]:
    for name in SOUND:
        yield bad(f"absent-{name}", without(SOUND, name), Reason.MISSING_FIELD, name)
    for name in ("coop", "device", "sequence", "lines"):
        tree = {**SOUND, "data": without(SOUND["data"], name)}
        yield bad(f"absent-data-{name}", tree, Reason.MISSING_FIELD, f"data.{name}")
    for name in ("kind", "commodity", "quantity"):
        yield bad_line(f"absent-line-{name}", without(RECEIVED, name), Reason.MISSING_FIELD, name)
    yield bad_line("absent-everything", {}, Reason.MISSING_FIELD, "kind")


def types() -> Iterator[Case]:
    wrong = Reason.WRONG_TYPE
    for name, raw in {"array": b"[]", "number": b"42", "text": b'"x"', "null": b"null"}.items():
        yield bad(f"root-{name}", raw, wrong)
    yield bad("root-report-in-text", encoded(BYTES.decode()), wrong, note="encoded twice")
    yield bad("root-list-of-reports", encoded([SOUND]), wrong, note="a batch is for the gateway")
    for name in ("specversion", "type", "id", "source", "data"):
        yield bad(f"null-{name}", {**SOUND, name: None}, wrong, name)
    yield bad("specversion-number", {**SOUND, "specversion": 1.0}, wrong, "specversion")
    yield bad("data-as-text", {**SOUND, "data": "{}"}, wrong, "data")
    yield bad("data-as-list", {**SOUND, "data": []}, wrong, "data")
    for name in ("coop", "device", "sequence", "lines", "repairs"):
        yield bad(f"null-data-{name}", report(RECEIVED, **{name: None}), wrong, f"data.{name}")
    yield bad("coop-as-number", report(RECEIVED, coop=1902012003), wrong, "data.coop")
    yield bad("lines-as-object", report(lines={"1": RECEIVED}), wrong, "data.lines")
    for name in ("grade", "lot", "quantity", "floor_price", "expires_on", "keep"):
        yield bad_line(f"null-line-{name}", {**COUNTED, name: None}, wrong, name)
    for name in ("needed_by", "priority"):
        yield bad_line(f"null-order-{name}", {**PLACED, name: None}, wrong, name, "not: take back")
    yield bad_line("null-amended-needed-by", {**AMENDED, "needed_by": None}, wrong, "needed_by")
    shapes: dict[str, Any] = {"null": None, "text": "x", "number": 1, "list": [], "bool": True}
    for name, line in shapes.items():
        yield bad_line(f"line-as-{name}", line, wrong)
    yield bad_line("kind-as-number", {**RECEIVED, "kind": 3}, wrong, "kind")
    yield bad_line("kind-null", {**RECEIVED, "kind": None}, wrong, "kind")
    yield bad_line("lot-as-number", {**COUNTED, "lot": 1}, wrong, "lot")
    yield bad_line("reason-as-bool", {**RECEIVED, "reason": False}, wrong, "reason")
    yield bad_line("inputs-as-object", {**CONVERTED, "inputs": {}}, wrong, "inputs")
    yield bad_line("portion-null", {**CONVERTED, "inputs": [None]}, wrong, "inputs.1")


def versions() -> Iterator[Case]:
    kind = Reason.UNKNOWN_TYPE
    for name, text in {
        "future": "lumbung.report.v2",
        "longer": "lumbung.report.v10",
        "without-version": "lumbung.report",
        "upper-case": "LUMBUNG.REPORT.V1",
        "derived": "lumbung.ledger.v1",
        "foreign": "com.github.push",
        "empty": "",
    }.items():
        yield bad(f"type-{name}", {**SOUND, "type": text}, kind, "type")
    posing = report({**RECEIVED, "reason": "lumbung.report.v1"})
    posing["type"] = "lumbung.profile.v1"
    yield bad("type-at-odds-with-body", posing, Reason.UNKNOWN_FIELD, "data.lines")
    for name, text in {"old": "0.3", "short": "1", "future": "2.0", "empty": ""}.items():
        tree = {**SOUND, "specversion": text}
        yield bad(f"specversion-{name}", tree, Reason.UNKNOWN_SPECVERSION, "specversion")
    for name, text in {"case": "Stock.Received", "future": "stock.lost", "empty": ""}.items():
        yield bad_line(f"kind-{name}", {**RECEIVED, "kind": text}, Reason.UNKNOWN_KIND, "kind")


def counts() -> Iterator[Case]:
    yield bad("no-lines", report(), Reason.NO_LINES, "data.lines")
    yield good("200-lines", report(*[RECEIVED] * 200))
    yield bad("201-lines", report(*[RECEIVED] * 201), Reason.TOO_MANY_LINES, "data.lines")
    yield bad("201-bad-lines", report(*[{}] * 201), Reason.TOO_MANY_LINES, "data.lines")
    spelling = b'"kind":"stock.received","grade":"","lot":"","match":""'
    explicit = BYTES.replace(b'"kind":"stock.received"', spelling)
    yield good("empty-texts-said-aloud", explicit, "the same as absent")
    last = {name: COUNTED[name] for name in reversed(COUNTED)}
    yield good_line("kind-said-last", last)
    yield good(
        "comment-like-text", spelt(report({**RECEIVED, "reason": "@@"}), '"/* // #"'), key=KEY
    )
