"""Decides how a match between hubs reads: the match record, its ways, and why these two.

What is told is what both hubs have promised and what became of it, not what was first asked for.
The words hold figures of the match alone: what the seller nets, what the way costs, what the buyer
pays. Refuses to know when a match is told.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from schemas import records
from schemas.quantity import format_quantity
from streams.core.book import Good
from streams.core.envelope import Row, stamp, wrapped
from streams.core.interchange.between_days import arrive_by, parts_of, ship_by
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.market_life import given, kept
from streams.core.interchange.market_state import Between
from streams.core.interchange.network_parts import MODES
from streams.core.interchange.terms import Part
from streams.core.lifecycle import Life
from streams.core.lifecycle_table import PAYMENTS

_EPOCH: Final = date(1970, 1, 1).toordinal()
_OFFER_PARTS: Final = 4


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
    back: str
    pooled: str
    modes: Mapping[str, str]


_ID: Final = _Words(
    "{given} dari hub {from_hub} ke hub {to_hub}{becomes}: penjual menerima {price}, "
    "angkutan {way} ({ways}){work}, pembeli membayar {pays}; tiba dalam {days} hari; {proof}"
    "{pool}",
    *("terbukti terbaik", "belum terbukti terbaik", "menjadi", "olahan"),
    *("hari", "berangkat", "diolah", "di", "muatan balik"),
    "; digabung dengan {others} kecocokan lain karena terlalu kecil sendiri (gabungan {pool})",
    modes={"road": "darat", "ferry": "feri", "boat": "perahu", "sea": "laut"},
)
_EN: Final = _Words(
    "{given} from hub {from_hub} to hub {to_hub}{becomes}: the seller nets {price}, "
    "the way costs {way} ({ways}){work}, the buyer pays {pays}; there in {days} days; {proof}"
    "{pool}",
    *("proven best", "not proven best", "made into", "processing"),
    *("days", "leaves", "made by", "in", "on the way home"),
    "; pooled with {others} other matches, too small alone (pool {pool})",
    modes={},
)
_SAME: Final = (
    *("family", "leg_cost", "processing", "surplus", "certified"),
    *("tick", "version", "freezes_ms"),
)


def row(match: Between, goods: Mapping[str, Good], as_of_ms: int) -> Row:
    """A match that people have seen, as a record of the matches; the key is its id."""
    at, source = stamp(as_of_ms), f"/families/{match.family}"
    value = wrapped(records.MATCH_TYPE, match.match, source, at, told(match, goods))
    return match.match.encode(), value


def told(match: Between, goods: Mapping[str, Good]) -> records.Match:
    """A match in words; AssertionError for one that nobody has seen yet."""
    assert match.life is not None, "only what both hubs have promised is told"
    facts: dict[str, Any] = {name: getattr(match, name) for name in _SAME}
    why_id, why_en = why(match, goods)
    return records.Match(
        match_id=match.match,
        tier=2,
        state=match.state,
        **_ends(match, goods),
        **_prices(match, match.life),
        **_way_of(match, match.life),
        **_under_way(match, match.life),
        **_pool(match),
        **facts,
        why_id=why_id,
        why_en=why_en,
        round=match.digest,
        history=[
            records.Moment(state=s.state, at_ms=s.at_ms, actor=s.actor, reason=s.reason)
            for s in match.steps
        ],
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
        "unit": goods[offer.commodity].unit,
        "to_unit": goods[need.commodity].unit,
        "from_coop": offer.coop,
        "from_hub": offer.hub,
        "to_coop": need.coop,
        "to_hub": need.hub,
        "order": _order(need.line, need.coop),
        "partner": match.partner,
        "at_risk": offer.at_risk or need.at_risk,
    }


def _prices(match: Between, life: Life) -> dict[str, Any]:
    """What the seller nets, and what the buyer pays: what terms were changed by, he pays too."""
    more = -(-(life.price - match.price) * match.given // match.quantity)
    return {"price": life.price, "buyer_price": match.buyer_price + more}


def _way_of(match: Between, life: Life) -> dict[str, Any]:
    """How and when the goods go."""
    parts = list(parts_of(match))
    return {
        "leg_mode": _mode(parts),
        "leg_basis": "observed" if _is_observed(parts) else "estimated",
        "leg_days": match.days,
        "parts": [_part(part) for part in parts],
        "ship_by_day": ship_by(match),
        "arrive_by_day": arrive_by(match),
        "expires_ms": life.expires_ms,
    }


def _under_way(match: Between, life: Life) -> dict[str, Any]:
    """What is agreed on, what of it has gone, what became of that, what was said of the money."""
    lost = {"lost_quantity": format_quantity(life.lost)} if life.lost else {}
    return {
        "quantity": format_quantity(given(match, life.quantity)),
        "to_quantity": format_quantity(life.quantity),
        "shipped_quantity": format_quantity(match.offer.gone),
        "received_quantity": format_quantity(life.received),
        "refused_quantity": format_quantity(life.refused),
        "held_quantity": format_quantity(kept(match)),
        "payment": PAYMENTS.get(life.state, "none"),
        **lost,
    }


def _pool(match: Between) -> dict[str, Any]:
    return {"pool": match.pool, "pooled": match.pooled} if match.pool else {}


# ------------------------------------------------------------------ why
def why(match: Between, goods: Mapping[str, Good]) -> tuple[str, str]:
    """Why these two, and by what ways: in Indonesian and English."""
    return _why(match, goods, _ID), _why(match, goods, _EN)


def _why(match: Between, goods: Mapping[str, Good], words: _Words) -> str:
    offer, need = match.ends
    life = match.life
    assert life is not None, "only what both hubs have promised is told"
    prices = _prices(match, life)
    unit, to_unit = goods[offer.commodity].unit, goods[need.commodity].unit
    figures: dict[str, Any] = {
        "given": f"{format_quantity(given(match, life.quantity))} {unit} {offer.commodity}",
        "from_hub": offer.hub,
        "to_hub": need.hub,
        "price": f"Rp{prices['price']} per {unit}",
        "way": f"Rp{match.leg_cost} per {to_unit}",
        "ways": "; ".join(_way(part, words) for part in parts_of(match)),
        "pays": f"Rp{prices['buyer_price']} per {to_unit}",
        "days": match.days,
        "proof": words.proven if match.certified else words.unproven,
        "becomes": "",
        "work": "",
        "pool": "",
    }
    if match.pool:
        figures["pool"] = words.pooled.format(others=match.pooled - 1, pool=match.pool)
    if offer.commodity != need.commodity:
        made = f"{format_quantity(life.quantity)} {to_unit} {need.commodity}"
        figures["becomes"] = f" {words.becomes} {made}"
    if match.processing:
        figures["work"] = f", {words.work} Rp{match.processing} per {to_unit}"
    return words.sentence.format(**figures)


# ------------------------------------------------------------------ ways
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
        back="yes" if leg.back else "",
    )


def _way(part: Part, words: _Words) -> str:
    """One way in a sentence: hubs, modes, days, sailings, and the recipe on it."""
    steps: list[str] = []
    for leg in part.legs:
        mode, leaves = words.modes.get(leg.mode, leg.mode), ""
        if leg.departs_day is not None:
            leaves = f", {words.leaves} {date.fromordinal(_EPOCH + leg.departs_day).isoformat()}"
        back = f", {words.back}" if leg.back else ""
        steps.append(f"{leg.from_hub}→{leg.to_hub} {mode} {leg.days} {words.days}{leaves}{back}")
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
def _lot(line: str) -> str:
    words = line.split("|")
    return words[3] if len(words) == _OFFER_PARTS else ""


def _order(line: str, coop: str) -> str:
    """The number of a co-op's order, or the tag of the contract that it stands on."""
    whose, _, order = line.partition("|")
    return order if whose == coop else ""
