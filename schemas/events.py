"""Decides the wire form of what is said: a CloudEvents 1.0 envelope, one type per kind of saying.

Refuses to know what a commodity is or whether a co-op exists: that is `validation`. Unknown fields
are errors here, so that a typing mistake is seen and not lost; quantities and prices are decimal
strings, never JSON numbers.
"""

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

REPORT_TYPE: Final = "lumbung.report.v1"
LINES_MAX: Final = 200
BYTES_MAX: Final = 65_536
SEQUENCE_MAX: Final = 2**53 - 1
"""The greatest whole number that every JSON reader keeps exact."""
REVISION_MAX: Final = 10_000

Text = Annotated[str, msgspec.Meta(max_length=200)]
LongText = Annotated[str, msgspec.Meta(max_length=2000)]
Stamp = Annotated[datetime, msgspec.Meta(tz=True)]
Ordinal = Annotated[int, msgspec.Meta(ge=1, le=SEQUENCE_MAX)]
"""A count of sayings or ticks, from 1."""


class Closed(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
):
    """Base of every part of a saying: closed, immutable, absent fields left out again."""


class Terms(Closed, frozen=True, kw_only=True):
    """What a co-op says about goods it offers; empty means not said."""

    floor_price: str = ""
    expires_on: date | None = None
    min_lot: str = ""
    keep: str = ""


class Counted(Terms, frozen=True, kw_only=True, tag_field="kind", tag="stock.counted"):
    """All that is there of one position, seen at the event's time."""

    commodity: str
    quantity: str
    unit: str
    grade: str = ""
    lot: str = ""


class Received(Terms, frozen=True, kw_only=True, tag_field="kind", tag="stock.received"):
    """Goods came in; `match` names the delivery they belong to."""

    commodity: str
    quantity: str
    unit: str
    grade: str = ""
    lot: str = ""
    reason: Text = ""
    match: str = ""


class Issued(Closed, frozen=True, kw_only=True, tag_field="kind", tag="stock.issued"):
    """Goods went out; `match` names the delivery they belong to."""

    commodity: str
    quantity: str
    unit: str
    grade: str = ""
    lot: str = ""
    reason: Text = ""
    match: str = ""


class Portion(Closed, frozen=True, kw_only=True):
    """One side of a conversion."""

    commodity: str
    quantity: str
    unit: str
    grade: str = ""
    lot: str = ""


class Converted(Closed, frozen=True, kw_only=True, tag_field="kind", tag="stock.converted"):
    """A recipe was carried out: the inputs are gone, the outputs are there."""

    recipe: str
    inputs: list[Portion]
    outputs: list[Portion]


class Planned(Closed, frozen=True, kw_only=True, tag_field="kind", tag="supply.planned"):
    """Goods that will be ready on a day; the newest saying for a day holds, zero withdraws it."""

    commodity: str
    quantity: str
    unit: str
    ready_on: date
    grade: str = ""
    lot: str = ""


class Placed(Closed, frozen=True, kw_only=True, tag_field="kind", tag="order.placed"):
    """A co-op asks for goods; this is revision 1 of the order."""

    order: str
    commodity: str
    quantity: str
    unit: str
    grade: str = ""
    ceiling_price: str = ""
    needed_by: date | None = None
    priority: str = "normal"
    market: str = "domestic"
    min_lot: str = ""


class Amended(Closed, frozen=True, kw_only=True, tag_field="kind", tag="order.amended"):
    """A later revision: the fields it names replace those of every lower revision."""

    order: str
    revision: Annotated[int, msgspec.Meta(ge=2, le=REVISION_MAX)]
    quantity: str = ""
    unit: str = ""
    grade: str = ""
    ceiling_price: str = ""
    needed_by: date | None = None
    priority: str = ""
    market: str = ""
    min_lot: str = ""


class Cancelled(Closed, frozen=True, kw_only=True, tag_field="kind", tag="order.cancelled"):
    """The order is withdrawn; without a revision it is withdrawn for good."""

    order: str
    revision: Annotated[int, msgspec.Meta(ge=0, le=REVISION_MAX)] = 0
    reason: Text = ""


class Voided(Closed, frozen=True, kw_only=True, tag_field="kind", tag="line.voided"):
    """An earlier line (`<event id>#<line>`) was a mistake and counts as never said."""

    line: str
    reason: Text = ""


