"""What would be if: a problem with changes made to it, and what they change in its answer.

Decides what each change of `schemas.changes` does, and how two answers differ. Refuses to touch
anything: a problem goes in, another comes out.

Theory of operation. Goods that are ready later wait at a place of their own, `HUB+14d`, whose ways
are those of their hub and take so many days more; sailings before that day do not serve it, and
legs of limited room are left to goods that are there. Their days of expiry are set so that the
same ways are short enough as would have been. Answers are compared by pairs of lines: a match
that only changes its name has not changed.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, TypeVar

import msgspec

from schemas.changes import (
    AnotherLeg,
    Capacity,
    Change,
    Dates,
    Freight,
    Later,
    NoLeg,
    OfLegs,
    OfLines,
    Quantity,
)
from schemas.identity import COOP_FORM, CoopId, hub_of
from schemas.problem import LegBetween, Need, Offer, Problem, ProblemError, check_problem
from schemas.quantity import MICRO, format_quantity
from streams.core.eligibility import SHELF_LIFE_TENTHS
from streams.core.posed import EPOCH, decimal, local_of, today_of

PERCENT: Final = 100
Line = TypeVar("Line", Offer, Need)


class FitsNothing(ProblemError):
    """A change that means no line and no leg of a problem."""


def changed(problem: Problem, changes: Iterable[Change]) -> Problem:
    """Make changes in their order; ProblemError names one that fits nothing."""
    for n, change in enumerate(changes):
        problem = _made(problem, change, f"$[{n}]")
        check_problem(problem)
    return problem


def _made(problem: Problem, change: Change, path: str) -> Problem:
    if isinstance(change, AnotherLeg):
        return _with(problem, legs=[*problem.legs, change.leg])
    if isinstance(change, NoLeg | Capacity | Freight):
        return _with(problem, legs=list(_legs(problem, change, path)))
    if isinstance(change, Later):
        return _later(problem, change, path)
    offers = problem.offers if change.of != "needs" else []
    needs = problem.needs if change.of != "offers" else []
    if not [*(_fits(o, change) for o in offers), *(_fits(n, change) for n in needs)].count(True):
        raise FitsNothing(path, "fits no line")
    if change.of != "needs":
        problem = _with(problem, offers=list(_moved(offers, change)))
    if change.of != "offers":
        problem = _with(problem, needs=list(_moved(needs, change)))
    return problem


def _with(problem: Problem, **parts: Any) -> Problem:
    return msgspec.structs.replace(problem, **parts)


def _fits(line: Offer | Need, change: OfLines) -> bool:
    said = (
        (change.line, line.line),
        (change.commodity, line.commodity),
        (change.coop, line.coop),
        (change.hub, _hub(line)),
    )
    return all(asked in (None, has) for asked, has in said)


def _hub(line: Offer | Need) -> str | None:
    if line.hub is None and COOP_FORM.fullmatch(line.coop):
        return hub_of(CoopId(line.coop))
    return line.hub


def _moved(lines: Iterable[Line], change: Quantity | Dates) -> Iterator[Line]:
    for line in lines:
        if not _fits(line, change):
            yield line
        elif isinstance(change, Dates):
            yield _redated(line, change)
        else:
            micro = decimal(line.quantity, line.line) * change.percent // PERCENT
            if micro:
                yield msgspec.structs.replace(line, quantity=format_quantity(micro))


def _redated(line: Line, change: Dates) -> Line:
    by = timedelta(change.days + 7 * change.weeks)
    if isinstance(line, Offer):
        day = line.expires_on
        return msgspec.structs.replace(line, expires_on=day and day + by)
    day = line.needed_by
    return msgspec.structs.replace(line, needed_by=day and day + by)


def _legs(problem: Problem, change: OfLegs, path: str) -> Iterator[LegBetween]:
    fits = [_is_meant(leg, change) for leg in problem.legs]
    if not any(fits):
        raise FitsNothing(path, "fits no leg")
    for n, (leg, meant) in enumerate(zip(problem.legs, fits, strict=True)):
        if not meant:
            yield leg
        elif isinstance(change, Capacity):
            yield msgspec.structs.replace(leg, capacity_kg=change.capacity_kg)
        elif isinstance(change, Freight):
            micro = decimal(leg.cost_per_kg, f"$.legs[{n}].cost_per_kg") * change.percent
            yield msgspec.structs.replace(leg, cost_per_kg=format_quantity(-(-micro // PERCENT)))


def _is_meant(leg: LegBetween, change: OfLegs) -> bool:
    said = (
        (change.origin, leg.origin),
        (change.to, leg.to),
        (change.mode, leg.mode),
        (change.departs_on, leg.departs_on),
    )
    return all(asked in (None, has) for asked, has in said)


def _later(problem: Problem, change: Later, path: str) -> Problem:
    """Let offers wait at a place of their own."""
    days = change.days + 7 * change.weeks
    if not any(_fits(offer, change) for offer in problem.offers):
        raise FitsNothing(path, "fits no offer")
    today = today_of(problem)
    offers, places = [], set()
    for offer in problem.offers:
        hub = _hub(offer)
        if hub is None or not _fits(offer, change):
            offers.append(offer)
            continue
        places.add(hub)
        offers.append(
            msgspec.structs.replace(
                offer, hub=_place(hub, days), expires_on=_kept(offer, days, today)
            )
        )
    legs = list(problem.legs)
    for hub in sorted(places):
        legs = list(_waits(problem, legs, (hub, days), today))
    return _with(problem, offers=offers, legs=legs)


def _place(hub: str, days: int) -> str:
    return f"{hub}+{days}d"


def _kept(offer: Offer, days: int, today: int) -> date | None:
    """Give a day of expiry that allows the ways it allows now, so many days later."""
    if offer.expires_on is None:
        return None
    left = offer.expires_on.toordinal() - EPOCH - today
    if left < 0:
        return offer.expires_on
    allowed = SHELF_LIFE_TENTHS * left // 10 + days
    return date.fromordinal(EPOCH + today + -(-10 * allowed // SHELF_LIFE_TENTHS))


def _waits(
    problem: Problem, legs: list[LegBetween], wait: tuple[str, int], today: int
) -> Iterator[LegBetween]:
    """Add the ways of a hub for goods that are there so many days later."""
    hub, days = wait
    place, known = _place(hub, days), {(leg.origin, leg.to) for leg in legs}
    if (place, hub) in known:
        yield from legs
        return
    for leg in legs:
        sails = None if leg.departs_on is None else leg.departs_on.toordinal() - EPOCH
        if leg.origin != hub or (sails is not None and sails < today + days):
            yield leg
            continue
        there, here = _halves(leg)
        whole = -(-decimal(leg.days, f"{hub}.days") // MICRO)
        yield here
        yield msgspec.structs.replace(
            there, origin=place, days=whole + days if sails is None else whole
        )
    if (hub, hub) not in known:
        local = local_of(problem)
        cost = format_quantity(local.cost_micro)
        yield LegBetween(origin=place, to=hub, cost_per_kg=cost, days=local.days + days)


def _halves(leg: LegBetween) -> tuple[LegBetween, LegBetween]:
    if leg.capacity_kg is None:
        return leg, leg
    half = leg.capacity_kg // 2
    one = msgspec.structs.replace(leg, capacity_kg=half)
    return one, msgspec.structs.replace(leg, capacity_kg=leg.capacity_kg - half)
