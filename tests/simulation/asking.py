"""A market that nobody plays: what it asks the hubs of a story, sense and nonsense.

Decides which requests are made: on lines that are there and on others, for too much and for
little, again and again, by workers that were replaced long ago, on matches nobody ever heard of.
What must come of them `tests.simulation.legs` says.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from msgspec import structs

from schemas.identity import partition_of
from schemas.market import (
    Commit,
    LegSide,
    LegState,
    Message,
    Release,
    Reserve,
    Retell,
    Stand,
    key_of,
    written,
)
from schemas.outlook import Outlook, Spared
from schemas.quantity import MICRO
from streams.core.interchange.hub_state import Leg
from tests.simulation.craft import FAMILY, MARKETS, PARTITIONS
from tests.simulation.standing import stand_of, stray
from tests.support.core_logs import DAY, HOUR, Saying

TTL_MS = (0, 600_000, 6 * HOUR, 5 * DAY, 5 * DAY, 5 * DAY)
SPARED = (1, MICRO, 7 * MICRO + 1, 40 * MICRO, 10**15)
REASONS = ("rejected", "too_little", "hold_over")
Lines = dict[LegSide, Sequence[tuple[str, str]]]
"""Names of lines with their commodity."""


class Asking:
    """Requests to one hub; `legs` are as it has them, `lines` of `draw` those of its book."""

    def __init__(self, chance: Random, hub: str, number: int, legs: Mapping[str, Leg]) -> None:
        self._chance, self._hub, self._number, self._legs = chance, hub, number, legs
        self._grades: dict[str, str] = {}
        self._reserved: list[Reserve] = []
        self._asked: list[Message] = []
        self._generation = chance.choice((1, 2, 9))
        self._version = 0

    def draw(self, lines: Lines, now_ms: int) -> Saying:
        """The next request."""
        chance = self._chance
        if self._asked and chance.random() < 0.2:
            return _said(chance.choice(self._asked[-6:]), now_ms)
        if chance.random() < 0.1:
            self._generation += 1
        what = chance.random()
        if what < 0.4 or not self._reserved:
            return self.reserve(lines, now_ms)
        if what < 0.6:
            return self.commit(lines, now_ms)
        if what < 0.8:
            return self.stand(lines, now_ms)
        if what < 0.88:
            return self._ask(Release(**self._leg(), reason=chance.choice(REASONS)), now_ms)
        return self._ask(self._outlook(lines, now_ms) if what < 0.95 else self._retell(), now_ms)

    def reserve(self, lines: Lines, now_ms: int) -> Saying:
        """Ask for a hold."""
        return self._ask(self._reserve(lines), now_ms)

    def commit(self, _lines: Lines, now_ms: int) -> Saying:
        """Ask for a promise."""
        return self._ask(self._commit(), now_ms)

    def hold(self, lines: Lines, now_ms: int) -> Saying:
        """Ask for some of a line that is there, for long."""
        asked = structs.replace(self._reserve(lines), least=1, ttl_ms=TTL_MS[-1])
        self._reserved[-1] = asked
        return self._ask(asked, now_ms)

    def promise(self, lines: Lines, now_ms: int) -> Saying:
        """Ask for a promise of all, or nearly all, that is held by some leg."""
        held = [leg for _, leg in sorted(self._legs.items()) if leg.state is LegState.HELD]
        if not held:
            return self.reserve(lines, now_ms)
        leg, chance = held[-1], self._chance
        facts = self._of(leg) | {"generation": self._generation}
        quantity = max(1, leg.held - chance.choice((0, 0, 0, MICRO)))
        return self._ask(Commit(**facts, quantity=quantity), now_ms)

    def stand(self, _lines: Lines, now_ms: int) -> Saying:
        """Say how a match stands."""
        return self._ask(self._stand(now_ms), now_ms)

    def _outlook(self, lines: Lines, now_ms: int) -> Outlook:
        """What to spare, mostly of now: all of a line, some, or more than there ever was."""
        chance = self._chance
        known = sorted({name for side in LegSide for name, _ in lines[side]})
        some = [name for name in known if chance.random() < 0.6]
        return Outlook(
            **self._facts(),
            hub=self._hub,
            family=FAMILY,
            tick=chance.randrange(1, 9),
            at_ms=now_ms - chance.choice((0, 0, 0, 60_000, 550_000, HOUR)),
            spared=tuple(Spared(line=name, quantity=chance.choice(SPARED)) for name in some),
        )

    def _ask(self, request: Message, now_ms: int) -> Saying:
        self._asked.append(request)
        return _said(request, now_ms)

    def bad(self, lines: Lines, now_ms: int) -> Saying:
        """A request in a place, or under a key, that is not its own."""
        request = self._reserve(lines)
        away = next(hub for hub in _OTHERS if partition_of(hub, PARTITIONS) != self._number)
        if self._chance.random() < 0.5:
            return Saying(away.encode(), written(request, now_ms), now_ms)
        facts = {name: getattr(request, name) for name in request.__struct_fields__}
        return _said(Reserve(**(facts | {"hub": away})), now_ms)

    # -------------------------------------------------------------- the requests
    def _facts(self) -> dict[str, Any]:
        older = self._chance.random() < 0.1
        self._version += 1
        return {"version": self._version, "generation": self._generation - older}

    def _reserve(self, lines: Lines) -> Reserve:
        chance = self._chance
        sides = [side for side in LegSide if lines[side]]
        side = chance.choice(sides or [*LegSide])
        line, goods = chance.choice(lines[side] or [(f"{self._hub}.01.2003|PO-9", "KELAPA")])
        if chance.random() < 0.08:
            line = chance.choice((f"{self._hub}.01.2003|KOPRA|A|NIL", f"{self._hub}.99.2003|PO-1"))
        quantity = chance.choice((7, 7, 40, 40, 90, 500)) * MICRO + chance.choice((0, 0, 0, 1))
        nth = len(self._reserved)
        request = Reserve(
            **self._facts(),
            match=self._name(nth),
            side=side,
            hub=self._hub,
            family=FAMILY,
            line=line,
            commodity="KOPRA" if chance.random() < 0.05 else goods,
            quantity=quantity,
            least=chance.choice((0, 1, 1, quantity // 2, quantity)),
            ttl_ms=chance.choice(TTL_MS),
            asks=("nib",) if nth % 5 == 3 else (),
            permits=("nib",) if nth % 2 else (),
        )
        self._reserved.append(request)
        return request

    def _name(self, n: int) -> str:
        """The n-th match of this hub's partition, in letters as matches are named."""
        return f"M{self._number}{n:014}".translate(_LETTERS)

    def _commit(self) -> Commit:
        chance, asked = self._chance, self._reserved[-1].quantity
        right = chance.choice((asked, 7 * MICRO, 7 * MICRO, min(asked, 40 * MICRO)))
        quantity = chance.choice((right, right, right, right, asked + 1, 0))
        return Commit(**self._leg(), quantity=quantity)

    def _stand(self, now_ms: int) -> Stand:
        """Of a leg that is committed, mostly; now and then in an older version."""
        chance, legs = self._chance, sorted(self._legs.items())
        committed = [leg for _, leg in legs if leg.state is LegState.COMMITTED]
        if not committed or chance.random() < 0.05:
            return stray(self._leg(), chance)
        leg = chance.choice((*committed, *(one for one in committed if one.acts)))
        grade = self._grades.setdefault(leg.match, chance.choice(("UNGRADED", "UNGRADED", "A")))
        facts = self._of(leg)
        if chance.random() < 0.15:
            facts["version"] = max(1, facts["version"] - chance.randrange(1, 6))
        return stand_of(leg, facts, grade, now_ms, chance)

    def _of(self, leg: Leg) -> dict[str, Any]:
        whose = {"match": leg.match, "side": leg.side, "hub": self._hub, "family": FAMILY}
        return self._facts() | whose

    def _leg(self) -> dict[str, Any]:
        """One that was asked for, mostly of late; now and then one that never was."""
        chance = self._chance
        asked = chance.choice((*self._reserved[-3:], self._reserved[-1], self._reserved[-1]))
        name, side = (asked.match, asked.side)
        if chance.random() < 0.1:
            name = self._name(10**13 + chance.randrange(3))
        if chance.random() < 0.05:
            side = LegSide.NEED if side is LegSide.OFFER else LegSide.OFFER
        facts = {"match": name, "side": side, "hub": self._hub, "family": FAMILY}
        return self._facts() | facts

    def _retell(self) -> Retell:
        facts = self._facts() | {"tick": self._chance.randrange(1, 9)}
        return Retell(**facts, partition=self._number, market=self._chance.choice(MARKETS))


Ask = Callable[[Asking, Lines, int], Saying]
_LETTERS = str.maketrans("0123456789", "ABCDEFGHIJ")
_OTHERS = ("19.02", "11.02", "12.01")


def _said(request: Message, now_ms: int) -> Saying:
    return Saying(key_of(request), written(request, now_ms), now_ms)
