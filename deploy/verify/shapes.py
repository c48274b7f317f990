"""The closed shapes of what may be said: per kind its fields, their types, and what absence means.

Tables only, the checker's own copy of the wire form, with one function that holds a tree against a
shape. Refuses to know what the values mean.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from deploy.verify.words import calendar_day

SEQUENCE_MAX: Final = 2**53 - 1
_ASKED: Final = object()


class Field(NamedTuple):
    """The type of a field, its longest text, and its default (none: it must be said)."""

    type: type
    longest: int = 65_536
    default: Any = _ASKED
    least: int = 1
    most: int = SEQUENCE_MAX


Shape = Mapping[str, Field]

_SAID: Final = Field(str)
_MAY: Final = Field(str, default="")
_TEXT: Final = Field(str, 200, "")
_NUMBER: Final = Field(int)
_LIST: Final = Field(list, default=[])
_DATE: Final = Field(bytes, default="")  # bytes stands for a text that is a date
_ON: Final = Field(bytes)

_GOODS: Final = {"commodity": _SAID, "quantity": _SAID, "unit": _SAID, "grade": _MAY, "lot": _MAY}
_TERMS: Final = {"floor_price": _MAY, "expires_on": _DATE, "min_lot": _MAY, "keep": _MAY}
_MOVED: Final = {"reason": _TEXT, "match": _MAY}
_ASKS: Final = {"grade": _MAY, "ceiling_price": _MAY, "needed_by": _DATE, "min_lot": _MAY}
PORTION: Final[Shape] = _GOODS
LINES: Final[Mapping[str, Shape]] = {
    "stock.counted": {**_GOODS, **_TERMS},
    "stock.received": {**_GOODS, **_TERMS, **_MOVED},
    "stock.issued": {**_GOODS, **_MOVED},
    "stock.converted": {"recipe": _SAID, "inputs": Field(list), "outputs": Field(list)},
    "supply.planned": {**_GOODS, "ready_on": _ON},
    "order.placed": {
        "order": _SAID,
        "commodity": _SAID,
        "quantity": _SAID,
        "unit": _SAID,
        **_ASKS,
        "priority": Field(str, default="normal"),
        "market": Field(str, default="domestic"),
    },
    "order.amended": {
        "order": _SAID,
        "revision": Field(int, least=2, most=10_000),
        "quantity": _MAY,
        "unit": _MAY,
        "priority": _MAY,
        "market": _MAY,
        **_ASKS,
    },
    "order.cancelled": {
        "order": _SAID,
        "revision": Field(int, default=0, least=0, most=10_000),
        "reason": _TEXT,
    },
    "line.voided": {"line": _SAID, "reason": _TEXT},
}

_WHO: Final = {"coop": _SAID, "device": _SAID, "sequence": _NUMBER}
_ACTS: Final = {"actor": _SAID, "device": _SAID, "sequence": _NUMBER}
_NO: Final = Field(bool, default=False)
REPORT: Final = "lumbung.report.v1"
TICK: Final = "lumbung.tick.v1"
DECISION: Final = "lumbung.decision.v1"
CONTRACT: Final = "lumbung.contract.v1"
PROFILE: Final = "lumbung.profile.v1"
GAP: Final = "lumbung.gap.v1"
OBSTACLE: Final = "lumbung.obstacle.v1"
VISIT: Final = "lumbung.visit.v1"
PACK: Final[Shape] = {"commodity": _SAID, "pack": _SAID, "quantity": _SAID, "unit": _SAID}
MANDATE: Final[Shape] = {"hub": _SAID, "since": _ON, "until": _DATE}
BODIES: Final[Mapping[str, Shape]] = {
    REPORT: {**_WHO, "lines": Field(list), "repairs": _MAY},
    PROFILE: {
        **_WHO,
        "land": _NO,
        "outlet": _NO,
        "permits": _LIST,
        "flagship": _LIST,
        "packs": _LIST,
        "working_capital": _MAY,
        "mandates": _LIST,
    },
    GAP: {**_WHO, "first": _NUMBER, "last": _NUMBER},
    OBSTACLE: {
        **_WHO,
        "category": Field(str, 200),
        "text": Field(str, 2000),
        "status": Field(str, default="open"),
    },
    VISIT: {**_WHO, "by": Field(str, 200), "on": _ON, "text": Field(str, 2000, "")},
    DECISION: {
        **_ACTS,
        "match": _SAID,
        "decision": _SAID,
        "quantity": _MAY,
        "price": _MAY,
        "on": _DATE,
        "reason": _TEXT,
    },
    CONTRACT: {
        **_ACTS,
        "contract": _SAID,
        "direction": _SAID,
        "site": _SAID,
        "commodity": _SAID,
        "quantity": _SAID,
        "unit": _SAID,
        "since": _ON,
        "until": _ON,
        "grade": _MAY,
        "min_lot": _MAY,
        "price": _MAY,
        "permits": _LIST,
    },
    TICK: {"tick": _NUMBER},
}


def fitted(tree: Any, shape: Shape, *beside: str) -> dict[str, Any] | None:
    """A tree with its defaults filled in, or None: not closed, short of a field, or mistyped.

    `beside` names keys that may stand there without being part of the shape.
    """
    if not isinstance(tree, dict):
        return None
    out = {}
    known = 0
    for name, field in shape.items():
        if name in tree:
            known += 1
            value = tree[name]
            if not _fits(value, field):
                return None
            out[name] = value
        elif field.default is _ASKED:
            return None
        else:
            out[name] = field.default
    known += sum(name in tree for name in beside)
    return out if known == len(tree) else None


def _fits(value: Any, field: Field) -> bool:
    kind = field.type
    if kind is str:
        return isinstance(value, str) and len(value) <= field.longest
    if kind is int:
        return type(value) is int and field.least <= value <= field.most
    if kind is bytes:
        return isinstance(value, str) and calendar_day(value) is not None
    return type(value) is kind
