"""A file of changes to a matching problem: what would be if.

Decides the form of each change and that what is not known is an error that names its place.
Refuses to know what a change does to a problem (`streams.core.supposed` does it).

    [{"change": "another_leg", "leg": {"from", "to", "cost_per_kg", "days", "mode",
                                       "capacity_kg", "departs_on"}},
     {"change": "no_leg", "from", "to", "mode", "departs_on"},
     {"change": "capacity", "from", "to", "mode", "departs_on", "capacity_kg": 500 or null},
     {"change": "freight", "from", "to", "mode", "departs_on", "percent": 120},
     {"change": "quantity", "of": "offers" or "needs", "percent": 50, <lines>},
     {"change": "later", "weeks": 2 and/or "days", <lines>},
     {"change": "dates", "of", "weeks": -1 and/or "days", <lines>}]

`<lines>` is at least one of `line`, `commodity`, `coop`, `hub`; a line must fit all that are said,
a leg likewise. Without `of` both sides are meant. `later` is about offers: a harvest that is ready
so much later, and keeps as long from then. `dates` moves days of expiry and needed-by days as
they stand. A change that fits nothing is an error: it would show a difference of none.
"""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from schemas.problem import LegBetween, Name, ProblemError, decoded

DAYS_MAX: Final = 400
CHANGES_MAX: Final = 1_000
Days = Annotated[int, msgspec.Meta(ge=-DAYS_MAX, le=DAYS_MAX)]
Ahead = Annotated[int, msgspec.Meta(ge=0, le=DAYS_MAX)]
Percent = Annotated[int, msgspec.Meta(ge=0, le=10_000)]


class _Change(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="change"
):
    """Base of every change: a field that is not named here is an error."""


class AnotherLeg(_Change, frozen=True, kw_only=True, tag="another_leg"):
    """A way that is not there today: another ship, a new road."""

    leg: LegBetween


class _OfLegs(_Change, frozen=True, kw_only=True):
    """Which legs are meant."""

    origin: Name | None = msgspec.field(name="from", default=None)
    to: Name | None = None
    mode: Name | None = None
    departs_on: date | None = None


class NoLeg(_OfLegs, frozen=True, kw_only=True, tag="no_leg"):
    """Ways that are gone: a ship that does not sail, a road under water."""


class Capacity(_OfLegs, frozen=True, kw_only=True, tag="capacity"):
    """What legs can carry; null for no limit."""

    capacity_kg: Annotated[int, msgspec.Meta(ge=0)] | None


class Freight(_OfLegs, frozen=True, kw_only=True, tag="freight"):
    """What legs cost, as a share of what they cost."""

    percent: Percent


class _OfLines(_Change, frozen=True, kw_only=True):
    """Which lines are meant."""

    line: Name | None = None
    commodity: Name | None = None
    coop: Name | None = None
    hub: Name | None = None


class Quantity(_OfLines, frozen=True, kw_only=True, tag="quantity"):
    """How much there is, as a share of what there is; what comes to nothing is gone."""

    percent: Percent
    of: Literal["offers", "needs"] | None = None


class Later(_OfLines, frozen=True, kw_only=True, tag="later"):
    """Goods that are ready so much later."""

    days: Ahead = 0
    weeks: Annotated[int, msgspec.Meta(ge=0, le=DAYS_MAX // 7)] = 0


class Dates(_OfLines, frozen=True, kw_only=True, tag="dates"):
    """Days of expiry and needed-by days, moved."""

    days: Days = 0
    weeks: Annotated[int, msgspec.Meta(ge=-DAYS_MAX // 7, le=DAYS_MAX // 7)] = 0
    of: Literal["offers", "needs"] | None = None


OfLegs = NoLeg | Capacity | Freight
OfLines = Quantity | Later | Dates
Change = AnotherLeg | NoLeg | Capacity | Freight | Quantity | Later | Dates

_decoder: Final = msgspec.json.Decoder(list[Change])


def parse_changes(data: bytes) -> list[Change]:
    """Read a file of changes; ProblemError says where it is wrong and what was expected."""
    changes = decoded(data, _decoder)
    if len(changes) > CHANGES_MAX:
        raise ProblemError("$", f"expected at most {CHANGES_MAX} changes")
    for n, change in enumerate(changes):
        if isinstance(change, Quantity | Later | Dates) and not any(
            (change.line, change.commodity, change.coop, change.hub)
        ):
            raise ProblemError(f"$[{n}]", "names no `line`, `commodity`, `coop` or `hub`")
        if isinstance(change, Later | Dates) and not change.days + 7 * change.weeks:
            raise ProblemError(f"$[{n}]", "moves by no day")
    return changes
