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
        "refused": _MAY,
        "final": _NO,
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


class _Plan(NamedTuple):
    """How a tree with certain keys is held against a shape."""

    defaults: dict[str, Any]
    only_texts: bool
    looked_at: tuple[tuple[str, Field], ...]


_plans: Final[dict[tuple[Any, ...], _Plan | None]] = {}
_PLANS_MAX: Final = 4_096
_ALL_TEXT: Final = {str}
_LONG: Final = 65_536


def fitted(tree: Any, shape: Shape, *beside: str) -> dict[str, Any] | None:
    """A tree with its defaults filled in, or None: not closed, short of a field, or mistyped.

    `beside` names keys that may stand there without being part of the shape.
    """
    if not isinstance(tree, dict):
        return None
    name = (id(shape), *beside, None, *tree)
    if name in _plans:
        plan = _plans[name]
    else:
        plan = _planned(tuple(tree), shape, beside)
        if len(_plans) < _PLANS_MAX:  # strangers' keys are without number
            _plans[name] = plan
    if plan is None or (plan.only_texts and not set(map(type, tree.values())) <= _ALL_TEXT):
        return None
    if not all(_fits(tree[key], field) for key, field in plan.looked_at):
        return None
    return {**plan.defaults, **tree}


def _planned(keys: tuple[str, ...], shape: Shape, beside: tuple[str, ...]) -> _Plan | None:
    if not shape.keys() | set(beside) >= set(keys):
        return None
    left_out = {name: field.default for name, field in shape.items() if name not in keys}
    if _ASKED in left_out.values():
        return None
    said = {name: shape[name] for name in keys if name in shape}
    texts = all(field.type in (str, bytes) for field in said.values())
    plain = {name for name, field in said.items() if field.type is str and field.longest >= _LONG}
    looked_at = tuple((n, f) for n, f in said.items() if not texts or n not in plain)
    return _Plan(left_out, texts, looked_at)


def _fits(value: Any, field: Field) -> bool:
    kind = field.type
    if kind is str:
        return isinstance(value, str) and len(value) <= field.longest
    if kind is int:
        return type(value) is int and field.least <= value <= field.most
    if kind is bytes:
        return isinstance(value, str) and calendar_day(value) is not None
    return type(value) is kind
