"""Decides how a deal and a reason read: the match record, and why a line found no match."""

from typing import Any, Final

from schemas import records
from schemas.quantity import format_quantity
from streams.core import deal_life
from streams.core.book import Good
from streams.core.envelope import Row, wrapped
from streams.core.reasons import sentence
from streams.core.state import Deal, Round, WhyNot

_SAME: Final = (
    ("match_id", "match"),
    *((name, name) for name in ("state", "offer", "need", "commodity", "family", "grade", "lot")),
    *((name, name) for name in ("from_coop", "to_coop", "order", "price", "surplus")),
    *((name, name) for name in ("leg_cost", "leg_mode", "leg_days", "certified", "at_risk")),
    *((name, name) for name in ("tick", "version")),
    ("round", "digest"),
)
"""Field of the record, field of the deal: what reads as it is kept."""


def match(deal: Deal, hub: str, units: dict[str, Good]) -> records.Match:
    """A deal in words."""
    why_id, why_en = _why(deal, units)
    same: dict[str, Any] = {name: getattr(deal, kept) for name, kept in _SAME}
    return records.Match(
        **same,
        tier=1,
        to_commodity=deal.commodity,
        quantity=format_quantity(deal.quantity),
        unit=units[deal.commodity].unit,
        from_hub=hub,
        to_hub=hub,
        leg_basis="estimated",
        ship_by_day=deal_life.ship_by_day(deal),
        arrive_by_day=deal.arrive_day,
        expires_ms=-1 if deal.state == "accepted" else deal.expires_ms,
        partner=deal.partner,
        **_under_way(deal),
        why_id=why_id,
        why_en=why_en,
        history=[
            records.Moment(state=s.state, at_ms=s.at_ms, actor=s.actor, reason=s.reason)
            for s in deal.steps
        ],
    )


def _under_way(deal: Deal) -> dict[str, Any]:
    """What has gone of the goods, what became of it, and what was said of the money."""
    told: dict[str, Any] = {
        "shipped_quantity": format_quantity(deal.shipped),
        "received_quantity": format_quantity(deal.received),
        "refused_quantity": format_quantity(deal.refused),
        "held_quantity": format_quantity(deal_life.held(deal)),
        "payment": deal_life.payment(deal),
    }
    if deal.lost:  # left out when it is nothing, on whatever Python
        told["lost_quantity"] = format_quantity(deal.lost)
    for name in ("freezes_ms", "asked_ms", "opened_ms"):
        if getattr(deal, name) >= 0:
            told[name] = getattr(deal, name)
    return told


def _why(deal: Deal, units: dict[str, Good]) -> tuple[str, str]:
    """Why these two: in Indonesian and English, from the figures of the deal alone."""
    amount, unit = format_quantity(deal.quantity), units[deal.commodity].unit
    proof_id = "terbukti terbaik" if deal.certified else "belum terbukti terbaik"
    proof_en = "proven best" if deal.certified else "not proven best"
    mode, days, surplus = deal.leg_mode, deal.leg_days, deal.surplus
    why_id = (
        f"{amount} {unit}: penjual menerima Rp{deal.price}, "
        f"angkutan Rp{deal.leg_cost} per {unit} ({mode}, {days} hari); "
        f"selisih Rp{surplus} dibagi dua; {proof_id}"
    )
    why_en = (
        f"{amount} {unit}: the seller nets Rp{deal.price}, "
        f"the way costs Rp{deal.leg_cost} per {unit} ({mode}, {days} days); "
        f"the Rp{surplus} between are split; {proof_en}"
    )
    return why_id, why_en


def why_not(name: str, left: Round, units: dict[str, Good], at: str) -> Row:
    """The reasons of one round, keyed `why-not|hub|family`; `name` is `hub|family`."""
    hub, _, family = name.partition("|")
    value = records.WhyNot(
        hub=hub,
        family=family,
        certified=left.certified,
        version=left.version,
        lines=[_line(line, said, units) for line, said in left.left.items()],
    )
    key = f"why-not|{name}"
    return key.encode(), wrapped(records.WHY_NOT_TYPE, key, f"/hubs/{hub}", at, value)


def _line(line: str, said: WhyNot, units: dict[str, Good]) -> records.WhyNotLine:
    unit = units[said.commodity].unit
    return records.WhyNotLine(
        line=line,
        kind=said.kind,
        coop=said.coop,
        commodity=said.commodity,
        quantity=format_quantity(said.quantity),
        unit=unit,
        reason=said.reason,
        why_id=sentence(said.reason, said.figures, "id", unit),
        why_en=sentence(said.reason, said.figures, "en", unit),
    )
