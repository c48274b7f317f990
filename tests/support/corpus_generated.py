"""Some thousands of generated inputs by fixed seeds; the verdict of each is known beforehand.

Every category bends a sound saying in one way whose verdict the forms of the design leave no
doubt about. Names tell category and number: the same name is the same bytes for ever.
"""

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

from schemas import reference
from schemas.errors import Reason
from tests.support.case import Case
from tests.support.sayings import (
    BODIES,
    COOP,
    DEVICE,
    HOME,
    KEY,
    LINES,
    NOW_MS,
    encoded,
    envelope,
    report,
    tick,
)

EACH = 100
DAY_MS = 86_400_000
Tree = dict[str, Any]
Made = tuple[Any, str, Reason | None]
WITH_QUANTITY = [n for n, line in enumerate(LINES) if "quantity" in line and "order" not in line]


def some_lines(chance: Random) -> list[Tree]:
    return [dict(chance.choice(LINES)) for _ in range(chance.randint(1, 5))]


def any_saying(chance: Random) -> Tree:
    name = chance.choice(("report", *BODIES))
    if name == "report":
        return report(*some_lines(chance), sequence=chance.randint(1, 2**53 - 1))
    return envelope(name, {**BODIES[name], "sequence": chance.randint(1, 2**53 - 1)})


