"""Reports as broken phones, hurried clerks and wrong versions make them.

Decides the sorts of breakage, and whether the hub will have seen the sequence all the same: a
record refused whole uses none up (the phone says it again under the same number), one with a bad
line among sound ones does. Refuses to know the judge: what each sort is called there is the
judge's business.
"""

from collections.abc import Callable
from random import Random
from typing import Any, Final, NamedTuple

import msgspec

_YEAR_DIGITS: Final = 4


class Broken(NamedTuple):
    """A broken report: its sort, bytes, and whether its sequence counts as used."""

    sort: str
    value: bytes
    used: bool


Tree = dict[str, Any]


def _truncated(value: bytes, chance: Random) -> bytes:
    return value[: chance.randrange(20, len(value) - 1)]


def _not_utf8(value: bytes, chance: Random) -> bytes:
    at = chance.randrange(1, len(value))
    return value[:at] + b"\xff\xfe" + value[at:]


def _key_twice(value: bytes, chance: Random) -> bytes:
    del chance
    return value.replace(b'"sequence":', b'"sequence":1,"sequence":', 1)


def _unknown_village(tree: Tree, chance: Random) -> None:
    data = tree["data"]
    data["coop"] = f"{data['coop'][:5]}.99.2{chance.randrange(1000):03d}"
    tree["id"] = f"{data['coop']}:{data['device']}:{data['sequence']}"
    tree["source"] = f"/coops/{data['coop']}/devices/{data['device']}"


def _wrong_id(tree: Tree, chance: Random) -> None:
    tree["id"] = f"{tree['id']}{chance.randrange(10)}"


def _from_tomorrow(tree: Tree, chance: Random) -> None:
    year = int(tree["time"][:_YEAR_DIGITS]) + chance.randrange(1, 20)
    tree["time"] = f"{year}-07-01{tree['time'][10:]}"


def _future_type(tree: Tree, chance: Random) -> None:
    tree["type"] = f"lumbung.report.v{chance.randrange(2, 9)}"


def _sequence_as_text(tree: Tree, chance: Random) -> None:
    del chance
    tree["data"]["sequence"] = str(tree["data"]["sequence"])


def _no_lines(tree: Tree, chance: Random) -> None:
    del chance
    tree["data"]["lines"] = []


def _bad_line(**wrong: str) -> Callable[[Tree, Random], None]:
    """Put a bad line after the sound ones."""

    def spoil(tree: Tree, chance: Random) -> None:
        quantity = str(chance.randrange(1, 500))
        line = {"kind": "stock.counted", "commodity": "TELUR", "quantity": quantity, "unit": "KG"}
        tree["data"]["lines"].append(line | wrong)

    return spoil


_BYTES: Final[dict[str, Callable[[bytes, Random], bytes]]] = {
    "truncated": _truncated,
    "not-utf8": _not_utf8,
    "key-twice": _key_twice,
}
_ENVELOPES: Final[dict[str, Callable[[Tree, Random], None]]] = {
    "unknown-village": _unknown_village,
    "wrong-id": _wrong_id,
    "future-time": _from_tomorrow,
    "future-type": _future_type,
    "sequence-as-text": _sequence_as_text,
    "no-lines": _no_lines,
}
_LINES: Final[dict[str, Callable[[Tree, Random], None]]] = {
    "bad-unit": _bad_line(unit="EMBER"),
    "negative": _bad_line(quantity="-12"),
    "comma": _bad_line(quantity="1.500,5"),
    "unknown-goods": _bad_line(commodity="TELUR-NAGA"),
    "unknown-grade": _bad_line(grade="ISTIMEWA"),
    "unknown-kind": _bad_line(kind="stock.guessed"),
}
SORTS: Final = (*_BYTES, *_ENVELOPES, *_LINES)
"""Every sort of breakage."""


def break_report(value: bytes, sort: str, chance: Random) -> Broken:
    """Break a sound report's bytes in one of `SORTS`."""
    spoil = _BYTES.get(sort)
    if spoil is not None:
        return Broken(sort, spoil(value, chance), used=False)
    tree: Tree = msgspec.json.decode(value)
    (_ENVELOPES.get(sort) or _LINES[sort])(tree, chance)
    return Broken(sort, msgspec.json.encode(tree), used=sort in _LINES)
