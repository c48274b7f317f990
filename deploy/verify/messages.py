"""What hubs and the market say to each other, in the checker's own reading.

Decides whether the bytes of a record are such a message: closed body, decimal amounts, an id that
says the same as the body, the key and the partition of whom it is for. None always means "no
message of that kind". Refuses to know what follows from one.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify.bodies import DECISIONS
from deploy.verify.goods import home
from deploy.verify.log import LogRecord
from deploy.verify.shapes import Field, Shape, fitted
from deploy.verify.words import moment, stated

RESIDUAL: Final = "lumbung.residual.v1"
DONE: Final = "lumbung.done.v1"
LEG: Final = "lumbung.leg.v1"
RESERVE: Final = "lumbung.reserve.v1"
COMMIT: Final = "lumbung.commit.v1"
RELEASE: Final = "lumbung.release.v1"
STAND: Final = "lumbung.stand.v1"
RETELL: Final = "lumbung.retell.v1"
OUTLOOK: Final = "lumbung.outlook.v1"
SIDES: Final = frozenset({"offer", "need"})
HELD, COMMITTED = "held", "committed"
LIFE_STATES: Final = frozenset(
    "draft proposed countered accepted shipped received short claimed paid".split()
    + "rejected expired superseded cancelled no_show".split()
)
OVER: Final = frozenset({"refused", "lapsed", "released"})
STATES: Final = frozenset({HELD, COMMITTED}) | OVER
_HUB_LENGTH: Final = len("19.02")
_TEXTS: Final = ("specversion", "type", "id", "source", "time")
_LARGE: Final = 2**63 - 1

_SAID: Final = Field(str)
_MAY: Final = Field(str, default="")
_COUNT: Final = Field(int, least=0, most=_LARGE)
_NUMBER: Final = Field(int, least=-_LARGE, most=_LARGE)
_DAY: Final = Field(int, least=-_LARGE, most=_LARGE, default=-1)
_GENERATION: Final = Field(int, least=0, most=_LARGE, default=0)
_TEXT: Final = Field(str, 200, "")
_ZERO: Final = Field(str, default="0")
_FLAG: Final = Field(bool, default=False)
_NAMES: Final = Field(list, default=[])
_BOUND: Final[Shape] = {"asks": _NAMES, "permits": _NAMES}
_SAID_BY: Final = {"version": _COUNT, "generation": _GENERATION}
_OF: Final = {"hub": _SAID, "family": _SAID, **_SAID_BY}
_END: Final = {"match": _SAID, "side": _SAID, **_OF}
_TICKED: Final = {"partition": _COUNT, "tick": _COUNT, **_SAID_BY}
_ACT: Final[Shape] = {
    "action": _SAID,
    "actor": _SAID,
    "at_ms": _COUNT,
    "quantity": _ZERO,
    "refused": _ZERO,
    "price": _GENERATION,
    "reason": _TEXT,
    "final": _FLAG,
}
_WHAT: Final = ("offers", "needs", "inside_offers", "inside_needs")
_MOVED: Final = ("delivered", "holds", "shipped", "received", "refused", "lost", "released")
SHAPES: Final[Mapping[str, Shape]] = {
    RESIDUAL: {**_OF, **dict.fromkeys((*_WHAT, "holders"), Field(list, default=[]))},
    DONE: {**_TICKED, "told": Field(int, least=-1, most=_LARGE, default=-1)},
    RETELL: {**_TICKED, "market": _COUNT},
    OUTLOOK: {**_OF, "tick": _COUNT, "at_ms": _COUNT, "spared": Field(list, default=[])},
    LEG: {
        **_END,
        "line": _SAID,
        "state": _SAID,
        "quantity": _SAID,
        "delivered": _ZERO,
        "at_risk": _MAY,
        "reason": _TEXT,
        "stood": _GENERATION,
        "heard": _GENERATION,
        "acts": Field(list, default=[]),
        **_BOUND,
    },
    RESERVE: {
        **_END,
        "line": _SAID,
        "commodity": _SAID,
        "quantity": _SAID,
        "least": _SAID,
        "ttl_ms": _COUNT,
        "tick": _GENERATION,
        **_BOUND,
    },
    COMMIT: {**_END, "quantity": _SAID},
    RELEASE: {**_END, "reason": _TEXT},
    STAND: {
        **_END,
        "state": _SAID,
        "quantity": _SAID,
        "granted": _SAID,
        "price": _COUNT,
        "grade": _MAY,
        "heard": _GENERATION,
        "giver_yes": _FLAG,
        "taker_yes": _FLAG,
        "counters": _GENERATION,
        **dict.fromkeys(_MOVED, _ZERO),
        **dict.fromkeys(("expires_ms", "ship_by_ms", "arrive_by_ms"), _DAY),
    },
}
REQUESTS: Final = frozenset({RESERVE, COMMIT, RELEASE, STAND, RETELL, OUTLOOK})
_SPARED: Final[Shape] = {"line": _SAID, "quantity": _SAID}
_LEFT: Final = {"line": _SAID, "coop": _SAID, "commodity": _SAID, "quantity": _SAID}
_HOLDER: Final[Shape] = {"coop": _SAID, "permits": Field(list)}
_OFFERED: Final[Shape] = {
    **_LEFT,
    "grade": _SAID,
    "floor": _NUMBER,
    "expires_day": _DAY,
    "min_lot": _ZERO,
    "contract": _FLAG,
    "counted": _FLAG,
    "asks": _NAMES,
}
_WANTED: Final[Shape] = {
    **_LEFT,
    "grade": _MAY,
    "ceiling": _NUMBER,
    "needed_day": _DAY,
    "min_lot": _ZERO,
    "priority": Field(str, default=""),
    "market": Field(str, default=""),
    "contract": _FLAG,
    "asks": _NAMES,
}
_AMOUNTS: Final = ("quantity", "least", "min_lot", "granted", *_MOVED)


class Act(NamedTuple):
    """What somebody did to a match, as the leg at his end tells; amounts in millionths."""

    action: str
    actor: str
    at_ms: int
    quantity: int
    refused: int
    price: int
    reason: str
    final: bool

    def moved(self, side: str) -> int:
        """What of the goods at that end left or arrived by it."""
        if side == "offer":
            return self.quantity if self.action == "ship" else 0
        return self.quantity + self.refused if self.action == "receive" else 0


class Message(NamedTuple):
    """One message; amounts in millionths, 0 and "" where its kind has no such field.

    `content` is all of the body but the generation of its speaker, and of a finished tick its
    version alone: what must be the same however often it is said.
    """

    type: str
    hub: str
    family: str
    version: int
    match: str = ""
    side: str = ""
    line: str = ""
    commodity: str = ""
    state: str = ""
    quantity: int = 0
    delivered: int = 0
    at_risk: str = ""
    reason: str = ""
    stood: int = 0
    heard: int = 0
    acts: tuple[Act, ...] = ()
    price: int = 0
    grade: str = ""
    counters: int = 0
    holds: int = 0
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0
    partition: int = -1
    market: int = -1
    tick: int = 0
    asks: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    content: Any = None

    @property
    def leg(self) -> tuple[str, str]:
        """The leg it speaks of."""
        return self.match, self.side

    @property
    def promised(self) -> int:
        """What a leg takes of its line, in millionths."""
        return 0 if self.state in OVER else self.quantity - self.delivered


def request(record: LogRecord, partitions: int) -> Message | None:
    """The market's word to a hub, if a record of the events is a sound one."""
    if record.key is None or len(record.key) != _HUB_LENGTH:
        return None
    said = _message(record.value, REQUESTS)
    if said is not None and said.type == RETELL:
        whole = said.partition == record.partition and record.key == b"%05d" % said.partition
        return said if whole else None
    if said is None or said.hub.encode() != record.key:
        return None
    return said if home(said.hub, partitions) == record.partition else None


