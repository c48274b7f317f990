"""Decides how a deal and a reason read: the match record, and why a line found no match."""

from schemas import records
from schemas.quantity import format_quantity as decimal
from streams.core.book import Good
from streams.core.deals import is_held
from streams.core.envelope import Row, wrapped
from streams.core.reasons import sentence
from streams.core.state import Deal, Round, WhyNot


def match(deal: Deal, hub: str, units: dict[str, Good]) -> records.Match:
    """A deal in words."""
    why = _why(deal, units)
    return records.Match(
        match_id=deal.match,
        tier=1,
        state=deal.state,
        offer=deal.offer,
        need=deal.need,
        commodity=deal.commodity,
        to_commodity=deal.commodity,
        family=deal.family,
        grade=deal.grade,
        lot=deal.lot,
        quantity=decimal(deal.quantity),
        unit=units[deal.commodity].unit,
        from_coop=deal.from_coop,
        from_hub=hub,
        to_coop=deal.to_coop,
        to_hub=hub,
        order=deal.order,
        price=deal.price,
        leg_cost=deal.leg_cost,
        leg_mode=deal.leg_mode,
        leg_basis="estimated",
        leg_days=deal.leg_days,
        surplus=deal.surplus,
        certified=deal.certified,
        at_risk=deal.at_risk,
        ship_by_day=deal.arrive_day - deal.leg_days if deal.arrive_day >= 0 else -1,
        arrive_by_day=deal.arrive_day,
        expires_ms=-1 if is_held(deal) and deal.state == "accepted" else deal.expires_ms,
        shipped_quantity="0",
        received_quantity="0",
        refused_quantity="0",
        payment="none",
        partner="",
        why_id=why[0],
        why_en=why[1],
        tick=deal.tick,
        round=deal.digest,
        version=deal.version,
        history=[
            records.Moment(state=s.state, at_ms=s.at_ms, actor=s.actor, reason=s.reason)
            for s in deal.steps
        ],
    )


def _why(deal: Deal, units: dict[str, Good]) -> tuple[str, str]:
    """Why these two: in Indonesian and English, from the figures of the deal alone."""
    amount, unit = decimal(deal.quantity), units[deal.commodity].unit
    proof_id = "terbukti terbaik" if deal.certified else "belum terbukti terbaik"
    proof_en = "proven best" if deal.certified else "not proven best"
    return (
        f"{amount} {unit}: penjual menerima Rp{deal.price}, angkutan Rp{deal.leg_cost} per {unit} "
        f"({deal.leg_mode}, {deal.leg_days} hari); selisih Rp{deal.surplus} dibagi dua; {proof_id}",
        f"{amount} {unit}: the seller nets Rp{deal.price}, the way costs Rp{deal.leg_cost} per {unit} "
        f"({deal.leg_mode}, {deal.leg_days} days); the Rp{deal.surplus} between are split; {proof_en}",
    )


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
        quantity=decimal(said.quantity),
        unit=unit,
        reason=said.reason,
        why_id=sentence(said.reason, said.figures, "id", unit),
        why_en=sentence(said.reason, said.figures, "en", unit),
    )
