"""Decides which hubs are told what to spare for others, and whether a round's matches begin.

Theory of operation. A match between hubs holds still once it is begun, and a hub that spares what
others make more of matches otherwise inside. So before matches begin a round over all lines is
solved, those that hubs matched inside for now among them (`outlook`). Where a hub is not told yet
what it spares in it, hubs are told first, nothing begins but what fills emergencies, and the next
round has their answer. At most `TRIALS_MAX` rounds on end wait so, and none that is much work.
What begins is spared no more.

A hub is told when what it spares is another, and again before it would hold what it heard for too
old. Whom a record has no room for the next round tells. All of it follows from the log and is
state, said again when it may never have left. Refuses to know how rounds are solved and what hubs
make of it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from schemas.outlook import Outlook
from streams.core.interchange.hub_outlook import HEEDED_MS
from streams.core.interchange.market_lines import need_of, offer_of, with_inside
from streams.core.interchange.market_round import WORK_A_TICK, Begun, Policy, Problem
from streams.core.interchange.market_state import Told, encode
from streams.core.interchange.market_store import MarketStore
from streams.core.interchange.outlook import Outlooks, less, outlooks
from streams.core.interchange.terms import Shipment

BYTES_MAX: Final = 64 * 1024
"""What words of it may take of the state batch of one record."""
REPEAT_MS: Final = HEEDED_MS // 2
TRIALS_MAX: Final = 2
"""The second is for what a hub made of the first, and for whom the first had no room."""
WHOLE_WORK: Final = 3 * WORK_A_TICK
"""A round over all lines that takes longer than three ticks is left out."""


class Telling:
    """Who was told what; without `policy.whole` nobody is told."""

    def __init__(self, store: MarketStore, policy: Policy) -> None:
        self._store, self._policy = store, policy
        self._say: dict[str, None] = {}
        self._spent = (0, 0)

    def begun(self, problem: Problem, taken: Sequence[Shipment], tried: int, tick: int) -> Begun:
        """A round is solved: what of it begins, when hubs have heard what they spare."""
        if self._policy.whole is None:
            return Begun(taken)
        found = self._found(problem)
        told = self._told(problem, found, tick)
        if found and told and tried < TRIALS_MAX:
            self._tell(told)
            return Begun(_urgent(problem, taken), tried + 1, again=True)
        told = self._told(problem, less(found, taken), tick)
        return Begun(taken, again=self._tell(told))

    def _found(self, problem: Problem) -> Outlooks:
        """What hubs spare by a round over all lines; nothing where all of it is the market's."""
        told, family = list(self._store.lines_of(problem.family)), problem.family
        given = [(lines.hub, one) for lines in told for one in lines.inside_offers]
        asked = [(lines.hub, one) for lines in told for one in lines.inside_needs]
        whole = problem._replace(
            offers=with_inside(problem.offers, given, family, offer_of),
            needs=with_inside(problem.needs, asked, family, need_of),
        )
        told_before = [held for hub in problem.hubs if (held := self._held(hub, family))]
        spares = bool(given) or any(held.spared for held in told_before)
        if not spares or self._policy.whole is None or whole.work > WHOLE_WORK:
            return {}
        self._store.now.owed += whole.work
        best = self._policy.whole(whole)
        return outlooks(whole.offers, whole.needs, best.shipments)

    def _told(self, problem: Problem, found: Outlooks, tick: int) -> list[Told]:
        """What hubs are to be told, who waited longest first."""
        hubs = sorted(problem.hubs, key=lambda hub: self._turn(hub, problem.family))
        now_ms, told = self._store.now.as_of_ms, []
        for hub in hubs:
            held, spared = self._held(hub, problem.family), found.get(hub, ())
            known = () if held is None else held.spared
            old = bool(spared) and held is not None and now_ms - held.at_ms > REPEAT_MS
            if spared != known or old:
                told.append(Told(0, hub, problem.family, tick, now_ms, spared))
        return told

    def _tell(self, told: Sequence[Told]) -> bool:
        """Tell as many as there is room for; True when some have to wait."""
        version, cut = self._store.now.version, False
        if self._spent[0] != version:
            self._spent = version, 0
        for one in told:
            size = self._spent[1] + len(encode(one))
            if size > BYTES_MAX and self._spent[1]:
                cut = True
                continue
            self._spent = version, size
            name = f"{one.hub}|{one.family}"
            self._store.put("outlook", name, one)
            self._say[name] = None
        return cut

    def _held(self, hub: str, family: str) -> Told | None:
        return self._store.outlooks.get(f"{hub}|{family}")

    def _turn(self, hub: str, family: str) -> tuple[int, str]:
        """Who was told longest ago comes first."""
        held = self._held(hub, family)
        return (0 if held is None else held.version, hub)

    # -------------------------------------------------------------- what leaves
    def announce(self, version: int) -> None:
        """Say everything again that changed at or above a version: it may never have left."""
        told = self._store.outlooks
        self._say |= dict.fromkeys(n for n in sorted(told) if told[n].version >= version)

    def drain(self, generation: int) -> Iterator[Outlook]:
        """What to tell; nothing afterwards."""
        for name in self._say:
            told = self._store.outlooks[name]
            yield Outlook(
                hub=told.hub,
                family=told.family,
                version=told.version,
                tick=told.tick,
                at_ms=told.at_ms,
                generation=generation,
                spared=told.spared,
            )
        self._say = {}


def _urgent(problem: Problem, taken: Sequence[Shipment]) -> list[Shipment]:
    """What fills emergencies, with all of the deals that it is of."""
    urgent = {need.line for need in problem.needs if need.priority == "emergency"}
    deals = {one.deal for one in taken if one.need in urgent} - {None}
    return [one for one in taken if one.need in urgent or one.deal in deals]