Line = Counted | Received | Issued | Converted | Planned | Placed | Amended | Cancelled | Voided
LINE_TYPES: tuple[type[Closed], ...] = (
    Counted,
    Received,
    Issued,
    Converted,
    Planned,
    Placed,
    Amended,
    Cancelled,
    Voided,
)


class Said(Closed, frozen=True, kw_only=True):
    """Who says it: one co-op, one of its devices, the device's own count of sayings."""

    coop: str
    device: str
    sequence: Ordinal


class Report(Said, frozen=True, kw_only=True):
    """One device's saying of 1 to 200 lines; `repairs` names the dead letter it mends."""

    lines: list[Line]
    repairs: str = ""


class Pack(Closed, frozen=True, kw_only=True):
    """A pack word of the co-op for one commodity: its KARUNG of pepper holds 45 KG."""

    commodity: str
    pack: str
    quantity: str
    unit: str


class Mandate(Closed, frozen=True, kw_only=True):
    """Leave for a hub to decide on matches in the co-op's name, from a day to a day."""

    hub: str
    since: date
    until: date | None = None


class Profile(Said, frozen=True, kw_only=True):
    """What a co-op is and has; the newest profile by time holds, whole."""

    land: bool = False
    outlet: bool = False
    permits: list[Text] = []
    flagship: list[str] = []
    packs: list[Pack] = []
    working_capital: str = ""
    mandates: list[Mandate] = []


class Gap(Said, frozen=True, kw_only=True):
    """A device gives up the sequences `first` to `last`: they will never come."""

    first: Ordinal
    last: Ordinal


class Obstacle(Said, frozen=True, kw_only=True):
    """Something stands in the co-op's way."""

    category: Text
    text: LongText
    status: Literal["open", "solved"] = "open"


class Visit(Said, frozen=True, kw_only=True):
    """A mentor or supervisor was there."""

    by: Text
    on: date
    text: LongText = ""


DONE: Final = frozenset({"accept", "reject", "counter", "ship", "receive", "pay", "cancel"})
"""What an actor may do to a match that changes it."""
DECISIONS: Final = DONE | {"open"}
"""What an actor may do to a match; what somebody opens, to look at it, holds still a while."""


class Decision(Closed, frozen=True, kw_only=True):
    """An actor (a co-op or its hub) decides on a match.

    `refused` arrived and was not taken; `final` says that nothing more will come.
    """

    actor: str
    device: str
    sequence: Ordinal
    match: str
    decision: str
    quantity: str = ""
    price: str = ""
    on: date | None = None
    reason: Text = ""
    refused: str = ""
    final: bool = False


class Contract(Closed, frozen=True, kw_only=True):
    """A partner buys from or supplies to a site under a quota and a window."""

    actor: str
    device: str
    sequence: Ordinal
    contract: str
    direction: Literal["buy", "supply"]
    site: str
    commodity: str
    quantity: str
    unit: str
    since: date
    until: date
    grade: str = ""
    min_lot: str = ""
    price: str = ""
    permits: list[Text] = []


class Tick(Closed, frozen=True, kw_only=True):
    """The clock speaks: time is an input. Tick n+1 follows when n is committed."""

    tick: Ordinal


BODIES: dict[str, type[Closed]] = {
    REPORT_TYPE: Report,
    "lumbung.profile.v1": Profile,
    "lumbung.gap.v1": Gap,
    "lumbung.obstacle.v1": Obstacle,
    "lumbung.visit.v1": Visit,
    "lumbung.decision.v1": Decision,
    "lumbung.contract.v1": Contract,
    "lumbung.tick.v1": Tick,
}


class ReportEnvelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A report whole, as it is written; `schemas.decoding` takes other spellings too."""

    specversion: Literal["1.0"]
    type: Literal["lumbung.report.v1"]
    id: str
    source: str
    time: Stamp
    data: Report


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Any saying, its body still as bytes; CloudEvents extension attributes are let through."""

    specversion: str
    type: str
    id: str
    source: str
    time: Stamp
    data: msgspec.Raw
    datacontenttype: str | None = None
    traceparent: str | None = None


class LooseReport(Closed, frozen=True, kw_only=True):
    """A report whose lines are still bytes, so that one bad line does not hide the others."""

    coop: str
    device: str
    sequence: Ordinal
    lines: list[msgspec.Raw]
    repairs: str = ""


def plain(value: Any) -> Any:
    """A saying as plain JSON-ready values."""
    return msgspec.to_builtins(value)
