"""Decides how a match between hubs reads: the match record, its ways, and why these two.

What is told is what both hubs have promised, not what was first asked for. The words hold figures
of the match alone: what the seller nets, what the way costs, what the buyer pays. Refuses to know
when a match is told.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from schemas import records
from schemas.quantity import format_quantity
from streams.core.book import Good
from streams.core.envelope import Row, stamp, wrapped
from streams.core.interchange.legs import Leg
from streams.core.interchange.market_round import DAY_MS, WIB_MS
from streams.core.interchange.market_state import Between
from streams.core.interchange.network_parts import MODES
from streams.core.interchange.terms import Part
from streams.core.state import Step

_EPOCH: Final = date(1970, 1, 1).toordinal()
_OFFER_PARTS: Final = 4
STATES: Final = frozenset({"proposed", "rejected", "expired", "superseded", "cancelled"})
"""What people know; a match that ended for another reason was cancelled, and its step says why."""


class _Words(NamedTuple):
    """One language; `modes` where a mode has another name."""

    sentence: str
    proven: str
    unproven: str
    becomes: str
    work: str
    days: str
    leaves: str
    made: str
    at: str
    modes: Mapping[str, str]


_ID: Final = _Words(
    "{given} dari hub {from_hub} ke hub {to_hub}{becomes}: penjual menerima {price}, "
    "angkutan {way} ({ways}){work}, pembeli membayar {pays}; tiba dalam {days} hari; {proof}",
    *("terbukti terbaik", "belum terbukti terbaik", "menjadi", "olahan"),
    *("hari", "berangkat", "diolah", "di"),
    modes={"road": "darat", "ferry": "feri", "boat": "perahu", "sea": "laut"},
)
_EN: Final = _Words(
    "{given} from hub {from_hub} to hub {to_hub}{becomes}: the seller nets {price}, "
    "the way costs {way} ({ways}){work}, the buyer pays {pays}; there in {days} days; {proof}",
    *("proven best", "not proven best", "made into", "processing"),
    *("days", "leaves", "made by", "in"),
    modes={},
)
_SAME: Final = (
    *("family", "price", "buyer_price", "leg_cost", "processing", "surplus", "certified"),
    *("tick", "version"),
)


def row(match: Between, goods: Mapping[str, Good], as_of_ms: int) -> Row:
    """A match that people have seen, as a record of the matches; the key is its id."""
    at, source = stamp(as_of_ms), f"/families/{match.family}"
    value = wrapped(records.MATCH_TYPE, match.match, source, at, told(match, goods))
    return match.match.encode(), value


def told(match: Between, goods: Mapping[str, Good]) -> records.Match:
    """A match in words; AssertionError for one that nobody has seen yet."""
    assert match.shown, "only what both hubs have promised is told"
    facts: dict[str, Any] = {name: getattr(match, name) for name in _SAME}
    why_id, why_en = why(match, goods)
    return records.Match(
        match_id=match.match,
        tier=2,
        state=_known(match.state)[0],
        **_ends(match, goods),
        **_under_way(match),
        **facts,
        why_id=why_id,
        why_en=why_en,
        round=match.digest,
        history=[_moment(step) for step in match.steps],
    )


def _ends(match: Between, goods: Mapping[str, Good]) -> dict[str, Any]:
    """Who gives what, and who gets what."""
    offer, need = match.ends
    return {
        "offer": offer.line,
        "need": need.line,
        "commodity": offer.commodity,
        "to_commodity": need.commodity,
        "grade": offer.grade,
        "lot": _lot(offer.line),
        "quantity": format_quantity(offer.agreed),
        "unit": goods[offer.commodity].unit,
        "to_quantity": format_quantity(need.agreed),
        "to_unit": goods[need.commodity].unit,
        "from_coop": offer.coop,
        "from_hub": offer.hub,
        "to_coop": need.coop,
        "to_hub": need.hub,
        "order": _order(need.line, need.coop),
        "partner": "",
        "at_risk": offer.at_risk or need.at_risk,
    }


def _under_way(match: Between) -> dict[str, Any]:
    """How and when the goods go, and what of them has gone."""
    parts = list(_parts(match))
    return {
        "leg_mode": _mode(parts),
        "leg_basis": "observed" if _is_observed(parts) else "estimated",
        "leg_days": match.days,
        "parts": [_part(part) for part in parts],
        "ship_by_day": _ship_by(match, parts),
        "arrive_by_day": _arrive_by(match),
        "expires_ms": -1,
        "shipped_quantity": format_quantity(match.offer.delivered),
        "received_quantity": format_quantity(match.need.delivered),
        "refused_quantity": "0",
        "payment": "none",
    }


# ------------------------------------------------------------------ why
def why(match: Between, goods: Mapping[str, Good]) -> tuple[str, str]:
    """Why these two, and by what ways: in Indonesian and English."""
    return _why(match, goods, _ID), _why(match, goods, _EN)


def _why(match: Between, goods: Mapping[str, Good], words: _Words) -> str:
    offer, need = match.ends
    unit, to_unit = goods[offer.commodity].unit, goods[need.commodity].unit
    figures: dict[str, Any] = {
        "given": f"{format_quantity(offer.agreed)} {unit} {offer.commodity}",
        "from_hub": offer.hub,
        "to_hub": need.hub,
        "price": f"Rp{match.price} per {unit}",
        "way": f"Rp{match.leg_cost} per {to_unit}",
        "ways": "; ".join(_way(part, words) for part in _parts(match)),
        "pays": f"Rp{match.buyer_price} per {to_unit}",
        "days": match.days,
        "proof": words.proven if match.certified else words.unproven,
        "becomes": "",
        "work": "",
    }
    if offer.commodity != need.commodity:
        made = f"{format_quantity(need.agreed)} {to_unit} {need.commodity}"
        figures["becomes"] = f" {words.becomes} {made}"
    if match.processing:
        figures["work"] = f", {words.work} Rp{match.processing} per {to_unit}"
    return words.sentence.format(**figures)


# ------------------------------------------------------------------ ways
def _parts(match: Between) -> Iterator[Part]:
    """The ways of what was promised: when hubs granted less, the last ways carry less."""
    left = match.need.agreed
    for part in match.parts:
        quantity = min(part.quantity, left)
        if quantity > 0:
            given = -(-quantity * part.given // part.quantity)
            yield Part(quantity, given, part.legs, part.days, part.process)
        left -= quantity


def _part(part: Part) -> records.WayPart:
    return records.WayPart(
        given=format_quantity(part.given),
        quantity=format_quantity(part.quantity),
        days=part.days,
        legs=[_leg(leg) for leg in part.legs],
        recipe="" if part.process is None else part.process.code,
        recipe_hub="" if part.process is None else part.process.hub,
    )


def _leg(leg: Leg) -> records.WayLeg:
    return records.WayLeg(
        from_hub=leg.from_hub,
        to_hub=leg.to_hub,
        mode=leg.mode,
        days=leg.days,
        cost_per_kg=format_quantity(leg.cost_micro),
        basis="estimated" if leg.estimated else "observed",
        departs_day=-1 if leg.departs_day is None else leg.departs_day,
    )


def _way(part: Part, words: _Words) -> str:
    """One way in a sentence: hubs, modes, days, sailings, and the recipe on it."""
    steps: list[str] = []
    for leg in part.legs:
        mode, leaves = words.modes.get(leg.mode, leg.mode), ""
        if leg.departs_day is not None:
            leaves = f", {words.leaves} {date.fromordinal(_EPOCH + leg.departs_day).isoformat()}"
        steps.append(f"{leg.from_hub}→{leg.to_hub} {mode} {leg.days} {words.days}{leaves}")
    if part.process is not None:
        steps.append(f"{words.made} {part.process.code} {words.at} {part.process.hub}")
    return " + ".join(steps)


def _mode(parts: list[Part]) -> str:
    """The mode that names the way: the heaviest of its legs."""
    modes = [leg.mode for part in parts for leg in part.legs]
    return max(modes, key=lambda mode: MODES.index(mode) if mode in MODES else -1, default="")


def _is_observed(parts: list[Part]) -> bool:
    legs = [leg for part in parts for leg in part.legs]
    return bool(legs) and not any(leg.estimated for leg in legs)


# ------------------------------------------------------------------ days, names, states
def _arrive_by(match: Between) -> int:
    """The buyer's last day of use; where none was said, the day that was planned."""
    planned = (match.created_ms + WIB_MS) // DAY_MS + match.days
    return planned if match.needed_day < 0 else match.needed_day


def _ship_by(match: Between, parts: list[Part]) -> int:
    """The day before which the goods must leave: that of the first sailing, else by days left."""
    sailings = [
        part.legs[0].departs_day
        for part in parts
        if part.legs and part.legs[0].departs_day is not None
    ]
    return min(sailings, default=_arrive_by(match) - match.days)


def _lot(line: str) -> str:
    words = line.split("|")
    return words[3] if len(words) == _OFFER_PARTS else ""


def _order(line: str, coop: str) -> str:
    """The number of a co-op's order; a contract has none."""
    whose, _, order = line.partition("|")
    return order if whose == coop else ""


def _known(state: str) -> tuple[str, str]:
    """A state that people know, and the reason behind it where it says more."""
    return (state, "") if state in STATES else ("cancelled", state)


def _moment(step: Step) -> records.Moment:
    state, more = _known(step.state)
    return records.Moment(
        state=state, at_ms=step.at_ms, actor=step.actor, reason=step.reason or more
    )
