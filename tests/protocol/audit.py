"""The laws of the reservation protocol, looked at after every step and when all is quiet.

They are written against what people were promised, not against the code: no promise above the
stock known when it was made, committed goods leave only by release, by delivery or by the hub's
own people, what is over stays over, both legs are equal, nothing is kept for nobody.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

from schemas.market import LegSide, LegState, LegTold
from streams.core.interchange.hub_life import life_in
from streams.core.interchange.hub_state import Leg, leg_name
from streams.core.interchange.market_life import stand_of
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.market_state import Between
from streams.core.interchange.protocol_table import (
    HOLD_BACK_MS,
    LEGS,
    LIVE,
    MATCHES,
    LegEvent,
    Phase,
)
from streams.core.lines import FREE, Bond
from tests.support.line_books import standing

_NO = {"version": 0}
GRACE_MS = 3_600_000
"""A pair rests from the word of its people on; its match is over when both hubs have let go."""


class Breach(AssertionError):
    """A law does not hold."""


def law(holds: object, *told: object) -> None:
    if not holds:
        raise Breach(" ".join(map(str, told)))


class Seen(NamedTuple):
    state: LegState
    held: int
    committed: int
    delivered: int
    at_risk: str


_plainly = partial(tuple.__new__, Seen)
"""All fields at once; a NamedTuple's own way of being made takes three times as long."""


class HubAudit:
    """Watches the legs of one hub partition, record by record."""

    def __init__(self, stall: Any) -> None:
        self._stall = stall
        self._seen = {name: _seen(leg) for name, leg in stall.side.legs.items()}

    def look(self, record: Any) -> None:
        side, seen = self._stall.side, self._seen
        kind = type(record).__name__
        event, moved = EVENTS.get(kind), kind in STOCK  # nothing happens to a leg by what has none
        for name, leg in side.legs.items():
            before, now = seen.get(name), _seen(leg)
            if before == now:
                continue
            law(name in side.told, "nobody is told that", name, "changed from", before, "to", now)
            self._changed(leg, before, now, event)
            seen[name], moved = now, True
        if len(seen) != len(side.legs):
            for name in [name for name in seen if name not in side.legs]:
                law(seen[name].state not in LIVE, "a living leg is forgotten", name)
                del seen[name]
        if moved:
            self.lines()

    def _changed(self, leg: Leg, before: Seen | None, now: Seen, event: LegEvent | None) -> None:
        was = None if before is None else before.state
        what = (leg.name, before, now, event)
        # Any event may show that other legs of the line are covered again, or are not.
        rule = None if event is None else LEGS.get((was, event))
        eased = before is not None and before._replace(at_risk=now.at_risk) == now
        law((rule and now.state in rule.to) or eased or _cut(before, event), "no rule", *what)
        law(was is None or was in LIVE or was is now.state, "what is over lives again", *what)
        held = 0 if before is None else before.held
        committed = 0 if before is None else before.committed
        if now.held > held:
            law(was is None and event is LegEvent.RESERVE, "a hold grew", *what)
            law(self._promised(leg) <= self._room(leg), "promised above the stock", *what)
            old = leg.side is LegSide.OFFER and self._stall.is_old(leg.line, self._stall.as_of_ms)
            law(not old, "promised on old word", *what)
            bond = self._stall.bond(leg.side, leg.line)
            known = leg.asks == bond.asks and set(leg.permits) <= set(bond.holds)
            law(known, "permits that are not", bond, leg.asks, leg.permits)
        if now.committed > committed:
            law(now.committed <= held, "committed above the hold", *what)
        if was is LegState.COMMITTED and now.state is not was:
            law(event is LegEvent.RELEASE, "a promise is broken", *what)
        if now.state is not LegState.HELD:
            law(not now.held, "held and not held", *what)
        if now.state not in LIVE:
            law(now.held + now.committed == now.delivered, "over, and still promised", *what)

    def lines(self) -> None:
        """open + held + committed - missing = offered, and no hold while something is missing.

        It is so as long as neither legs nor stock change.
        """
        side = self._stall.side
        legs: defaultdict[tuple[LegSide, str, str], list[Leg]] = defaultdict(list)
        for leg in side.legs.values():
            if leg.held or leg.committed > leg.delivered:
                legs[leg.side, leg.line, leg.commodity].append(leg)
        for (end, line, commodity), own in legs.items():
            room = self._stall.room(end, line, commodity)
            held = sum(leg.held for leg in own)
            committed = sum(leg.committed - leg.delivered for leg in own)
            books = standing(side, room, (end, line, commodity))
            law((books.held, books.committed) == (held, committed), line, held, committed, books)
            law(books.open + held + committed - books.missing == books.offered == room, books)
            law(books.open == side.free(end, line, commodity), "what is free", line, books)
            law(not books.missing or not held, "a hold beyond the stock", line, books)
            risky = any(leg.at_risk for leg in own)
            law(bool(books.missing) == risky, "at risk, or not", line, books)

    def _promised(self, leg: Leg) -> int:
        return sum(
            other.held + other.committed - other.delivered
            for other in self._stall.side.legs.values()
            if (other.side, other.line) == (leg.side, leg.line)
        )

    def _room(self, leg: Leg) -> int:
        room: int = self._stall.room(leg.side, leg.line, leg.commodity)
        return room

    def written(self, told: Iterable[LegTold]) -> None:
        """Legs that are in the changelog now: what is committed there was promised."""
        for one in told:
            if one.state is LegState.COMMITTED:
                self._stall.promises.add((leg_name(one.match, one.side), one.quantity))
                licence = Bond(asks=one.asks, holds=one.permits)
                self._stall.licences[leg_name(one.match, one.side)] = licence


