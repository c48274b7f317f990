"""A failing schedule made short: actions are taken out while a law is still broken.

Decides what is kept of a finding: the seed, the fewest actions, how to see it again. Findings that
were once there stay as JSON and are told again by the tests.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.simulation.processes import Action
from tests.simulation.schedules import Outcome, Plan, replay, stories_of
from tests.simulation.stories import Expected, Story
from tests.support.core_logs import Logged

REPLAYS_MAX = 3_000


def shrunk(found: Outcome) -> Outcome:
    """The shortest schedule found that still breaks a law, each action as plain as can be."""
    best, left = found, REPLAYS_MAX
    size = max(1, len(best.actions) // 2)
    while size:
        before = len(best.actions)
        for cut in _without(best.actions, size):
            left -= 1
            again = replay(best.plan, cut) if len(cut) < len(best.actions) else best
            if again.breach and len(again.actions) < len(best.actions):
                best = again
                break
        if len(best.actions) == before or left < 0:
            size //= 2
    return _plain(best)


def _without(actions: list[Action], size: int) -> Iterator[list[Action]]:
    for start in reversed(range(len(actions))):
        yield actions[:start] + actions[start + size :]


def _plain(found: Outcome) -> Outcome:
    """Put the smallest numbers that will do in place of each action's own."""
    best = found
    for at in range(len(found.actions)):
        if at >= len(best.actions):
            break
        for field in range(3):
            tried = list(best.actions)
            name, *numbers = tried[at]
            tried[at] = Action(name, *(0 if n == field else x for n, x in enumerate(numbers)))
            if tried != best.actions:
                again = replay(best.plan, tried)
                if again.breach and len(again.actions) <= len(best.actions):
                    best = again
    return best


def told(found: Outcome, seed: int | None = None) -> str:
    """A finding for people: what broke, after which actions, and how to see it again."""
    lines = [f"breach: {found.breach[:600]}", f"plan:   {found.plan}"]
    lines += [f"  {n:2} {a.name} {a.a} {a.b} {a.c}" for n, a in enumerate(found.actions, 1)]
    if seed is not None:
        lines.append(f"replay: python -m tests.simulation --replay {seed}")
    return "\n".join(lines)


def written(found: Outcome, what: str) -> str:
    """A finding as the JSON of a regression, with its stories; `what` says what was wrong."""
    plan = found.plan
    kept = {
        "what": what,
        "breach": found.breach[:200],
        "plan": [plan.tale, plan.zombie_steps, plan.matcher, plan.workers, plan.whole],
        "actions": [list(action) for action in found.actions],
        "stories": [_story_told(told) for told in stories_of(plan.tale, plan.matcher)],
    }
    return json.dumps(kept, indent=1) + "\n"


def _story_told(told: Story) -> dict[str, Any]:
    """Bytes as text of one character each: the rubbish in a story is no UTF-8."""
    pairs = zip(told.records, told.expected, strict=True)
    return {
        "place": [told.number, told.hub, told.epoch],
        "records": [
            {
                "timestamp": record.timestamp,
                "key": record.key.decode("latin-1"),
                "value": record.value.decode("latin-1"),
                "verdict": due.verdict,
                "letters": [[name, payload.decode("latin-1")] for name, payload in due.letters],
                "sound": due.sound.decode("latin-1"),
                "tick": due.tick,
            }
            for record, due in pairs
        ],
    }


def _story_read(kept: dict[str, Any]) -> Story:
    told = Story(*kept["place"])
    for offset, row in enumerate(kept["records"]):
        key, value, sound = (row[name].encode("latin-1") for name in ("key", "value", "sound"))
        letters = tuple((name, payload.encode("latin-1")) for name, payload in row["letters"])
        told.records.append(Logged(offset, row["timestamp"], key, value))
        told.expected.append(Expected(row["verdict"], letters, sound, row["tick"]))
    return told


def told_again(path: Path) -> Outcome:
    """Carry out a regression that was kept."""
    kept = json.loads(path.read_text("utf-8"))
    actions = [Action(*row) for row in kept["actions"]]
    return replay(Plan(*kept["plan"]), actions, [_story_read(told) for told in kept["stories"]])
