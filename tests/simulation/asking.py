"""A market that nobody plays: what it asks the hubs of a story, sense and nonsense.

Decides which requests are made: on lines that are there and on others, for too much and for
little, again and again, by workers that were replaced long ago, on matches nobody ever heard of.
What must come of them `tests.simulation.legs` says.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from schemas.identity import partition_of
from schemas.market import (
    Commit,
    LegSide,
    Message,
    Release,
    Reserve,
    Retell,
    key_of,
    written,
)
from schemas.quantity import MICRO
from tests.simulation.craft import FAMILY, MARKETS, PARTITIONS
from tests.support.core_logs import DAY, HOUR, Saying

TTL_MS = (0, 600_000, 6 * HOUR, 5 * DAY, 5 * DAY, 5 * DAY)
REASONS = ("rejected", "too_little", "hold_over")
Lines = dict[LegSide, Sequence[tuple[str, str]]]
"""Names of lines with their commodity."""


class Asking:
    """Requests to one hub; `lines` of `draw` are those that its book has."""

    def __init__(self, chance: Random, hub: str, number: int) -> None:
        self._chance, self._hub, self._number = chance, hub, number
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
        if what < 0.7:
            return self.commit(lines, now_ms)
        if what < 0.9:
            return self._ask(Release(**self._leg(), reason=chance.choice(REASONS)), now_ms)
        return self._ask(self._retell(), now_ms)

    def reserve(self, lines: Lines, now_ms: int) -> Saying:
        """Ask for a hold."""
        return self._ask(self._reserve(lines), now_ms)

    def commit(self, _lines: Lines, now_ms: int) -> Saying:
        """Ask for a promise."""
        return self._ask(self._commit(), now_ms)

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
        request = Reserve(
            **self._facts(),
            match=f"M{self._number}{len(self._reserved):014}",
            side=side,
            hub=self._hub,
            family=FAMILY,
            line=line,
            commodity="KOPRA" if chance.random() < 0.05 else goods,
            quantity=quantity,
            least=chance.choice((0, 1, 1, quantity // 2, quantity)),
            ttl_ms=chance.choice(TTL_MS),
        )
        self._reserved.append(request)
        return request

    def _commit(self) -> Commit:
        chance, asked = self._chance, self._reserved[-1].quantity
        right = chance.choice((asked, 7 * MICRO, 7 * MICRO, min(asked, 40 * MICRO)))
        quantity = chance.choice((right, right, right, right, asked + 1, 0))
        return Commit(**self._leg(), quantity=quantity)

    def _leg(self) -> dict[str, Any]:
        """One that was asked for, mostly of late; now and then one that never was."""
        chance = self._chance
        asked = chance.choice((*self._reserved[-3:], self._reserved[-1], self._reserved[-1]))
        name, side = (asked.match, asked.side)
        if chance.random() < 0.1:
            name = f"M{self._number}{'X' * 13}{chance.randrange(3)}"
        if chance.random() < 0.05:
            side = LegSide.NEED if side is LegSide.OFFER else LegSide.OFFER
        facts = {"match": name, "side": side, "hub": self._hub, "family": FAMILY}
        return self._facts() | facts

    def _retell(self) -> Retell:
        facts = self._facts() | {"tick": self._chance.randrange(1, 9)}
        return Retell(**facts, partition=self._number, market=self._chance.choice(MARKETS))


Ask = Callable[[Asking, Lines, int], Saying]
_OTHERS = ("19.02", "11.02", "12.01")


def _said(request: Message, now_ms: int) -> Saying:
    return Saying(key_of(request), written(request, now_ms), now_ms)