def told(record: LogRecord, partitions: int) -> Message | None:
    """A hub's word to the market, if a record of the market is a sound one."""
    said = _message(record.value, frozenset({RESIDUAL, DONE, LEG}))
    if said is None:
        return None
    if said.type == DONE:
        return said if record.key == f"done|{said.partition}".encode() else None
    at_home = home(said.family, partitions) == record.partition
    return said if at_home and record.key == f"{said.hub}|{said.family}".encode() else None


def _message(value: bytes | None, kinds: frozenset[str]) -> Message | None:
    try:
        tree = msgspec.json.decode(value or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(tree, dict) or not all(isinstance(tree.get(k), str) for k in _TEXTS):
        return None
    kind = tree["type"]
    body = fitted(tree.get("data"), SHAPES[kind]) if kind in kinds else None
    if body is None or moment(tree["time"]) is None or not _is_sound(kind, body):
        return None
    amounts = {name: stated(body[name]) for name in _AMOUNTS if name in body}
    if None in amounts.values():
        return None
    found: dict[str, Any] = body | dict(amounts)
    if kind == LEG:
        found["acts"] = tuple(act for tree_ in body["acts"] if (act := _act(tree_)) is not None)
        if len(found["acts"]) != len(body["acts"]):
            return None
    found |= {name: tuple(found[name]) for name in _BOUND if name in found}
    fields: dict[str, Any] = {"hub": "", "family": ""}
    fields |= {name: found[name] for name in Message._fields if name in found}
    fields["content"] = {k: v for k, v in tree["data"].items() if k != "generation"}
    if kind == DONE:
        fields["content"] = body["version"]
    said = Message(type=kind, **fields)
    return said if tree["id"] == _name(said) else None


def _name(said: Message) -> str:
    kind = said.type.split(".")[1]
    if said.type in (RESIDUAL, OUTLOOK):
        return f"{kind}:{said.hub}:{said.family}:{said.version}"
    if said.type == DONE:
        return f"{kind}:{said.partition}:{said.tick}"
    if said.type == RETELL:
        return f"{kind}:{said.partition}:{said.market}:{said.tick}"
    return f"{kind}:{said.match}:{said.side}:{said.version}"


def _is_sound(kind: str, body: dict[str, Any]) -> bool:
    """What a shape cannot say: choices, forms of names, and the lines of a residual."""
    if kind == RESIDUAL:
        offered, wanted = ([*body[side], *body[f"inside_{side}"]] for side in ("offers", "needs"))
        sound = all(_is_line(line, _OFFERED) for line in offered)
        sound &= all(_is_holder(fitted(tree, _HOLDER)) for tree in body["holders"])
        return sound and all(_is_line(line, _WANTED, "grades") for line in wanted)
    if not all(_are_names(body[name]) for name in _BOUND if name in body):
        return False
    if kind == LEG and body["state"] not in STATES:
        return False
    if kind == STAND and not _adds_up(body):
        return False
    if kind == OUTLOOK:
        return all(_is_spared(tree) for tree in body["spared"])
    return kind in (DONE, RETELL) or body["side"] in SIDES


def _is_spared(tree: Any) -> bool:
    body = fitted(tree, _SPARED)
    return body is not None and bool(stated(body["quantity"]))


def _adds_up(body: dict[str, Any]) -> bool:
    """A state of the table, and nothing beyond what was promised."""
    agreed, granted = stated(body["quantity"]), stated(body["granted"])
    gone, given_up = stated(body["shipped"]), stated(body["released"])
    if agreed is None or granted is None or gone is None or given_up is None:
        return False
    return body["state"] in LIFE_STATES and gone + given_up <= agreed <= granted


def _act(tree: Any) -> Act | None:
    body = fitted(tree, _ACT)
    if body is not None and body["action"] not in DECISIONS:
        return None
    amounts = (None, None) if body is None else (stated(body["quantity"]), stated(body["refused"]))
    if body is None or amounts[0] is None or amounts[1] is None:
        return None
    who = (body["action"], body["actor"], body["at_ms"])
    return Act(*who, amounts[0], amounts[1], body["price"], body["reason"], body["final"])


def _is_line(tree: Any, shape: Shape, *beside: str) -> bool:
    line = fitted(tree, shape, *beside)
    amounts = () if line is None else (stated(line["quantity"]), stated(line["min_lot"]))
    return line is not None and None not in amounts and _are_names(line["asks"])


def _is_holder(body: Any) -> bool:
    return body is not None and _are_names(body["permits"])


def _are_names(told: list[Any]) -> bool:
    return all(isinstance(name, str) and len(name) <= _TEXT.longest for name in told)
