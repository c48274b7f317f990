"""What the legs of a hub must be, said once more from the design alone, in the plainest way.

It knows a line as what the oracle leaves of it after the deals inside the hub, keeps every leg in
one table and all that was ever done at it, and looks through all of them after each record. It
shares no code with the hub side.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from schemas.market import Commit, Release, Request, Reserve, Retell, Stand
from schemas.outlook import Outlook
from tests.simulation.facts import ActSaid
from tests.simulation.facts import Leg as LegSaid

WEEK_MS = 7 * 86_400_000
FENCE_MS = 600_000
LIVE = ("held", "committed")
OVER_BY: dict[type, str] = {Commit: "lapsed", Stand: "lapsed", Release: "released"}
"""What a leg is when something other than a hold is asked of one that nobody knows."""
Name = tuple[str, str]
Room = Callable[[str, str, str], int]
"""What deals inside leave of a side's line of a commodity, micro base units."""
IsOld = Callable[[str, int], bool]
"""Whether the newest word of goods was too old at a time."""
NextCutOff = Callable[[int], int]
"""The first cut-off of the hub after a time."""
Rights = Callable[[str, str], tuple[set[str], set[str]]]
"""The permits that a side's line asks for, and those that its owner holds."""


@dataclass(slots=True)
class Leg:
    """`since` is the round that asked for it, and its match.

    `quantity` is what is held or was committed, `delivered` how much of that has left or arrived.
    `until_ms` ends a hold, or the memory of what is over. `stand` is how the match stood when the
    market last told; of all `acts` that were done here it has heard `heard`.
    """

    side: str
    line: str
    commodity: str
    state: str
    quantity: int
    since: tuple[int, str]
    version: int
    until_ms: int
    at_risk: str = ""
    delivered: int = 0
    heard: int = 0
    stand: Stand | None = None
    grade: str = ""
    """That of the first stand: goods do not change their grade because somebody says so."""
    acts: list[ActSaid] = field(default_factory=list)
    asks: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    """What its line asked for when it was granted, and what was asked of its owner."""

    @property
    def micro(self) -> int:
        """What nobody else may have of its line, in millionths."""
        return self.quantity - self.delivered

    @property
    def told(self) -> tuple[LegSaid, int]:
        stood = self.stand.version if self.stand else 0
        said = (self.line, self.state, self.quantity, self.at_risk, self.delivered, stood)
        unheard = tuple(self.acts[self.heard :])
        return LegSaid(*said, self.heard, unheard, self.asks, self.permits), self.version


