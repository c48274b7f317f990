"""What an audit of a match comes to.

Decides what differs: between the match that was told and the one that the log gives, and between
the round's answer and the second judge's. Refuses to put it into words (`deploy.rerun_page`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from deploy.rerun import Rebuilt, matches_of
from deploy.rerun_between import members_above, members_gain
from deploy.rerun_between import parts_of as parts_between
from deploy.rerun_check import Fault, Opinion, opinion_of
from deploy.rerun_pairs import HubRound
from deploy.rerun_pairs import parts_of as parts_inside
from schemas.quantity import MICRO
from streams.core.lines import Proposal
from streams.core.matching import half_up

Verdict = Literal["confirmed", "as_told", "undecided", "differs"]
"""Proven by both; told as unproven, and so it is; too much for the second solver; not so."""
_SAME: Final = (
    *("state", "tier", "commodity", "to_commodity", "grade", "lot", "unit", "family", "offer"),
    *(
        "need",
        "from_coop",
        "from_hub",
        "to_coop",
        "to_hub",
        "leg_mode",
        "at_risk",
        "payment",
        "pool",
    ),
)
_NUMBERS: Final = (
    *("quantity", "shipped_quantity", "received_quantity", "refused_quantity", "price"),
    *("leg_cost", "leg_days", "surplus", "tick", "certified"),
)
_BETWEEN: Final = ("to_quantity", "buyer_price")
_ROUND: Final = "round"


class Difference(NamedTuple):
    """A field of the match: as the log gives it, as it was told."""

    field: str
    log: Any
    told: Any


@dataclass(slots=True)
class Audit:
    """All that an audit found; without an opinion the round could not be rebuilt.

    `told` is the match as the warehouse has it, `steps` its life so far.
    """

    told: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    rebuilt: Rebuilt
    opinion: Opinion | None = None
    differences: list[Difference] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The one word."""
        opinion, posed = self.opinion, self.rebuilt.posed
        if opinion is None or posed is None or self.differences or self.faults:
            return "differs"
        if not posed.found.certified:
            return "as_told"
        return "confirmed" if opinion.gap == 0 else "undecided"


def audited(
    told: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], rebuilt: Rebuilt
) -> Audit:
    """Hold what was told against the log, and the round against a second solver."""
    audit = Audit(told, steps, rebuilt)
    if rebuilt.match is None:
        audit.faults.append(Fault("no_match", ()))
    else:
        audit.differences += differences(rebuilt.match, told)
    posed = rebuilt.posed
    if posed is None:
        audit.faults.append(Fault("no_round", ()))
        return audit
    if told["match_id"] not in matches_of(posed):
        audit.faults.append(Fault("not_in_round", ()))
    if isinstance(posed, HubRound):
        audit.opinion = opinion_of(parts_inside(posed))
        money = audit.opinion.money
    else:
        audit.opinion = opinion_of(parts_between(posed))
        money = audit.opinion.money + members_gain(posed)
        audit.faults += members_above(posed)
    audit.faults += judged(audit.opinion, money, rebuilt)
    return audit


def judged(opinion: Opinion, money: int, rebuilt: Rebuilt) -> Iterator[Fault]:
    """What the second judge holds against a round's answer."""
    assert rebuilt.posed is not None, "there is a round to judge"
    found = rebuilt.posed.found
    yield from opinion.faults
    if half_up(money) != found.objective:
        yield Fault("objective", (str(half_up(money)), str(found.objective)))
    # A gap that nobody knows is told as -1; less than a rupiah is told as a whole one.
    known = found.certified or found.gap >= 0
    if known and opinion.better > found.gap * MICRO:
        yield Fault("better", (str(-(-opinion.better // MICRO)), str(found.gap)))


def differences(log: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Difference]:
    """Fields of a match that are not in the warehouse as the log gives them."""
    for name in (each for each in _SAME if each in told):
        given, said = log.get(name) or "", told.get(name) or ""
        if str(given) != str(said):
            yield Difference(name, given, said)
    if log["round"] != told[_ROUND]:
        yield Difference(_ROUND, log["round"], told[_ROUND])
    for name in (*_NUMBERS, *(() if log["tier"] == 1 else _BETWEEN)):
        given, said = log.get(name), told.get(name)
        if _number(given) != _number(said):
            yield Difference(name, given, said)


def _number(value: Any) -> float | None:
    """Amounts are decimals in the log and floats in the warehouse; -1 is what nobody said."""
    return None if value in (None, "", -1) else float(value)


class Terms(NamedTuple):
    """What a round agreed for one match: amounts in micro, whole rupiah per base unit, days."""

    given: int
    quantity: int
    price: int
    buyer_price: int
    leg_cost: int
    days: int


def terms_then(audit: Audit) -> Terms | None:
    """The match as its round made it; None where the round does not have it."""
    posed = audit.rebuilt.posed
    one = None if posed is None else matches_of(posed).get(audit.told["match_id"])
    if one is None:
        return None
    given = one.quantity if isinstance(one, Proposal) else one.given
    return Terms(given, one.quantity, one.price, one.buyer_price, one.leg_cost, one.days)
