"""A schedule: a seed's stories and actions, told to a world until all is quiet.

Decides how chance becomes actions, with weights drawn anew for each seed, and how a world comes to
rest: faults stop, who sleeps dies, what was in flight lands, and within a bound of turns
everything is read, committed and mended.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from random import Random

from tests.simulation.laws import quiet
from tests.simulation.processes import Action
from tests.simulation.real_sink import told_again
from tests.simulation.stories import Story
from tests.simulation.teller import HUBS, story
from tests.simulation.truth import BreachError, Truth, law
from tests.simulation.world import World

TELLINGS = 40
"""How many schedules each set of stories is told under."""
WHOLE = 0.25
"""So much of the schedules read their stories to the end. What comes later covers up what was lost
before, and nothing disturbs it; the others end with the first tick after the last action."""
TURNS_MAX = 60
WEIGHTS = {
    "produce": (4.0, 6.0),
    "go": (8.0, 12.0, 18.0),
    "haunt": (2.0, 6.0),
    "commit": (3.0, 6.0),
    "look": (0.2, 1.0),
    "join": (0.3, 1.2),
    "leave": (0.2, 0.8),
    "rebalance": (0.3, 1.0),
    "kill": (0.3, 1.0, 2.5),
    "pause": (0.3, 1.5),
    "wake": (1.0, 3.0),
    "land": (0.5, 3.0),
    "compact": (0.5, 2.0),
    "sink": (2.0, 4.0),
    "sink_late": (1.0,),
    "sever": (1.0, 6.0, 12.0),
}

DRAWN = [
    [Action(name, a, b, c) for a in range(6) for b in (0, 0, 1, 3, 7) for c in range(8)]
    for name in WEIGHTS
]
"""By name, every action that may be drawn."""
LAND = Action("land")


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes a schedule besides its actions; `tale` names the stories."""

    tale: int
    zombie_steps: int
    matcher: str = "injected"
    workers: int = 3
    whole: bool = True
    """The story is read to its end; otherwise to the first tick after the last action."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What else is looked at: a hash of all that happened; the real sink, which is slow."""

    traced: bool = False
    real_sink: bool = False


CHECKS = Checks()


@dataclass(slots=True)
class Outcome:
    """What came of a schedule; `breach` is empty when every law held."""

    plan: Plan
    actions: list[Action]
    breach: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    trace: str = ""


def stories_of(tale: int, matcher: str) -> list[Story]:
    """The stories of a tale, one or two partitions."""
    chance = Random(f"tale {tale}")
    numbers = sorted(chance.sample(sorted(HUBS), chance.choice((1, 1, 2))))
    records = chance.choice((7, 9, 12)) if len(numbers) == 1 else chance.choice((4, 6, 7))
    if chance.random() < 0.03:
        records *= 3
    return [story(f"{tale}/{number}", number, records, matcher) for number in numbers]


@lru_cache(maxsize=4)
def truths_of(tale: int, matcher: str) -> dict[int, Truth] | str:
    """The truths of a tale by partition; the breach when one goes wrong by itself."""
    try:
        told = stories_of(tale, matcher)
    except Exception as fault:  # noqa: BLE001 - whatever a broken core raises is a finding
        return _told(fault)
    return truths_over(told, matcher)


def truths_over(stories: Sequence[Story], matcher: str) -> dict[int, Truth] | str:
    """The same over stories given."""
    try:
        return {told.number: Truth(told, matcher) for told in stories}
    except Exception as fault:  # noqa: BLE001 - whatever a broken core raises is a finding
        return _told(fault)


def run(
    seed: int, matcher: str = "injected", workers: int = 3, *, checks: Checks = CHECKS
) -> Outcome:
    """Draw a schedule from a seed and carry it out."""
    chance = Random(seed)
    zombie_steps = chance.choice((0, 0, 2, 6, 30))
    plan = Plan(seed // TELLINGS, zombie_steps, matcher, workers, chance.random() < WHOLE)
    outcome = Outcome(plan, [])
    truths = truths_of(plan.tale, matcher)
    if isinstance(truths, str):
        outcome.breach = truths
        return outcome
    weights = [chance.choice(some) for some in WEIGHTS.values()]
    drawn = chance.choices(DRAWN, weights, k=chance.randrange(15, 45))
    numbers = chance.choices(range(len(DRAWN[0])), k=len(drawn))
    outcome.actions = [actions[n] for actions, n in zip(drawn, numbers, strict=True)]
    _carry_out(outcome, truths, checks)
    return outcome


def replay(plan: Plan, actions: list[Action], stories: Sequence[Story] = ()) -> Outcome:
    """Carry given actions out, over the plan's stories or those given.

    Actions that cannot happen are passed over.
    """
    outcome = Outcome(plan, actions)
    truths = truths_over(stories, plan.matcher) if stories else truths_of(plan.tale, plan.matcher)
    if isinstance(truths, str):
        outcome.breach = truths
    else:
        _carry_out(outcome, truths, CHECKS)
    return outcome


def _carry_out(outcome: Outcome, truths: dict[int, Truth], checks: Checks) -> None:
    """The world under these actions, then at rest; fills in what came of it."""
    world = World(truths, outcome.plan.zombie_steps, outcome.plan.workers)
    world.trace = [] if checks.traced else None
    done = []
    try:
        for action in outcome.actions:
            if world.act(action):
                done.append(action)  # noqa: PERF401 - a law may break in between
        if not outcome.plan.whole:
            end_soon(world)
        come_to_rest(world)
        quiet(world.cluster, truths, world.vault, world.ends)
        if checks.real_sink:
            told_again(world.cluster, world.vault)
    except Exception as fault:  # noqa: BLE001 - whatever a broken core raises is a finding
        outcome.breach = _told(fault)
    finally:
        for process in (*world.members, *world.ghosts):
            for post in process.posts.values():
                post.close()
    outcome.actions = done
    outcome.counts = world.counts
    if checks.traced:
        told = repr((done, world.trace, sorted(world.vault.rows.items()), outcome.breach))
        outcome.trace = blake2b(told.encode(), digest_size=16).hexdigest()


def _told(fault: Exception) -> str:
    if isinstance(fault, BreachError):
        return str(fault)
    return f"{type(fault).__name__}: {fault}"


def end_soon(world: World) -> None:
    """Of each log nothing comes any more after its next tick."""
    for number, truth in world.truths.items():
        due = world.cluster.produced[number]
        world.ends[number] = next((at + 1 for at in truth.ticks if at >= due), world.ends[number])


def come_to_rest(world: World) -> None:
    """Faults stop: what is in flight lands, ghosts die, one worker reads to the end."""
    while world.act(LAND):
        pass
    for process in world.ghosts:
        world._end(process, 0)
    world.ghosts.clear()
    for _ in range(TURNS_MAX):
        if not _turn(world):
            break
    else:
        law("L", holds=False, what=f"not at rest after {TURNS_MAX} turns")
    for process in world.members:
        for post in process.posts.values():
            post.look()
            world.work_off(process, post)
    world.vault.late = []
    while world.vault.behind:
        world.vault.write(world.vault.gather(0, 1_000))


def _turn(world: World) -> bool:
    """Everybody works off what there is; False when nothing moved."""
    moved = [world.produce(n, 100, 0) for n in range(len(world.cluster.partitions))]
    for process in world.members:
        for post in process.posts.values():
            world.work_off(process, post)
    moved += [world.commit(n, 0, 0) for n in range(len(world.members))]
    return any(moved)
