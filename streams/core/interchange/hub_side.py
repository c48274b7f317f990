"""Decides what a hub grants to the market and what it takes back: the legs it holds.

Theory of operation. A hub is the sole writer of its legs. Whatever is asked, the answer is the leg
as it stands, absolute and versioned, so asking twice changes nothing. A hold takes of what is free
at that moment and of nothing else, and of goods only while word of them is fresh; it ends by
itself at a tick. A commit keeps part of a hold and frees the rest; what is committed leaves only
by delivery, by release, or when the market tells that the match holds less. Nothing is granted to
who lacks a permit, or for whom one is lacking, as the hub knows it now. What people do is kept
with the leg until the market has heard it. When a line shrinks, holds are cut, newest first;
committed legs no longer covered are marked, naming the report. What is over is remembered.

A request of a generation below one heard in the last ten minutes comes from a market worker that
was replaced: it changes nothing. Refuses to know what a line is and what else is promised of it:
`Stock` says.
"""

from collections import Counter
from collections.abc import Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Final

from schemas.market import (
    ActTold,
    Commit,
    LegSide,
    LegState,
    LegTold,
    Release,
    Reserve,
    Stand,
)
from streams.core.interchange import hub_life
from streams.core.interchange.hub_state import (
    Fence,
    Heard,
    HubRecord,
    LeftOver,
    Leg,
    Question,
    decode,
    encode,
    leg_name,
)
from streams.core.interchange.hub_stock import At, Stock
from streams.core.interchange.protocol_table import HOLD_MS, LIVE, TOMBSTONE_MS
from streams.core.lines import Bond

TICK_LEGS_MAX: Final = 200
"""How many legs a tick may end or forget; the others follow at the next."""
FENCE_MS: Final = HOLD_MS
Line = tuple[LegSide, str]
Asked = Reserve | Commit | Release | Stand
"""What is asked of a leg."""


