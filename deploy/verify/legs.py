"""The legs of matches between hubs, from what their hubs told the market: one life each.

Theory. A hub is the sole writer of its legs and tells each as it stands, absolute and versioned; a
telling may come twice, late, or not at all when the next one overtook it within a run. So a life
is the distinct versions in their order, and between two of them a leg only ever lost something: a
hold is cut or committed in part, what is committed is delivered or, where the market says that the
match holds less, free again, what is over stays over. What people did is told until the market has
heard it, so that the acts of all tellings make one list, of which `delivered` is the sum.

`promised` is never more than what was promised, whatever was not told: of a hold what was told
next, of what is committed as much as every word of the market to that leg so far allows, less what
had been delivered by then.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final, NamedTuple

from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, VERSIONS, Report, place
from deploy.verify.log import LogRecord
from deploy.verify.messages import COMMITTED, HELD, OVER, RELEASE, STAND, Act, Message

FORGOTTEN_MS: Final = 7 * 86_400_000
"""So long a hub remembers a leg that is over; a request that comes later finds nothing."""
NOBODY: Final = ("", "")
NEXT: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({HELD, "refused", "lapsed", "released"}),
    HELD: frozenset({HELD, COMMITTED, "lapsed", "released"}),
    COMMITTED: frozenset({COMMITTED, "released"}),
}
"""What may be told after what; a hold may be committed and released before it is told again."""
Name = tuple[str, str]
"""match, side"""


class Told(NamedTuple):
    """A leg as a record of the market tells it, and where that stands."""

    said: Message
    partition: int
    offset: int
    at_ms: int


class Legs:
    """All legs of some hubs or families; `lives` by (match, side), by rising version.

    `acts` is all that was done at each, as far as it was told; `asked` what the market said to it
    while the log of its hub is walked.
    """

    def __init__(self, market: str, report: Report) -> None:
        self._market, self._report = market, report
        self.lives: dict[Name, list[Told]] = {}
        self.acts: dict[Name, list[Act]] = defaultdict(list)
        self.asked: dict[Name, list[Message]] = defaultdict(list)
        self._done: Counter[Name] = Counter()
        self._seen: dict[Name, dict[int, Told]] = defaultdict(dict)
        self._lines: dict[tuple[str, str], list[Name]] = defaultdict(list)

    def take(self, record: LogRecord, said: Message) -> None:
        """A leg is told; of two tellings of one version the first stands."""
        now = Told(said, record.partition, record.offset, record.timestamp)
        before = self._seen[said.leg].setdefault(said.version, now)
        if before.said.content != said.content:
            self._report.breach(
                LIVES,
                f"{name_of(said)} has two different contents of version {said.version}",
                self.at(before),
                self.at(now),
                expected=before.said.content,
                found=said.content,
            )

    def settle(self) -> None:
        """All is read: put the lives in order."""
        for name, seen in self._seen.items():
            life = self.lives[name] = [seen[version] for version in sorted(seen)]
            said = life[0].said
            if said.line:
                self._lines[said.side, said.line].append(name)
            if any(told.said.acts for told in life):
                acts = self.acts[name]
                for told in life:
                    acts += told.said.acts[max(0, len(acts) - told.said.heard) :]

    def ask(self, said: Message) -> None:
        """The market says something to a leg; its hub's log is being walked."""
        self.asked[said.leg].append(said)

    def did(self, name: Name, act: Act) -> None:
        """A decision was carried out at a leg; its hub's log is being walked."""
        self._done[name] += act.moved(name[1])

    def at(self, told: Told) -> str:
        """Name the record of the market."""
        return place(self._market, told.partition, told.offset)

    # -------------------------------------------------------------- what stands
    def newest(self) -> Iterator[Told]:
        """Every leg as it was last told."""
        return (life[-1] for life in self.lives.values())

    def as_of(self, name: tuple[str, str], offset: int) -> Told | None:
        """A leg as whoever has read the market up to an offset knows it."""
        known = [told for told in self.lives.get(name, ()) if told.offset <= offset]
        return known[-1] if known else None

    def promised(self, side: str, line: str, version: int, but: tuple[str, str] = NOBODY) -> int:
        """What legs took of a line at a version of their hub, or less where it is not told."""
        names = self._lines.get((side, line), ())
        return sum(self._promised(name, version % EPOCH) for name in names if name != but)

    def _promised(self, name: Name, at: int) -> int:
        life = self.lives[name]
        known = sum(told.said.version % EPOCH <= at for told in life)
        if not known:
            return 0
        now, later = life[known - 1].said, life[known].said if known < len(life) else None
        if later is None or now.state in OVER:
            return now.promised
        if now.state == HELD:  # it may have been cut before the next telling
            return later.promised
        asked = self.asked.get(name, ())
        if any(one.type == RELEASE for one in asked):
            return 0
        stands = [one.delivered + one.holds for one in asked if one.type == STAND]
        return max(0, min([now.quantity, *stands]) - max(now.delivered, self._done[name]))

    # -------------------------------------------------------------- one life
    def judge(self, partition: int, ends: Mapping[str, int]) -> None:
        """Judge the lives in one partition of the market; `ends` are those of hubs' events."""
        for life in self.lives.values():
            if life[0].partition != partition:
                continue
            self._report.held(LIVES)
            self._first(life[0])
            for told in life:
                self._alone(told, ends.get(told.said.hub, 0))
            for before, now in pairwise(life):
                self._goes_on(before, now)
            if self.acts.get(life[0].said.leg):
                self._acts(life)

    def _first(self, told: Told) -> None:
        if told.said.state not in NEXT[""]:
            what = f"{name_of(told.said)} was {told.said.state} and never held"
            self._report.breach(LIVES, what, self.at(told), found=told.said.state)

    def _alone(self, told: Told, end: int) -> None:
        said = told.said
        self._report.held(VERSIONS)
        if not 0 < said.version % EPOCH <= end:
            self._report.breach(
                VERSIONS,
                f"{name_of(said)} has a version that no record of the log could give it",
                self.at(told),
                expected=f"1 to {end}, the end of the events of {said.hub}",
                found=said.version % EPOCH,
            )
        gone = said.state in OVER and said.quantity != said.delivered
        early = said.state == HELD and (said.delivered or said.acts or said.heard or said.stood)
        if gone or early or said.delivered > said.quantity:
            what = f"{name_of(said)} tells amounts that its state cannot have"
            amounts = (said.state, said.quantity, said.delivered)
            self._report.breach(LIVES, what, self.at(told), found=amounts)

    def _goes_on(self, before: Told, now: Told) -> None:
        was, said = before.said, now.said
        if was.state in OVER and now.at_ms - before.at_ms >= FORGOTTEN_MS:
            return  # another leg by the same name
        places = self.at(before), self.at(now)
        if said.state not in NEXT.get(was.state, ()):
            allowed = sorted(NEXT.get(was.state, ("nothing",)))
            what = f"{name_of(said)} took a step that is not legal"
            found = f"{was.state}, then {said.state}"
            self._report.breach(LIVES, what, *places, expected=allowed, found=found)
            return
        if (was.hub, was.family, was.line) != (said.hub, said.family, said.line):
            what = f"{name_of(said)} is of another line than before"
            self._report.breach(LIVES, what, *places, expected=was.line, found=said.line)
        grew = said.state in (HELD, COMMITTED) and said.quantity > was.quantity
        if grew or said.delivered < was.delivered:
            what = f"{name_of(said)} promises more than before, or takes a delivery back"
            amounts = [(one.quantity, one.delivered) for one in (was, said)]
            self._report.breach(LIVES, what, *places, expected=amounts[0], found=amounts[1])
        if said.heard < was.heard or said.stood < was.stood:
            what = f"{name_of(said)} forgets what it has heard"
            heard = [(one.heard, one.stood) for one in (was, said)]
            self._report.breach(LIVES, what, *places, expected=heard[0], found=heard[1])

    def _acts(self, life: list[Told]) -> None:
        """Every telling of a leg tells the same acts as far as it goes, and forgets none."""
        acts, known = self.acts[life[0].said.leg], 0
        for told in life:
            said = told.said
            whole = said.heard + len(said.acts)
            moved = sum(act.moved(said.side) for act in acts[:whole])
            facts: dict[str, tuple[object, object]] = {
                "told before they were heard": (True, said.heard <= known),
                "as they were told before": (tuple(acts[said.heard : whole]), said.acts),
                "none of them forgotten": (True, whole >= known),
                "what they delivered": (moved, said.delivered),
            }
            for fact, (expected, found) in facts.items():
                if expected != found:
                    what = f"{name_of(said)} tells acts that are not: {fact}"
                    places = (self.at(told),)
                    self._report.breach(LIVES, what, *places, expected=expected, found=found)
            known = max(known, whole)


def name_of(said: Message) -> str:
    """A leg in a sentence."""
    return f"the {said.side} leg of {said.match} in hub {said.hub}"
