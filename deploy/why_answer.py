"""What became of each of somebody's goods and orders, and why something of it is left.

Decides how a line stands: wholly matched, left over, withdrawn, kept, or of goods that never
enter. Refuses to find reasons (`deploy.why_solving`), and to know who may read them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Literal

from deploy.live_problem import live_problems
from deploy.why_live import Asked, Key, Live, Side
from deploy.why_solving import Family, Found, Line, Next, solved
from schemas import reference
from schemas.commodity import Commodity
from schemas.quantity import MICRO
from sinks.queries.open_lines import OpenLines
from sinks.queries.shown import Shown
from streams.core.grain import GRAIN

State = Literal["unmatched", "next_round", "matched", "closed", "kept", "barred"]
NAME: Final[Mapping[Side, str]] = {"offer": "offer", "need": "order_id"}
NOBODY: Final[Mapping[Side, str]] = {"offer": "no_need", "need": "no_offer"}


@dataclass(frozen=True)
class Told:
    """A line and what is to say of it; amounts are micro of its base unit.

    `total` is on hand or asked for, `left` what is neither matched nor would be. `own` and `today`
    are there where it was solved.
    """

    side: Side
    line: str
    row: Shown
    state: State
    total: int
    left: int = 0
    nexts: list[Next] = field(default_factory=list)
    reasons: list[Found] = field(default_factory=list)
    matches: list[Shown] = field(default_factory=list)
    own: Line | None = None
    today: int = 0

    @property
    def key(self) -> Key:
        """Its side and name."""
        return self.side, self.line

    @property
    def unit(self) -> str:
        """The base unit of its goods."""
        return _goods(self.row).unit


class Desk:
    """One moment of a warehouse, of which families are solved when somebody asks."""

    def __init__(self, live: Live, today: date, tell: Callable[[str], None]) -> None:
        self._live: Final = live
        self._today: Final = today
        self._tell: Final = tell
        self._held: Final = live.held()
        self._families: Final = _by_family(live.lines)
        self._known: Final[dict[str, Family | None]] = {}
        self._open: Final[dict[Key, Shown]] = {
            **{("offer", row["offer"]): row for row in live.lines.offers},
            **{("need", row["order_id"]): row for row in live.lines.needs},
            **{("offer", row["offer"]): row for row in live.lines.resting},
        }
        self._resting: Final[dict[Key, str]] = {
            ("offer", row["offer"]): row["rests"] for row in live.lines.resting
        }

    def told(self, asked: Asked) -> Told:
        """Say how one line stands; its family is solved when something of it waits."""
        state = self._state(asked)
        plain = Told(
            asked.side, asked.line, asked.row, state, _total(asked), matches=asked.matches
        )
        if state == "barred":
            return _barred(plain)
        if state != "unmatched":
            return plain
        (found,) = self._solved([plain])
        return found

    def _state(self, asked: Asked) -> State:
        key = asked.side, asked.line
        row = self._open.get(key)
        if _goods(asked.row).trade != "free":
            return "barred"
        if row is None or self._waits(key) <= 0:
            if asked.side == "need":
                return "matched" if asked.row.get("state") == "open" else "closed"
            return "matched" if asked.row.get("committed") else "kept"
        return "unmatched"

    def every(self, hub: str = "", commodity: str = "") -> Iterator[Told]:
        """Say of every open line of a hub and commodity ("" for all) what is left and why."""
        by_family: dict[str, list[Told]] = {}
        for (side, line), row in self._open.items():
            if (hub and row["hub"] != hub) or (commodity and row["commodity"] != commodity):
                continue
            asked = Asked(side, line, row, [])
            state = self._state(asked)
            told = Told(side, line, row, state, round(row["open"] * MICRO))
            if state == "barred":
                yield _barred(told)
            elif state == "unmatched":
                by_family.setdefault(str(_goods(row).family), []).append(told)
        for family, waiting in sorted(by_family.items()):
            self._tell(f"{family}: {len(waiting)}")
            yield from self._solved(waiting)

    def _solved(self, waiting: list[Told]) -> Iterator[Told]:
        """Solve the one family of these lines, and explain them."""
        yield from (self._unanswered(told) for told in waiting if told.key in self._resting)
        waiting = [told for told in waiting if told.key not in self._resting]
        if not waiting:
            return
        family = self._family(waiting[0].row)
        if family is None:
            yield from (_alone(told, self._waits(told.key)) for told in waiting)
            return
        reasons = family.reasons(told.key for told in waiting)
        for told in waiting:
            yield self._filled(told, family, reasons)

    def _unanswered(self, told: Told) -> Told:
        """Goods whose owner was asked for word of them."""
        figures = {"commodity": told.row["commodity"]}
        reason = Found("everywhere", self._resting[told.key], figures)
        return replace(told, left=self._waits(told.key), reasons=[reason])

    def _filled(self, told: Told, family: Family, reasons: Mapping[Key, list[Found]]) -> Told:
        left = family.left[told.key]
        return replace(
            told,
            state="unmatched" if left else "next_round",
            left=left,
            nexts=family.nexts.get(told.key, []),
            reasons=reasons.get(told.key, []) if left else [],
            own=family.lines[told.key],
            today=family.posed.today,
        )

    def _waits(self, key: Key) -> int:
        """How much of a line is neither promised nor proposed, in micro."""
        waits = round(self._open[key]["open"] * MICRO) - self._held.get(key, 0)
        return waits if waits >= GRAIN else 0

    def _family(self, row: Shown) -> Family | None:
        """The family of some goods, solved once; None where only one side is there."""
        name = str(_goods(row).family)
        if name not in self._known:
            lines = self._families[_goods(row).family]
            problems = live_problems(lines, self._today)
            self._known[name] = next(
                (solved(p, self._live.proposed, self._live.resting) for _, p in problems), None
            )
        return self._known[name]


def _alone(told: Told, left: int) -> Told:
    """A line of a family that nobody asks for, or nobody offers."""
    figures = {"commodity": told.row["commodity"]}
    return replace(told, left=left, reasons=[Found("everywhere", NOBODY[told.side], figures)])


def _barred(told: Told) -> Told:
    """A line of goods that are not traded freely."""
    reason = Found("everywhere", "trade", {"commodity": told.row["commodity"]})
    return replace(told, left=told.total, reasons=[reason])


def _total(asked: Asked) -> int:
    amount = asked.row["quantity" if asked.side == "need" else "on_hand"]
    return round((amount or 0) * MICRO)


def _by_family(lines: OpenLines) -> dict[str, OpenLines]:
    found: defaultdict[str, OpenLines] = defaultdict(lambda: OpenLines([], []))
    for offer in lines.offers:
        found[_goods(offer).family].offers.append(offer)
    for need in lines.needs:
        found[_goods(need).family].needs.append(need)
    return dict(found)


def _goods(row: Shown) -> Commodity:
    goods = reference.catalogue().get(row["commodity"])
    assert goods is not None  # a report of goods that nobody knows is never accepted
    return goods


def by_place(told: Iterable[Told]) -> list[Told]:
    """Order lines by hub, commodity and name."""
    return sorted(told, key=lambda t: (t.row["hub"], t.row["commodity"], t.side, t.line))
