"""Decides what hubs and the market between them say to each other, and the wire form of it.

`lumbung.market.v1` carries what hubs say: the lines they could not match themselves, that a tick
is done, and the state of each leg, the one answer to every request. Into the events the market
says reserve, commit, release and prices. All of it is a CloudEvents 1.0 envelope, absolute and
versioned (epoch and offset of the record that it follows from), and may come any number of times.
`generation` is that of the speaker's consumer group; a leg carries that of its last request.

Refuses to know what is granted and when: `streams.core.interchange` decides. Quantities are micro
base units here, decimal strings on the wire; prices whole rupiah per base unit; days since 1970.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec

from schemas.errors import Reason, Rejection
from schemas.events import DONE, Closed, Envelope, Text
from schemas.outlook import Outlook
from schemas.permits import Asking, Bound, Holder
from schemas.quantity import QUANTITY_MAX_MICRO, format_quantity, parse_quantity

Count = Annotated[int, msgspec.Meta(ge=0)]
DONE_KEY: Final = b"done|"
"""How the key of a hub partition's word that its tick is done begins."""
WIRE_MAX_MICRO: Final = QUANTITY_MAX_MICRO - 1
"""The most that twelve digits and six decimals can say."""
Micro = Annotated[int, msgspec.Meta(ge=0, le=WIRE_MAX_MICRO)]
_OF_A_LIFE: Final = {"granted", "shipped", "received", "refused", "lost", "released", "holds"}
AMOUNTS: Final = frozenset({"quantity", "least", "min_lot", "delivered"} | _OF_A_LIFE)
"""Fields that are decimal strings on the wire."""
_LIFE_STATES: Final = (
    "^(draft|proposed|countered|accepted|shipped|received|short|claimed|paid|rejected|expired"
    "|superseded|cancelled|no_show)$"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class LegSide(StrEnum):
    """Which end of a match a leg is: the goods, or the order that they fill."""

    OFFER = "offer"
    NEED = "need"


class LegState(StrEnum):
    """Where a leg stands; what follows what is a table of `streams.core.interchange`."""

    HELD = "held"
    COMMITTED = "committed"
    REFUSED = "refused"
    LAPSED = "lapsed"
    RELEASED = "released"


class LeftOffer(Asking, frozen=True, kw_only=True):
    """Goods with no match at home, fields as the matcher's; `counted` lately, because asked."""

    line: str
    coop: str
    commodity: str
    grade: str
    quantity: Micro
    floor: int
    expires_day: int = -1
    min_lot: Micro = 0
    contract: bool = False
    counted: bool = False


class LeftNeed(Asking, frozen=True, kw_only=True):
    """An order, or what is left of it, that found no goods at home."""

    line: str
    coop: str
    commodity: str
    quantity: Micro
    ceiling: int
    grade: str = ""
    grades: tuple[str, ...] | None = None
    needed_day: int = -1
    priority: str = "normal"
    min_lot: Micro = 0
    market: str = "domestic"
    contract: bool = False


class Residual(Closed, frozen=True, kw_only=True):
    """What a hub has left of a family; `inside_`: what it matched and nobody said yes to yet."""

    hub: str
    family: str
    version: Count
    generation: Count = 0
    offers: tuple[LeftOffer, ...] = ()
    needs: tuple[LeftNeed, ...] = ()
    inside_offers: tuple[LeftOffer, ...] = ()
    inside_needs: tuple[LeftNeed, ...] = ()
    holders: tuple[Holder, ...] = ()


class Done(Closed, frozen=True, kw_only=True):
    """A hub partition has said all of a tick; `told` sums up leftovers, -1: some are to come."""

    partition: Count
    tick: Count
    version: Count
    generation: Count = 0
    told: Annotated[int, msgspec.Meta(ge=-1)] = -1


class ActTold(Closed, frozen=True, kw_only=True):
    """What somebody did to a match at a hub, in the goods of that end; see `schemas.events`."""

    action: Annotated[str, msgspec.Meta(pattern=f"^({'|'.join(sorted(DONE))})$")]
    actor: str
    at_ms: Count
    quantity: Micro = 0
    refused: Micro = 0
    price: Count = 0
    reason: Text = ""
    final: bool = False


class LegTold(Bound, frozen=True, kw_only=True):
    """A leg as it stands: grant, refusal, acknowledgement and its opposite are all states of it.

    `quantity` is what is held, or what was committed; `delivered` is how much of that has left or
    arrived. `at_risk` names the report that took goods from under a committed leg. `stood` is the
    version of the newest `Stand` heard, `acts` what was done here beyond the first `heard`.
    """

    match: str
    side: LegSide
    hub: str
    family: str
    line: str
    state: LegState
    quantity: Micro
    version: Count
    generation: Count = 0
    delivered: Micro = 0
    at_risk: str = ""
    reason: Text = ""
    stood: Count = 0
    heard: Count = 0
    acts: tuple[ActTold, ...] = ()


class Reserve(Bound, frozen=True, kw_only=True):
    """Hold so much of a line for a match, less if less is free, nothing if that is below `least`.

    The hold ends by itself `ttl_ms` after the hub's time at the grant, unless it is committed.
    `tick` is that of its round: of legs on a line those of the newest round yield first.
    """

    match: str
    side: LegSide
    hub: str
    family: str
    line: str
    commodity: str
    quantity: Micro
    least: Micro
    ttl_ms: Count
    version: Count
    tick: Count = 0
    generation: Count = 0


class Commit(Closed, frozen=True, kw_only=True):
    """Promise so much of what is held, and let the rest go."""

    match: str
    side: LegSide
    hub: str
    family: str
    quantity: Micro
    version: Count
    generation: Count = 0


class Release(Closed, frozen=True, kw_only=True):
    """Let go of all that a leg holds, committed or not."""

    match: str
    side: LegSide
    hub: str
    family: str
    version: Count
    generation: Count = 0
    reason: Text = ""


class Stand(Closed, frozen=True, kw_only=True):
    """How a match stands for one of its ends, in the goods of that end; fields as in its life.

    `heard` acts of this end are in it, which amount to `delivered`; `holds` is what its line has
    to keep for the match from now on. `grade` is that of the goods.
    """

    match: str
    side: LegSide
    hub: str
    family: str
    version: Count
    state: Annotated[str, msgspec.Meta(pattern=_LIFE_STATES)]
    quantity: Micro
    granted: Micro
    price: Count
    generation: Count = 0
    grade: str = ""
    heard: Count = 0
    holds: Micro = 0
    delivered: Micro = 0
    giver_yes: bool = False
    taker_yes: bool = False
    counters: Count = 0
    shipped: Micro = 0
    received: Micro = 0
    refused: Micro = 0
    lost: Micro = 0
    released: Micro = 0
    expires_ms: int = -1
    ship_by_ms: int = -1
    arrive_by_ms: int = -1

    def __post_init__(self) -> None:
        if self.quantity > self.granted or self.shipped + self.released > self.quantity:
            raise ValueError("a match of more than was promised")


class Retell(Closed, frozen=True, kw_only=True):
    """To a partition of hubs: tell a partition of the market again what all its families left."""

    partition: Count
    market: Count
    tick: Count
    version: Count
    generation: Count = 0


Request = Reserve | Commit | Release | Stand | Retell | Outlook
Message = Residual | Done | LegTold | Request

TO_MARKET: Final[Mapping[str, type[Closed]]] = MappingProxyType(
    {"lumbung.residual.v1": Residual, "lumbung.done.v1": Done, "lumbung.leg.v1": LegTold}
)
TO_HUB: Final[Mapping[str, type[Closed]]] = MappingProxyType(
    {
        "lumbung.reserve.v1": Reserve,
        "lumbung.commit.v1": Commit,
        "lumbung.release.v1": Release,
        "lumbung.stand.v1": Stand,
        "lumbung.retell.v1": Retell,
        "lumbung.outlook.v1": Outlook,
    }
)
TYPES: Final[Mapping[str, type[Closed]]] = MappingProxyType({**TO_MARKET, **TO_HUB})
_NAMES: Final = {cls: name for name, cls in TYPES.items()}
_envelope: Final = msgspec.json.Decoder(Envelope)


class _Typed(msgspec.Struct, gc=False):
    """What says whether to read on."""

    type: str


_typed: Final = msgspec.json.Decoder(_Typed)


def name_of(message: Message) -> str:
    """The identity of a message: equal for two sayings of the same thing after the same record."""
    kind = _NAMES[type(message)].split(".")[1]
    if isinstance(message, Residual | Outlook):
        return f"{kind}:{message.hub}:{message.family}:{message.version}"
    if isinstance(message, Done):
        return f"{kind}:{message.partition}:{message.tick}"
    if isinstance(message, Retell):
        return f"{kind}:{message.partition}:{message.market}:{message.tick}"
    return f"{kind}:{message.match}:{message.side}:{message.version}"


def key_of(message: Message) -> bytes:
    """The record key: hub and family to the market, the hub to a hub; `done` names its sender."""
    if isinstance(message, Done):
        return DONE_KEY + str(message.partition).encode()
    if isinstance(message, Retell):
        return f"{message.partition:05d}".encode()
    if isinstance(message, Residual | LegTold):
        return f"{message.hub}|{message.family}".encode()
    return message.hub.encode()


def written(message: Message, at_ms: int) -> bytes:
    """A message as record bytes; `at_ms` is the time of the tick that its speaker knows."""
    envelope = {
        "specversion": "1.0",
        "type": _NAMES[type(message)],
        "id": name_of(message),
        "source": "/market" if type(message) in TO_HUB.values() else "/hubs",
        "time": _EPOCH + timedelta(milliseconds=at_ms),
        "data": _said(_spelt(message), format_quantity),
    }
    return msgspec.json.encode(envelope)


def type_of(value: bytes) -> str:
    """The type that an envelope names; "" for what is no envelope."""
    try:
        return _typed.decode(value).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def read(value: bytes | None) -> Message | Rejection:
    """Read a message; what is none, or is malformed, is a rejection and never an exception."""
    if not value:
        return Rejection(Reason.EMPTY_VALUE)
    try:
        envelope = _envelope.decode(value)
        kind = TYPES.get(envelope.type)
        if kind is None:
            return Rejection(Reason.UNKNOWN_TYPE, "type")
        message: Any = msgspec.convert(_said(msgspec.json.decode(envelope.data), _micro), kind)
    except (msgspec.ValidationError, _NoAmountError):
        return Rejection(Reason.WRONG_TYPE, "data")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Rejection(Reason.JSON_MALFORMED)
    told: Message = message
    return told if envelope.id == name_of(told) else Rejection(Reason.ID_MISMATCH, "id")


class _NoAmountError(ValueError):
    """A quantity that is not a decimal string."""


def _micro(text: Any) -> int:
    found = parse_quantity(text) if isinstance(text, str) else None
    if found is None:
        raise _NoAmountError
    return found


@cache
def _defaults(kind: type[Closed]) -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def _spelt(part: Any) -> Any:
    """Plain values without defaults, so that one saying has one spelling.

    msgspec knows a default by which object it is, and would leave it out now and then.
    """
    if isinstance(part, Closed):
        defaults = _defaults(type(part))
        told = msgspec.structs.asdict(part).items()
        return {name: _spelt(value) for name, value in told if value != defaults[name]}
    if isinstance(part, tuple):
        return [_spelt(one) for one in part]
    return str(part) if isinstance(part, StrEnum) else part


def _said(part: Any, amount: Callable[[Any], Any]) -> Any:
    """Plain JSON values with every quantity put into its other form."""
    if isinstance(part, dict):
        return {
            name: amount(value) if name in AMOUNTS else _said(value, amount)
            for name, value in part.items()
        }
    return [_said(one, amount) for one in part] if isinstance(part, list | tuple) else part
