"""What may happen to a sound saying: accidents to its bytes, to its words, to its parts.

Seeded chance in, bytes out; nothing here knows a verdict.
"""

import json
from copy import deepcopy
from random import Random
from typing import Any

from tests.support.strategies import HIDDEN, KEYS, NO_TEXT, NUMBERS, PUNCTUATION

SHARDS = (*PUNCTUATION, *NUMBERS, *KEYS, *NO_TEXT, *HIDDEN)
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 200, 201, 10_000, 10_001, 2**53 - 1, 2**53, 2**63, 2**70),
    *(0.1, 1.0, -0.0, 1e300, "", " ", "0", "-1", "1", "0.5", "0.000001", "0.0000001", "999999999"),
    *("1000000000", "1000000001", "1e3", "1_000", " 5 ", "\u0661", "1.000,50", "NaN", "Infinity"),
    *("KG", "kg", "TON", "KARUNG", "IKAT", "LITER", "LTR", "KGM", "A", "UNGRADED", "Z", "\x00"),
    *("2026-02-29", "2024-02-29", "2026-11-22", "9999-12-31", "1999-12-31", "2100-01-01"),
    *("2026-11-22T07:00:00+07:00", "2026-11-22T24:00:00Z", "2026-11-22 07:00:00", "\u202e"),
    *(
        "19.02.01.2003",
        "19.02.01.2001",
        "34.02.01.2001",
        "19.02",
        "hp1",
        "HP1",
        "tick",
        "emergency",
    ),
    *("domestic", "export", "LADA-PUTIH", "GAS-LPG-3KG", "TELUR", "R01", "x" * 201, "x" * 5_000),
    *([], {}, [[]], [None], {"a": 1}, "19.02.01.2003:hp1:1#1", "lumbung.events.v1/2/0"),
)
DEEP = [[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]


def torn(chance: Random, value: bytes) -> bytes:
    """One to four accidents to the bytes: cut, doubled, turned round, something in between."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(value))
        part = value[start : start + chance.randint(0, 24)]
        middle = chance.choice((b"", part + part, part[::-1], chance.choice(SHARDS)))
        value = value[:start] + middle + value[start + len(part) :]
    return value


def flipped(chance: Random, value: bytes) -> bytes:
    """A few bytes are others."""
    held = bytearray(value)
    for _ in range(chance.randint(1, 3)):
        held[chance.randrange(len(held))] = chance.randrange(256)
    return bytes(held)


def spliced(chance: Random, value: bytes, other: bytes) -> bytes:
    """The head of one record and the tail of another."""
    return value[: chance.randint(0, len(value))] + other[chance.randint(0, len(other)) :]


def bent(chance: Random, value: bytes) -> bytes:
    """One to three parts of the tree are other, gone, or too many; what is no tree is torn."""
    try:
        tree = json.loads(value)
    except (ValueError, RecursionError):
        return torn(chance, value)
    try:
        for _ in range(chance.randint(1, 3)):
            place = chance.choice(list(_places(tree)) or [None])
            if place is not None:
                _bend(chance, *place)
        indent = chance.choice((None, 1))
        text = json.dumps(tree, ensure_ascii=chance.random() < 0.5, indent=indent)
    except RecursionError:
        return torn(chance, value)
    return text.encode("utf-8", "surrogatepass")


def _places(tree: Any) -> Any:
    if not isinstance(tree, dict | list):
        return
    for name, part in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
        yield tree, name
        yield from _places(part)


def _bend(chance: Random, parent: Any, name: Any) -> None:
    try:
        held = parent[name]
    except (KeyError, IndexError):
        return  # another accident took it
    match chance.randrange(5):
        case 0:
            del parent[name]
        case 1 if isinstance(parent, dict):
            parent[chance.choice((f"{name}x", "reason", "grade", "lot", "data"))] = held
        case 2 if isinstance(held, list):
            parent[name] = held * chance.choice((2, 3, 201))
        case 3 if isinstance(held, str):
            parent[name] = chance.choice(
                (held.lower(), f" {held}", f"{held}0", held[:-1], deepcopy(DEEP))
            )
        case _:
            parent[name] = deepcopy(chance.choice(ODD))


def befallen(chance: Random, value: bytes, other: bytes) -> bytes:
    """Any of these."""
    match chance.randrange(6):
        case 0:
            return torn(chance, value)
        case 1:
            return flipped(chance, value) if value else other
        case 2:
            return spliced(chance, value, other)
        case _:
            return bent(chance, value)