class Legs:
    """All legs of a partition's hubs; after each record call `weigh`."""

    def __init__(self) -> None:
        self.by_name: dict[Name, Leg] = {}
        self.is_old: IsOld = lambda _line, _at_ms: False
        self.asked: dict[str, tuple[int, int]] = {}
        """Goods whose owners were asked: when, and how long the answer counts as new, or 0."""
        self._heard: dict[str, tuple[int, int]] = {}
        self.rights: Rights = lambda _side, _line: (set(), set())

    def on(self, side: str, line: str, commodity: str = "") -> list[Leg]:
        """The living legs of a line, oldest first; with a commodity only those of it."""
        found = [
            leg
            for leg in self.by_name.values()
            if (leg.side, leg.line) == (side, line) and commodity in ("", leg.commodity)
        ]
        return sorted((x for x in found if x.state in LIVE), key=lambda leg: leg.since)

    def promised(self, side: str, line: str, commodity: str = "") -> int:
        """Micro base units of a line, or of one commodity of it, that legs take."""
        return sum(leg.micro for leg in self.on(side, line, commodity))

    # -------------------------------------------------------------- what the market asks
    def hear(self, request: Request, version: int, now_ms: int, room: Room) -> None:
        """Carry a request out."""
        if isinstance(request, Retell | Outlook) or self._is_late(request, now_ms):
            return
        name = (request.match, str(request.side))
        leg = self.by_name.get(name)
        if isinstance(request, Reserve):
            if leg is None:
                self._reserve(name, request, version, now_ms, room)
                self._doubt(self.by_name[name], version, now_ms)
        elif leg is None:
            state = OVER_BY[type(request)]
            leg = self.by_name[name] = Leg(name[1], "", "", state, 0, (0, name[0]), version, 0)
            self._end(leg, state, version, now_ms)
        elif isinstance(request, Release) and leg.state in LIVE:
            self._end(leg, "released", version, now_ms)
        elif isinstance(request, Commit) and leg.state == "held":
            if 0 < request.quantity <= leg.quantity:
                leg.state, leg.quantity, leg.version = "committed", request.quantity, version
            else:
                self._end(leg, "lapsed", version, now_ms)
        elif isinstance(request, Stand) and leg.state == "committed":
            self._stand(leg, request, version)

    def _is_late(self, request: Any, now_ms: int) -> bool:
        """A younger worker of the market has spoken in the last ten minutes."""
        youngest, at_ms = self._heard.get(request.family, (request.generation, now_ms))
        if request.generation < youngest and now_ms - at_ms < FENCE_MS:
            return True
        self._heard[request.family] = (request.generation, now_ms)
        return False

    def _reserve(self, name: Name, asked: Reserve, version: int, now_ms: int, room: Room) -> None:
        side = str(asked.side)
        free = room(side, asked.line, asked.commodity)
        free -= self.promised(side, asked.line, asked.commodity)
        micro = min(asked.quantity, free)
        since = (asked.tick, asked.match)
        leg = Leg(side, asked.line, asked.commodity, "held", micro, since, version, 0)
        leg.until_ms = now_ms + asked.ttl_ms
        self.by_name[name] = leg
        asks, holds = self.rights(side, asked.line)
        lacks = (asks - {*asked.permits}) | ({*asked.asks} - holds)
        if micro < max(1, asked.least) or lacks:
            self._end(leg, "refused", version, now_ms)
        else:
            leg.asks, leg.permits = tuple(sorted(asks)), asked.asks

    def _doubt(self, leg: Leg, version: int, now_ms: int) -> None:
        """Goods of which word is old are not promised; their owner is asked."""
        if leg.side == "offer" and leg.state == "held" and self.is_old(leg.line, now_ms):
            self._end(leg, "refused", version, now_ms)
            leg.asks = leg.permits = ()
            if not self.waits(leg.line):
                self.asked[leg.line] = now_ms, 0

    def _stand(self, leg: Leg, asked: Stand, version: int) -> None:
        """What the match no longer holds is free; what has left or arrived is never taken back."""
        if leg.stand is not None and asked.version <= leg.stand.version:
            return
        if leg.stand is None:
            leg.grade = asked.grade
        leg.stand, leg.version = asked, version
        leg.heard = max(leg.heard, asked.heard)
        leg.quantity = max(leg.delivered, min(leg.quantity, asked.delivered + asked.holds))

    def _end(self, leg: Leg, state: str, version: int, now_ms: int) -> None:
        leg.state, leg.quantity, leg.at_risk = state, leg.delivered, ""
        leg.version, leg.until_ms = version, now_ms + WEEK_MS

    # -------------------------------------------------------------- people, time, stock
    def act(self, leg: Leg, act: ActSaid, version: int) -> None:
        """Somebody did something at a leg; what left or arrived is promised no more."""
        leg.acts.append(act)
        leg.version = version
        if act.action in ("ship", "receive"):
            refused = act.refused if act.action == "receive" else 0
            leg.delivered += act.quantity + refused
            leg.quantity = max(leg.quantity, leg.delivered)

    def tick(self, version: int, now_ms: int) -> None:
        """Holds end; what has been over for a week is forgotten."""
        for leg in self.by_name.values():
            if leg.state == "held" and leg.until_ms <= now_ms:
                self._end(leg, "lapsed", version, now_ms)
        for name, leg in list(self.by_name.items()):
            if leg.state not in LIVE and leg.until_ms <= now_ms:
                del self.by_name[name]

    def waits(self, line: str) -> bool:
        """Whether goods wait until their owner says whether they are there."""
        return line in self.asked and self.is_old(line, self.asked[line][0])

    def answered(self, now_ms: int, next_cut_off: NextCutOff) -> None:
        """A tick: whoever has answered is heard until the next cut-off."""
        for line, (at_ms, until_ms) in list(self.asked.items()):
            if until_ms and until_ms <= now_ms:
                del self.asked[line]
            elif not until_ms and not self.waits(line):
                self.asked[line] = at_ms, next_cut_off(now_ms)

    def weigh(self, room: Room, cause: str, version: int, now_ms: int) -> None:
        """What is no longer there: holds are cut, newest first; what is committed is at risk."""
        for side, line in {(x.side, x.line) for x in self.by_name.values() if x.state in LIVE}:
            legs = self.on(side, line)
            for leg in reversed(legs):
                goods = leg.commodity
                over = self.promised(side, line, goods) - room(side, line, goods)
                if leg.state == "held" and over > 0:
                    leg.quantity, leg.version = max(0, leg.quantity - over), version
                    if not leg.quantity:
                        self._end(leg, "lapsed", version, now_ms)
            before: Counter[str] = Counter()
            for leg in (leg for leg in legs if leg.state == "committed"):
                before[leg.commodity] += leg.micro
                if (before[leg.commodity] > room(side, line, leg.commodity)) != bool(leg.at_risk):
                    leg.at_risk = "" if leg.at_risk else cause
                    leg.version = version
