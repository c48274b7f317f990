"""Whether permits were there when hubs let lines meet across hubs.

Theory. A hub knows its own contracts and profiles, and the market knows what hubs told it. So the
market tells each hub what the other side asks for and holds, and a hub that grants says in its leg
what it asked for and which of the other's permits its owner held. Here a leg is held against the
books as they stood when it was asked for; that two legs fit each other, `between` looks at.
Refuses to know quantities (`grants`) and matches inside a hub (`promises`).
"""

from collections import defaultdict
from typing import NamedTuple

from deploy.verify import pacts
from deploy.verify.findings import PROMISES, Report
from deploy.verify.legs import Legs, Name, Told, name_of
from deploy.verify.messages import COMMITTED, HELD, RESERVE, Message
from deploy.verify.walk import Moment, Walk


class _Known(NamedTuple):
    """What a line asked for and its owner held when the market asked, and what it was told."""

    asks: frozenset[str]
    holds: frozenset[str]
    said: Message


class Licences:
    """Follows the permits behind the legs of one partition of hubs while its log is walked."""

    def __init__(self, legs: Legs, report: Report) -> None:
        self._legs, self._report = legs, report
        self._known: dict[Name, list[_Known]] = defaultdict(list)

    def folded(self, walk: Walk, now: Moment) -> None:
        """The market may have asked for a hold: what the books say at that moment counts."""
        said = now.asked
        if said is not None and said.type == RESERVE:
            self._known[said.leg].append(_Known(*_rights(walk, said), said))

    def settle(self) -> None:
        """All is read: every leg that was granted had its permits."""
        for name, life in self._legs.lives.items():
            told = life[0]
            if told.said.state not in (HELD, COMMITTED):
                continue
            self._report.held(PROMISES)
            if not any(_fits(told.said, known) for known in self._known[name]):
                self._breach(told, self._known[name])
            for later in life:
                if later.said.state in (HELD, COMMITTED) and not same(told.said, later.said):
                    what = f"{name_of(later.said)} tells other permits than when it was granted"
                    self._report.breach(PROMISES, what, self._legs.at(later))

    def _breach(self, told: Told, known: list[_Known]) -> None:
        said = told.said
        what = f"{name_of(said)} was granted, and permits were lacking or told wrongly"
        expected = [
            (sorted(one.asks), sorted(one.holds), one.said.asks, one.said.permits) for one in known
        ]
        found = said.asks, said.permits
        self._report.breach(PROMISES, what, self._legs.at(told), expected=expected, found=found)


def lacking(one: Message, other: Message) -> set[str]:
    """What two legs ask of each other and do not hold."""
    return (set(one.asks) - set(other.permits)) | (set(other.asks) - set(one.permits))


def same(one: Message, other: Message) -> bool:
    """Whether two tellings of a leg tell the same permits."""
    return (one.asks, one.permits) == (other.asks, other.permits)


def _fits(said: Message, known: _Known) -> bool:
    asked, held = set(known.said.asks), set(known.said.permits)
    return (
        set(said.asks) == known.asks <= held
        and set(said.permits) == asked
        and asked <= known.holds
    )


def _rights(walk: Walk, said: Message) -> tuple[frozenset[str], frozenset[str]]:
    """What a line asks for, and what its owner holds, as the books stand."""
    coop, _, name = said.line.partition("|")
    if coop not in walk.books:
        return frozenset(), frozenset()
    book, parts = walk.book(coop), name.split("|")
    if said.side == "need":
        pact = pacts.of_order(book, name)
    else:
        whole = len(parts) == len(("commodity", "grade", "lot"))
        pact = pacts.of_stock(book, (parts[0], parts[1], parts[2])) if whole else None
    return frozenset() if pact is None else pact.permits, book.permits