def shuffled(chance: Random, tree: Any) -> Any:
    if isinstance(tree, list):
        return [shuffled(chance, part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    names = list(tree)
    chance.shuffle(names)
    return {name: shuffled(chance, tree[name]) for name in names}


def with_line(chance: Random, **parts: Any) -> Tree:
    """A report whose second line of three is a stock line with these parts."""
    line = {**LINES[chance.choice(WITH_QUANTITY)], **parts}
    return report(LINES[0], line, LINES[1])


def digits(chance: Random, most: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(chance.randint(1, most)))


# ------------------------------------------------------------------ sound
def sound(chance: Random) -> Made:
    return shuffled(chance, any_saying(chance)), "accepted", None


def quantity(chance: Random) -> Made:
    said = f"{chance.randint(1, 99_999)}.{digits(chance, 6)}"
    return with_line(chance, quantity=said), "accepted", None


def moment(chance: Random) -> Made:
    hours = chance.choice(("+07:00", "+08:00", "+09:00", "Z"))
    time = f"2026-{chance.randint(1, 10):02d}-{chance.randint(1, 28):02d}T12:30:00{hours}"
    return {**any_saying(chance), "time": time}, "accepted", None


def ticked(chance: Random) -> Made:
    return tick(chance.randint(1, 2**53 - 1)), "accepted", None


# ------------------------------------------------------------------ one line refused
def no_quantity(chance: Random) -> Made:
    said = chance.choice(
        ("{0},{0}", "{0}e3", " {0}", "{0} ", "+{0}", "0x{0}", "{0}_0", "{0}.", ".{0}")
    )
    return with_line(chance, quantity=said.format(digits(chance, 4))), "line_rejected", None


def negative(chance: Random) -> Made:
    line = with_line(chance, quantity=f"-{chance.randint(1, 9_999)}")
    return line, "line_rejected", Reason.QUANTITY_NEGATIVE


def too_much(chance: Random) -> Made:
    said = str(chance.randint(10**11, 10**12 - 1))
    return with_line(chance, quantity=said), "line_rejected", Reason.QUANTITY_OUT_OF_RANGE


def no_text(chance: Random) -> Made:
    said: Any = chance.choice((chance.randint(-9, 9), chance.random(), True, None, [], {}))
    return with_line(chance, quantity=said), "line_rejected", Reason.WRONG_TYPE


def no_unit(chance: Random) -> Made:
    said = f"Q{digits(chance, 6)}"
    return with_line(chance, unit=said), "line_rejected", Reason.UNKNOWN_UNIT


def no_goods(chance: Random) -> Made:
    code = chance.choice(sorted(reference.catalogue().commodities))
    said = chance.choice(
        (code.lower(), f"{code} ", f"{code}X9", code.replace("A", "\u0410") + "\u0410")
    )
    return with_line(chance, commodity=said), "line_rejected", Reason.UNKNOWN_COMMODITY


def no_kind(chance: Random) -> Made:
    said = f"stock.{digits(chance, 5)}"
    return with_line(chance, kind=said), "line_rejected", Reason.UNKNOWN_KIND


def stranger_field(chance: Random) -> Made:
    return (
        with_line(chance, **{f"x{digits(chance, 8)}": "1"}),
        "line_rejected",
        Reason.UNKNOWN_FIELD,
    )


# ------------------------------------------------------------------ the whole refused
def cut(chance: Random) -> Made:
    value = encoded(any_saying(chance))
    return value[: chance.randrange(1, len(value))], "rejected", Reason.JSON_MALFORMED


def more_after(chance: Random) -> Made:
    value = encoded(any_saying(chance))
    tail = chance.choice((b"}", b"{}", b",", b"0", b"null", b'""', value))
    return value + tail, "rejected", Reason.JSON_MALFORMED


def not_utf8(chance: Random) -> Made:
    value = encoded(any_saying(chance))
    at = chance.randrange(1, len(value))
    bad = chance.choice((b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xfe", b"\x80"))
    return value[:at] + bad + value[at:], "rejected", Reason.NOT_UTF8


def other_id(chance: Random) -> Made:
    tree = any_saying(chance)
    return {**tree, "id": f"{tree['id']}{digits(chance, 2)}"}, "rejected", Reason.ID_MISMATCH


def other_source(chance: Random) -> Made:
    tree = any_saying(chance)
    source = f"{tree['source']}{digits(chance, 4)}"
    return {**tree, "source": source}, "rejected", Reason.SOURCE_MISMATCH


def other_version(chance: Random) -> Made:
    said = f"1.{chance.randint(1, 99)}"
    return {**any_saying(chance), "specversion": said}, "rejected", Reason.UNKNOWN_SPECVERSION


def other_type(chance: Random) -> Made:
    said = f"lumbung.report.v{chance.randint(2, 999)}"
    return {**any_saying(chance), "type": said}, "rejected", Reason.UNKNOWN_TYPE


def ahead(chance: Random) -> Made:
    time = f"{chance.randint(2027, 9998)}-{chance.randint(1, 12):02d}-01T00:00:00Z"
    return {**any_saying(chance), "time": time}, "rejected", Reason.TIME_IN_FUTURE


def long_ago(chance: Random) -> Made:
    time = f"{chance.randint(1970, 2024)}-{chance.randint(1, 12):02d}-01T00:00:00Z"
    return {**any_saying(chance), "time": time}, "rejected", Reason.TIME_TOO_OLD


def no_time(chance: Random) -> Made:
    said = ("2026-11-22T07:00:00", "2026-13-01T00:00:00Z", "2026-11-31T00:00:00Z", "kemarin", "")
    time = f"{chance.choice(said)}{chance.choice(('', ' '))}"
    return {**any_saying(chance), "time": time}, "rejected", Reason.TIME_MALFORMED


def said_twice(chance: Random) -> Made:
    tree = any_saying(chance)
    value = encoded(tree)
    name = chance.choice(sorted(set(tree) - {"data"}))
    pair = encoded({name: tree[name]})[1:-1]
    return b"{" + pair + b"," + value[1:], "rejected", Reason.DUPLICATE_KEY


def bad_sequence(chance: Random) -> Made:
    number = chance.choice((0, -chance.randint(1, 2**62), chance.randint(2**53, 2**63)))
    return report(*some_lines(chance), sequence=number), "rejected", Reason.SEQUENCE_OUT_OF_RANGE


def short_of(chance: Random) -> Made:
    tree = any_saying(chance)
    del tree[chance.choice(("id", "source", "type", "time", "specversion", "data"))]
    return tree, "rejected", Reason.MISSING_FIELD


MAKERS: tuple[Callable[[Random], Made], ...] = (
    *(sound, quantity, moment, ticked, no_quantity, negative, too_much, no_text, no_unit),
    *(no_goods, no_kind, stranger_field, cut, more_after, not_utf8, other_id, other_source),
    *(other_version, other_type, ahead, long_ago, no_time, said_twice, bad_sequence, short_of),
)


def key_of(tree: Any) -> bytes | None:
    """The key of who speaks in a tree; of bytes, the village's."""
    if isinstance(tree, bytes):
        return KEY if COOP.encode() in tree or DEVICE.encode() in tree else None
    data = tree.get("data", {})
    return str(data.get("coop", data.get("actor", "tick"))).encode()


@cache
def generated() -> tuple[Case, ...]:
    """The corpus: `EACH` of every category."""
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    for make in MAKERS:
        for n in range(EACH):
            made, verdict, reason = make(Random(f"{make.__name__}-{n}"))
            value = made if isinstance(made, bytes) else encoded(made)
            key = None if isinstance(made, bytes) else key_of(made)
            name = f"{make.__name__}-{n}"
            yield Case(name, value, key, verdict, reason, partition=HOME, timestamp_ms=NOW_MS)  # type: ignore[arg-type]  # one of three
