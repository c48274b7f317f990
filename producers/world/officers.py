"""What officers of simulated villages answer to a match, and when.

Decides who says what next about a match as its record stands: most are accepted after a short
while, some refused or countered, goods are shipped (at times in two parts), received (at times in
part refused, or lost), and paid. Refuses to know how a match is heard of and how an answer
travels. The same record and the same seed give the same answers, however often it is read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from producers.world.amounts import share
from producers.world.shares import (
    ANSWER_MS,
    CANCEL_PERMILLE,
    COUNTER_PERMILLE,
    COUNTER_REFUSED_PERMILLE,
    GOODS_LOST_PERMILLE,
    GOODS_REFUSED_PERMILLE,
    PARTS_PERMILLE,
    PAY_MS,
    PAY_NEVER_PERMILLE,
    RECEIVE_MS,
    REJECT_PERMILLE,
    SHIP_MS,
    SILENT_OFFICER_PERMILLE,
)
from schemas.quantity import MICRO, format_quantity, parse_quantity
from schemas.records import Match

TIERS: Final = frozenset({1, 2})
"""The tiers whose matches are answered: inside a hub (1), between hubs (2)."""

_NOT_NOW: Final = ("gudang penuh", "harga kurang cocok", "truk sedang rusak")
_BAD_GOODS: Final = ("sebagian basah", "mutu di bawah janji", "kemasan rusak")


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision, due at `at_ms` (ms UTC); `fields` are those of the decision on the wire.

    `standing` is what the decision is about: how much had been shipped or settled before, or the
    state. A decision of an actor is taken once a standing.
    """

    at_ms: int
    actor: str
    match: str
    decision: str
    standing: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What is said once."""
        return (self.actor, self.decision, self.standing)


def answers(match: Match, seed: int) -> tuple[Answer, ...]:
    """Give what the officers of both sides do next; nothing when nobody has to, or wants to."""
    act = _NEXT.get(match.state)
    if act is None or match.tier not in TIERS or not match.history:
        return ()
    return tuple(act(_Case(match, seed)))


@dataclass(frozen=True, slots=True)
class _Case:
    """A match in the eyes of its officers."""

    match: Match
    seed: int

    def chance(self, about: str) -> Random:
        """Give the dice for one question: the same whenever it is asked."""
        return Random(f"{self.seed}/{self.match.match_id}/{about}")

    def falls(self, about: str, permille: int) -> bool:
        return self.chance(about).randrange(1000) < permille

    def answer(
        self, actor: str, decision: str, wait_ms: tuple[int, int], *, step: int = -1, **fields: Any
    ) -> Answer:
        """Answer some time after a step of the match's life (the newest, unless told)."""
        match = self.match
        wait = self.chance(f"{decision}/{actor}/{len(match.history)}").randint(*wait_ms)
        since = match.history[step].at_ms
        standing = {"ship": match.shipped_quantity, "receive": str(_settled(match))}
        about = standing.get(decision, match.state)
        return Answer(since + wait, actor, match.match_id, decision, about, fields)


def _proposed(case: _Case) -> Iterator[Answer]:
    match = case.match
    spoken = {moment.actor for moment in match.history}
    for actor in (match.from_coop, match.to_coop):
        if actor in spoken:
            continue
        draw = case.chance(f"yes/{actor}").randrange(1000)
        if draw < REJECT_PERMILLE:
            reason = case.chance(f"why/{actor}").choice(_NOT_NOW)
            yield case.answer(actor, "reject", ANSWER_MS, step=0, reason=reason)
        elif actor == match.from_coop and draw < REJECT_PERMILLE + COUNTER_PERMILLE:
            yield from _countering(case)
        elif draw < 1000 - SILENT_OFFICER_PERMILLE:
            yield case.answer(actor, "accept", ANSWER_MS, step=0)