class HubSide:
    """The legs of the hubs of one partition.

    `changed` are keys to write, `told` legs to tell, `moved` those that changed since somebody
    looked, `lines` the living ones by side and line.
    """

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self.legs: dict[str, Leg] = {}
        self.fences: dict[str, Fence] = {}
        self.left: dict[str, LeftOver] = {}
        self.heard: dict[str, Heard] = {}
        self.questions: dict[str, Question] = {}
        self.changed: dict[str, None] = {}
        self.told: dict[str, None] = {}
        self.moved: dict[str, None] = {}
        self.lines: dict[Line, dict[str, Leg]] = {}
        self._ends: list[tuple[int, str]] = []

    # -------------------------------------------------------------- what stands
    def on_line(self, side: LegSide, line: str) -> Iterator[Leg]:
        """The living legs of a line."""
        return iter(self.lines.get((side, line), {}).values())

    def promised(self, side: LegSide, line: str, commodity: str = "") -> int:
        """What legs hold of a line, or of one commodity of it; who matches inside takes it off.

        An order may come to ask for other goods: what was promised before does not fill it.
        """
        legs = self.lines.get((side, line))
        if not legs:  # as of nearly every line
            return 0
        return sum(leg.promised for leg in legs.values() if commodity in ("", leg.commodity))

    def committed(self, side: LegSide, line: str, commodity: str) -> int:
        """What matches between hubs that people have seen hold of a commodity of a line."""
        legs = self.on_line(side, line)
        return sum(leg.committed - leg.delivered for leg in legs if leg.commodity == commodity)

    def free(self, side: LegSide, line: str, commodity: str) -> int:
        """What a new hold may take of a line."""
        room = self._stock.room(side, line, commodity)
        return max(0, room - self.promised(side, line, commodity))

    # -------------------------------------------------------------- requests
    def hear(self, request: Asked, at: At) -> None:
        """Carry a request out, or not; the leg is told as it stands either way."""
        if self._is_fenced(request, at):
            self.answer(request)
            return
        if isinstance(request, Reserve):
            self._reserve(request, at)
        elif isinstance(request, Commit):
            self._commit(request, at)
        elif isinstance(request, Stand):
            self._stand(request, at)
        else:
            self._release(request, at)
        self.answer(request)

    def answer(self, request: Asked) -> None:
        """Tell the leg that a request names once more, if it is known; nothing changes."""
        name = leg_name(request.match, request.side)
        if name in self.legs:
            self.told[name] = None

    def _is_fenced(self, request: Asked, at: At) -> bool:
        fence = self.fences.get(request.family)
        if fence is not None:
            age_ms = at.as_of_ms - fence.at_ms
            if request.generation < fence.generation and age_ms < FENCE_MS:
                return True
            if request.generation == fence.generation and age_ms < FENCE_MS // 2:
                return False
        self.fences[request.family] = Fence(at.version, request.generation, at.as_of_ms)
        self.changed[f"fence/{request.family}"] = None
        return False

    def _reserve(self, asked: Reserve, at: At) -> None:
        if leg_name(asked.match, asked.side) in self.legs:
            return
        granted = min(asked.quantity, self.free(asked.side, asked.line, asked.commodity))
        leg = self._new(asked, at, asked.line, asked.commodity)
        bond = self._stock.bond(asked.side, asked.line)
        if granted < max(1, asked.least):
            why = "missing"
        elif not bond.meets(Bond("", asked.asks, asked.permits)):
            why = "permit"
        else:
            why = self._stock.doubt(leg, at)
        if why:
            self._end(leg, LegState.REFUSED, why, at)
            return
        leg.asks, leg.permits = bond.asks, asked.asks
        leg.held, leg.until_ms = granted, at.as_of_ms + asked.ttl_ms
        self._keep(leg, at)

    def _commit(self, asked: Commit, at: At) -> None:
        leg = self.legs.get(leg_name(asked.match, asked.side))
        if leg is None:
            self._end(self._new(asked, at, "", ""), LegState.LAPSED, "nothing_held", at)
            return
        if leg.state is not LegState.HELD:
            return
        leg.generation = asked.generation
        if not 0 < asked.quantity <= leg.held:
            self._end(leg, LegState.LAPSED, "missing", at)
            return
        leg.state, leg.held, leg.committed = LegState.COMMITTED, 0, asked.quantity
        self._keep(leg, at)

    def _release(self, asked: Release, at: At) -> None:
        leg = self.legs.get(leg_name(asked.match, asked.side))
        if leg is None:
            self._end(self._new(asked, at, "", ""), LegState.RELEASED, asked.reason, at)
        elif leg.state in LIVE:
            leg.generation = asked.generation
            self._end(leg, LegState.RELEASED, asked.reason, at)
            self.weigh(leg.side, leg.line, "", at)

    def _stand(self, asked: Stand, at: At) -> None:
        leg = self.legs.get(leg_name(asked.match, asked.side))
        if leg is None:
            self._end(self._new(asked, at, "", ""), LegState.LAPSED, "nothing_held", at)
        elif leg.state is LegState.COMMITTED and asked.version > leg.stood:
            leg.generation = asked.generation
            hub_life.stands(leg, asked)
            self._keep(leg, at)
            self.weigh(leg.side, leg.line, "", at)

    def _new(self, asked: Asked, at: At, line: str, commodity: str) -> Leg:
        return Leg(
            version=at.version,
            match=asked.match,
            side=asked.side,
            hub=asked.hub,
            family=asked.family,
            line=line,
            commodity=commodity,
            state=LegState.HELD,
            since=asked.tick if isinstance(asked, Reserve) else 0,
            until_ms=at.as_of_ms,
            generation=asked.generation,
        )

    # -------------------------------------------------------------- time, stock, people
    def tick(self, at: At) -> None:
        """End holds whose time is over, forget what has been over for long enough."""
        due = sorted(
            (leg.until_ms, name)
            for own in self.lines.values()
            for name, leg in own.items()
            if leg.state is LegState.HELD and leg.until_ms <= at.as_of_ms
        )
        for _, name in due[:TICK_LEGS_MAX]:
            self._end(self.legs[name], LegState.LAPSED, "hold_over", at)
        for _ in range(TICK_LEGS_MAX - min(len(due), TICK_LEGS_MAX)):
            if not self._ends or self._ends[0][0] > at.as_of_ms:
                return
            _, name = heappop(self._ends)
            self.legs.pop(name, None)
            self.told.pop(name, None)
            self.changed[f"leg/{name}"] = None

    def weigh(self, side: LegSide, line: str, cause: str, at: At) -> None:
        """A line may have shrunk or grown: cut holds, say of committed legs whether it is enough.

        `cause` names the report; call it after promises inside the hub have been cut.
        """
        legs = sorted(self.on_line(side, line), key=lambda leg: (leg.since, leg.name))
        for leg in reversed(legs):
            goods = leg.commodity
            over = self.promised(side, line, goods) - self._stock.room(side, line, goods)
            if over > 0 and leg.state is LegState.HELD:
                self._cut(leg, over, cause, at)
        before: Counter[str] = Counter()
        for leg in legs:
            if leg.state is not LegState.COMMITTED:
                continue
            before[leg.commodity] += leg.promised
            at_risk = before[leg.commodity] > self._stock.room(side, line, leg.commodity)
            if at_risk != bool(leg.at_risk):
                leg.at_risk = (cause or "unknown") if at_risk else ""
                self._keep(leg, at)

    def _cut(self, leg: Leg, over: int, cause: str, at: At) -> None:
        leg.held = max(0, leg.held - over)
        if leg.held:
            self._keep(leg, at)
        else:
            self._end(leg, LegState.LAPSED, f"stock:{cause}" if cause else "stock", at)

    def act(self, name: str, told: ActTold, at: At) -> None:
        """Somebody at this end does what `hub_life.judged` allows; then the line is weighed."""
        leg = self.legs[name]
        hub_life.done(leg, told)
        leg.committed = max(leg.committed, leg.delivered)
        self._keep(leg, at)

    # -------------------------------------------------------------- keeping
    def _keep(self, leg: Leg, at: At) -> None:
        """A leg is new or has changed."""
        name = leg.name
        leg.version = at.version
        self.legs[name] = leg
        self.changed[f"leg/{name}"] = self.told[name] = self.moved[name] = None
        self._index(name, leg)
        self.tell_anew(f"{leg.hub}|{leg.family}", at)

    def tell_anew(self, name: str, at: At) -> None:
        """What is left over is told at the next tick even if it looks the same by then.

        Else the market could not know that what it was told includes what became of this leg.
        """
        self.left[name] = LeftOver(at.version, b"")
        self.changed[f"left/{name}"] = None

    def _index(self, name: str, leg: Leg) -> None:
        own = self.lines.setdefault((leg.side, leg.line), {})
        if leg.state in LIVE:
            own[name] = leg
            return
        own.pop(name, None)
        if not own:
            del self.lines[leg.side, leg.line]
        heappush(self._ends, (leg.until_ms, name))

    def _end(self, leg: Leg, state: LegState, reason: str, at: At) -> None:
        leg.state, leg.reason, leg.held, leg.committed = state, reason, 0, leg.delivered
        leg.at_risk, leg.until_ms = "", at.as_of_ms + TOMBSTONE_MS
        self._keep(leg, at)

    # -------------------------------------------------------------- recovery
    def restore(self, key: str, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        kind, _, name = key.partition("/")
        table = self._table(kind)
        if value is None:
            table.pop(name, None)
            return True
        record, held = decode(kind, value), table.get(name)
        if held is not None and held.version > record.version:
            return False
        table[name] = record
        return True

    def settle(self) -> None:
        """Recovery is over: find legs by line, and ends by time."""
        self.lines, self._ends = {}, []
        for name in sorted(self.legs):
            self._index(name, self.legs[name])
        heapify(self._ends)

    def encode(self, key: str) -> bytes | None:
        """What the changelog should hold for a key; None when nothing."""
        kind, _, name = key.partition("/")
        held: HubRecord | None = self._table(kind).get(name)
        return None if held is None else encode(held)

    def announce(self, version: int) -> None:
        """Tell every leg that changed at or above a version."""
        self.told |= dict.fromkeys(n for n in sorted(self.legs) if self.legs[n].version >= version)

    def _table(self, kind: str) -> dict[str, Any]:
        tables: dict[str, dict[str, Any]] = {
            "leg": self.legs,
            "fence": self.fences,
            "left": self.left,
            "out": self.heard,
            "ask": self.questions,
        }
        return tables[kind]

    def drain(self) -> tuple[list[tuple[str, bytes | None]], list[LegTold]]:
        """What to write and then to tell of all that was heard; both are empty afterwards."""
        rows = [(key, self.encode(key)) for key in self.changed]
        told = [self.legs[name].told() for name in self.told if name in self.legs]
        self.changed, self.told = {}, {}
        return rows, told
