"""How long what was felled was away: of every blow, the seconds until its work went on.

Decides which falls count (the last of several on one process), what a recovery is called, and
whether it was disturbed by another fault.
"""

import signal
from collections.abc import Iterator, Sequence
from typing import Final

from tests.faults.crew import Crew, Life
from tests.faults.deeds import Blow, Scene, Spell
from tests.faults.lookout import Lookout

_LONG_SECONDS: Final = 12.0
_SAME_SECONDS: Final = 0.5
NAMED: Final = {
    "F1": "worker killed",
    "F2": "sink killed",
    "F3": "broker killed",
    "F7": "worker asleep past its session",
    "F8": "workers moved: longest pause",
    "F9": "villages killed",
    "F15": "worker killed",
}
OF_THE_MARKET: Final = {
    "F1": "market killed",
    "F7": "market asleep past its session",
    "F15": "market killed",
}
"""What the recoveries of a kind are called in the summary."""


def recoveries(
    scene: Scene, fallen: Sequence[Life], lookout: Lookout
) -> Iterator[tuple[str, float, bool]]:
    """Give the name of each recovery, its seconds, and whether no other fault was under way."""
    blows = [*scene.blows, *(_blow(end, scene.crew) for end in fallen)]
    for blow in blows:
        seconds = _recovery(blow, lookout, scene.ticked_at)
        if seconds is None or _fell_again(blow, seconds, blows):
            continue
        names = OF_THE_MARKET if _of_the_market(blow) else NAMED
        yield names.get(blow.kind, blow.kind), seconds, _alone(blow, seconds, scene.spells)


def by_failpoint(ends: Sequence[Life], blows: Sequence[Blow]) -> list[Life]:
    """Deaths by SIGKILL that were not dealt by pid: the failpoints'."""
    dealt = [(blow.who, blow.at) for blow in blows]
    return [
        end
        for end in ends
        if end.exit_code == -signal.SIGKILL
        and end.point
        and not any(who == end.who and abs(end.ended_at - at) < _SAME_SECONDS for who, at in dealt)
    ]


def _blow(end: Life, crew: Crew) -> Blow:
    kinds = {"sink": "F2", "village": "F9"}
    held = frozenset(crew.partitions(end.who))
    return Blow(kinds.get(end.who, "F1"), end.who, end.ended_at, held)


def _of_the_market(blow: Blow) -> bool:
    return blow.who.startswith("market")


def _recovery(blow: Blow, lookout: Lookout, ticked_at: float | None) -> float | None:
    if _of_the_market(blow):
        # Before the first tick it has nothing to do, so its silence says nothing.
        busy = ticked_at is not None and blow.at >= ticked_at
        return lookout.until_matched(blow.at) if busy else None
    if blow.who == "sink":
        return lookout.until_sunk(blow.at)
    if blow.kind == "F8":
        return lookout.longest_pause(blow.at, blow.at + _LONG_SECONDS)
    if blow.kind == "F3":
        return lookout.until_worked(blow.at, lookout.samples[-1].ends)
    return lookout.until_worked(blow.at, blow.partitions) if blow.partitions else None


def _fell_again(blow: Blow, seconds: float, blows: Sequence[Blow]) -> bool:
    """Whether the same process was felled before it had recovered: only its last fall counts."""
    return any(b.who == blow.who and blow.at < b.at < blow.at + seconds for b in blows)


def _alone(blow: Blow, seconds: float, spells: Sequence[Spell]) -> bool:
    """Whether no other fault was under way from 3 s before a blow to its end."""
    return not any(
        not _its_own(spell, blow)
        and spell.ended > blow.at - 3.0
        and spell.begun < blow.at + seconds
        for spell in spells
    )


def _its_own(spell: Spell, blow: Blow) -> bool:
    """Whether the blow fell in this spell, or at a failpoint armed by it."""
    same = spell.kind == blow.kind or spell.who == "broker"
    return same and spell.who in (blow.who, blow.kind)