def _seen(leg: Leg) -> Seen:
    return _plainly((leg.state, leg.held, leg.committed, leg.delivered, leg.at_risk))


EVENTS = {
    "Reserve": LegEvent.RESERVE,
    "Commit": LegEvent.COMMIT,
    "Release": LegEvent.RELEASE,
    "Tick": LegEvent.TICK,
    "Said": LegEvent.STOCK,
    "Stand": LegEvent.STAND,
    "Decided": LegEvent.ACT,
}
STOCK = frozenset({"Said", "Decided"})
"""Records that change how much of a line there is."""


def _cut(before: Seen | None, event: LegEvent | None) -> bool:
    """What a delivery takes from the line may cut the holds of others, as any fall of stock."""
    return event is LegEvent.ACT and before is not None and before.state is LegState.HELD


class MarketAudit:
    """Watches the matches of one market partition, run by run; knows all hub partitions."""

    def __init__(self, stall_of: Any) -> None:
        self._stall_of = stall_of
        self._phases: dict[str, Phase] = {}
        self._told: dict[str, tuple[int, int]] = {}

    def look(self, side: MarketSide) -> None:
        pairs: set[tuple[str, str]] = set()
        seen: dict[str, set[Phase]] = defaultdict(set)
        for name, match in side.store.matches.items():
            before = self._phases.get(name, Phase.ASKED)
            law(match.phase in _after(before), name, "was", before, "is", match.phase)
            if name not in self._phases:
                self._rested(match, side)
            self._phases[name] = match.phase
            self._newer(match)
            seen[match.pool].add(match.phase)
            if match.phase is not Phase.ENDED and not match.settled:
                pair = match.offer.line, match.need.line
                law(pair not in pairs, "two matches of one pair", pair)
                pairs.add(pair)
        for pool, phases in seen.items():
            ahead = {Phase.COMMITTING, Phase.PROPOSED} & phases
            law(not (pool and ahead and Phase.ASKED in phases), "committed in pieces", pool)

    def _newer(self, match: Between) -> None:
        """What a hub said last is not forgotten for what it said before."""
        told, known = (match.offer.told, match.need.told), self._told.get(match.match, (0, 0))
        law(told[0] >= known[0] and told[1] >= known[1], "an older answer", match, known)
        self._told[match.match] = told

    def _rested(self, match: Between, side: MarketSide) -> None:
        """People who said no are not asked the same again for a day."""
        for other in side.store.matches.values():
            pair = (other.offer.line, other.need.line) == (match.offer.line, match.need.line)
            if other is not match and pair and other.reason in ("rejected", "expired"):
                rest_ms = match.created_ms - other.ended_ms
                law(other.ended_ms >= 0, "a pair is tried twice at once", match, other)
                law(rest_ms + GRACE_MS >= HOLD_BACK_MS, "asked too soon", match, other)

    def published(self, match: Between) -> None:
        """People see a match: both hubs have promised exactly what it says."""
        assert match.life is not None, "nothing to show"
        offer, need = match.offer, match.need
        given = -(-need.agreed * match.given // match.quantity)
        law(offer.agreed == given <= offer.asked and need.agreed <= need.asked, "shares", match)
        if match.pool:
            whole = (offer.agreed, need.agreed) == (match.given, match.quantity)
            law(whole, "a share that is not whole", match)
        law(offer.agreed >= offer.least and need.agreed >= need.least, "below a lot", match)
        names = [(leg_name(match.match, end.side), end.hub) for end in match.ends]
        one, other = (self._stall_of(hub).licences.get(name, FREE) for name, hub in names)
        law(one.meets(other), "shown without a permit", one, other, match)
        for end in match.ends:
            promise = leg_name(match.match, end.side), end.agreed
            stall = self._stall_of(end.hub)
            law(promise in stall.promises, "shown, not promised", promise, match)
            # What raw goods become is rounded, so the giver's own words are only nearly the terms.
            if match.state == "accepted" and (end is need or offer.commodity == need.commodity):
                terms = promise[0], match.life.quantity, match.life.price
                law(terms in stall.yes, "agreed to other terms", terms, match)


@cache
def _after(phase: Phase) -> set[Phase]:
    """The phases that may follow within a run."""
    found, size = {phase}, 0
    while size != len(found):
        size = len(found)
        found |= {rule.to for (start, _), rule in MATCHES.items() if start in found}
    return found


def quiet(stalls: Sequence[Any], bazaars: Sequence[Any]) -> None:
    """Nothing moves any more: the books of both sides agree, and nothing is kept for nobody."""
    for stall in stalls:
        stall.audit.lines()
        _asked(stall, [lines for bazaar in bazaars for lines in residuals(bazaar)])
    legs = {name: leg for stall in stalls for name, leg in stall.side.legs.items()}
    alive = {name: leg for name, leg in legs.items() if leg.state in LIVE}
    proposed: set[str] = set()
    for bazaar in bazaars:
        for name, match in bazaar.side.store.matches.items():
            law(match.phase in (Phase.PROPOSED, Phase.ENDED), "unfinished", match)
            told = bazaar.published.get(name)
            law((told[1] if told else "") == match.state, "published as", told, match)
            _together(bazaar.side.store.pool_of(match))
            for end in match.ends:
                leg = alive.get(leg_name(name, end.side))
                if match.phase is Phase.ENDED:
                    law(leg is None, "over in the market, alive in a hub", name, leg)
                    continue
                proposed.add(leg_name(name, end.side))
                law(leg and leg.state is LegState.COMMITTED, "promised by nobody", name, leg)
                same = leg and (leg.committed, leg.delivered, leg.at_risk, leg.version)
                told_ = (end.quantity, end.delivered, end.at_risk, end.told)
                law(same == told_, "the legs differ", name, same, told_)
                _lived(match, end, leg)
    leaked = sorted(set(alive) - proposed)
    law(not leaked, "held for nobody", [alive[name] for name in leaked])


def residuals(bazaar: Any) -> list[Any]:
    """What a market knows of hubs' lines."""
    return list(bazaar.side.store.residuals.values())


def _asked(stall: Any, told: Iterable[Any]) -> None:
    """The market knows of all goods that are free, but not of those that wait to be counted."""
    every = list(told)
    shown = Counter[str]()
    for lines in every:
        for one in (*lines.offers, *lines.inside_offers):
            shown[one.line] += one.quantity
    marked = {one.line: one.counted for lines in every for one in lines.offers}
    for one in stall.lines.values():
        asked = stall.side.questions.get(one.name)
        if one.side is not LegSide.OFFER:
            law(asked is None, "an order is asked whether it is there", one)
            continue
        waits = asked is not None and asked.at_ms - stall.said_ms[one.name] > stall.fresh_ms
        free = 0 if waits else stall.side.free(one.side, one.name, one.commodity)
        counted = asked is not None and not waits
        law(not counted or asked.until_ms > stall.as_of_ms, "answered, and not closed", one)
        law(shown[one.name] == free, "told", shown[one.name], "and not", free, one)
        law(marked.get(one.name, counted) is counted, "marked as counted, or not", one)


LOST = ("", "rejected", "expired", "superseded", "cancelled", "no_show")
"""States in which nothing comes of a match; the first is of those that nobody saw."""


def _together(pool: Sequence[Between]) -> None:
    """What nobody has said yes to is not left over from a pool that came to too little."""
    stays = [m for m in pool if not (m.phase is Phase.ENDED and m.state in LOST)]
    if not 0 < len(stays) < len(pool):
        return
    sums = sum(m.given for m in stays), sum(m.quantity for m in stays)
    if sums[0] < stays[0].lots[0] or sums[1] < stays[0].lots[1]:
        open_ = [m for m in stays if m.state == "proposed" and m.life and not m.life.promised]
        law(not open_, "left over from its pool", open_)


def _lived(match: Between, end: Any, leg: Any) -> None:
    """A hub knows how its match stands, and holds for it just what is still to go or to come."""
    stand = stand_of(match, end, {"match": "", "side": end.side, "hub": "", "family": ""} | _NO)
    law(not leg.acts and leg.stood == match.stands, "not heard", match, leg)
    law(leg.life == life_in(stand), "another life", match, leg)
    law(leg.promised == stand.holds, "held", leg.promised, "and not", stand.holds, match)
    law(leg.delivered == stand.delivered, "moved", leg.delivered, "and not", stand, match)


def forgotten(stalls: Iterable[Any]) -> None:
    """What has been over for a week is remembered no more."""
    for stall in stalls:
        old = [g for g in stall.side.legs.values() if g.state not in LIVE]
        law(all(leg.until_ms > stall.as_of_ms for leg in old), "remembered for ever", old)


def remembered(worker: Any) -> None:
    """The changelog holds what the worker holds, and a worker made of it is the same."""
    live, side = worker.changelog, worker.side
    tables = [("leg", "legs"), ("fence", "fences"), ("left", "left"), ("out", "heard")]
    tables += [("ask", "questions")]
    if hasattr(side, "store"):
        side = side.store
        tables = [("residual", "residuals"), ("done", "done"), ("match", "matches")]
        tables += [("pair", "pairs"), ("family", "families"), ("outlook", "outlooks")]
    kinds = {kind for kind, _ in tables}
    ours = {key: value for key, value in live.items() if key.partition("/")[0] in kinds}
    law(ours == {key: side.encode(key) for key in ours}, "the changelog differs")
    names = {f"{kind}/{name}" for kind, table in tables for name in getattr(side, table)}
    law(set(ours) == names, "kept and not written", set(ours) ^ names)