def _countering(case: _Case) -> Iterator[Answer]:
    """The giver keeps some back: it offers less, in whole units."""
    match = case.match
    whole = _micro(match.quantity)
    less = share(whole, case.chance("less").randrange(700, 950), 1000)
    if 0 < less < whole:
        terms = {"quantity": format_quantity(less), "reason": "sebagian sudah terjual"}
        yield case.answer(match.from_coop, "counter", ANSWER_MS, step=0, **terms)
    else:
        yield case.answer(match.from_coop, "accept", ANSWER_MS, step=0)


def _countered(case: _Case) -> Iterator[Answer]:
    match = case.match
    asked = match.to_coop if match.history[-1].actor == match.from_coop else match.from_coop
    refused = case.falls("counter", COUNTER_REFUSED_PERMILLE)
    yield case.answer(asked, "reject" if refused else "accept", ANSWER_MS)


def _accepted(case: _Case) -> Iterator[Answer]:
    match = case.match
    if case.falls("cancel", CANCEL_PERMILLE):
        yield case.answer(match.from_coop, "cancel", SHIP_MS, reason="barang rusak di gudang")
        return
    whole = _micro(match.quantity)
    half = share(whole, 1, 2)
    first = half if half and case.falls("parts", PARTS_PERMILLE) else whole
    yield case.answer(match.from_coop, "ship", SHIP_MS, quantity=format_quantity(first))


def _shipped(case: _Case) -> Iterator[Answer]:
    match = case.match
    left = _micro(match.quantity) - _micro(match.shipped_quantity)
    if left > 0:
        yield case.answer(match.from_coop, "ship", SHIP_MS, quantity=format_quantity(left))
    under_way = _under_way(match)
    if under_way > 0:
        yield _receiving(case, under_way)


def _receiving(case: _Case, under_way: int) -> Answer:
    """What arrived: all of it, all but what is not taken, or all but what was lost."""
    match = case.match
    about = f"{match.shipped_quantity}/{match.received_quantity}"
    part = share(under_way, case.chance(f"part/{about}").randrange(50, 250), 1000)
    part = part or min(MICRO, under_way)
    said: dict[str, Any] = {"quantity": format_quantity(under_way)}
    if case.falls(f"refused/{about}", GOODS_REFUSED_PERMILLE):
        reason = case.chance(f"bad/{about}").choice(_BAD_GOODS)
        taken = format_quantity(under_way - part)
        said = {"quantity": taken, "refused": format_quantity(part), "reason": reason}
    elif case.falls(f"lost/{about}", GOODS_LOST_PERMILLE):
        said = {"quantity": format_quantity(under_way - part), "final": True}
        said["reason"] = "kurang dari surat jalan"
    return case.answer(match.to_coop, "receive", RECEIVE_MS, **said)


def _under_way(match: Match) -> int:
    """Give what the taker waits for, in its own goods.

    Between hubs goods may become others on the way: then it is known once all has left.
    """
    settled = _settled(match)
    becomes = match.to_quantity and match.to_quantity != match.quantity
    if not becomes:
        return _micro(match.shipped_quantity) - settled
    whole = match.shipped_quantity == match.quantity
    return _micro(match.to_quantity) - settled if whole else 0


def _settled(match: Match) -> int:
    """Give what has arrived, sound or not, or is known to be lost."""
    told = (match.received_quantity, match.refused_quantity, match.lost_quantity)
    return sum(map(_micro, told))


def _arrived(case: _Case) -> Iterator[Answer]:
    match = case.match
    if _micro(match.received_quantity) and not case.falls("pay", PAY_NEVER_PERMILLE):
        yield case.answer(match.to_coop, "pay", PAY_MS)


def _claimed(case: _Case) -> Iterator[Answer]:
    yield case.answer(case.match.from_coop, "pay", PAY_MS)


def _micro(said: str) -> int:
    return parse_quantity(said) or 0


_NEXT: Final[Mapping[str, Callable[[_Case], Iterator[Answer]]]] = {
    "proposed": _proposed,
    "countered": _countered,
    "accepted": _accepted,
    "shipped": _shipped,
    "received": _arrived,
    "short": _arrived,
    "claimed": _claimed,
}
