"""How long each part is gone: kill -9 under load, a rebalance, a restart with much state.

For a kill: seconds from SIGKILL to the first commit of something new (the worker's committed
offset, the warehouse's own offset; of the broker both; the market's worker may have to wait for a
tick, and that is counted), and to the moment at which all is done that had been said when the kill
came. For a rebalance 1 -> 3 -> 1: the longest time in which a partition under load saw no commit;
one commit a second is the rule. For a restart: seconds from the start of the process until it has
taken over every partition.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Final

from bench.liveliness import Alive, alive
from bench.observer import Look, Looking
from bench.stage import publish, resident_mib
from bench.villages import Load
from deploy.wiring import hub_app_id, market_name, worker_name
from schemas.topics import EVENTS, MARKET, changelog_topic

PARTITIONS: Final = 8
WORKER: Final = worker_name(0)
OF_THE_MARKET: Final = market_name(0)
LIMITS: Final = {WORKER: 10.0, OF_THE_MARKET: 10.0, "sink": 5.0, "broker": 20.0}
REBALANCE_LIMIT: Final = 10.0
COOPS: Final = 20_000
LINES_PER_SECOND: Final = 800
_LOOK_SECONDS: Final = 0.05
_AFTER_SECONDS: Final = 5.0
_GIVEN_UP_SECONDS: Final = 90.0
_STEADY_SECONDS: Final = 60.0
_WARM_SECONDS: Final = 1_200.0

Row = dict[str, object]


def tell(row: Row) -> None:
    """One line of progress."""
    print("  ".join(f"{name} {value}" for name, value in row.items()), file=sys.stderr, flush=True)


def kills(each: int) -> list[Row]:
    """Kill workers, sink and broker `each` times under load; a row for each kind."""
    chance = random.Random(1)
    with alive(PARTITIONS, matching__cut_offs="") as system:
        system.speak(LINES_PER_SECOND)
        began = time.monotonic()
        time.sleep(_STEADY_SECONDS)
        system.calm(_WARM_SECONDS)  # the market works out the ways of the whole country, once
        tell({"level_after_s": round(time.monotonic() - began, 1)})
        rows = []
        for whom in LIMITS:
            firsts, levels = [], []
            for _ in range(each):
                system.calm()
                time.sleep(chance.uniform(1.5, 4.0))
                first, level = killed(system, whom)
                firsts.append(first)
                levels.append(level)
                tell({"killed": whom, "first_s": round(first, 2), "level_s": round(level, 2)})
            rows.append(
                {
                    "killed": whom,
                    "kills": each,
                    **spread("first", firsts),
                    **spread("level", levels),
                    "limit_s": LIMITS[whom],
                    "kept": max(firsts) <= LIMITS[whom],
                }
            )
        system.fall_silent()
    return rows


def killed(system: Alive, whom: str) -> tuple[float, float]:
    """Kill one; seconds to the first new commit, and until all said before is done."""
    log = MARKET if whom == OF_THE_MARKET else EVENTS
    due = system.observer.look(log)
    stored_due = due_in_warehouse(system)
    at = time.monotonic()
    system.send(whom, signal.SIGKILL)
    if whom == "sink":
        before = system.observer.stored()
        return (
            waited(at, lambda: system.observer.stored() > before),
            waited(at, lambda: system.observer.stored() >= stored_due),
        )
    time.sleep(0.02)  # what was sent before it died may still be committed
    base = due if whom == "broker" else system.observer.look(log)
    first = waited(at, lambda: new(base, system.observer.look(log)))
    if whom == "broker":
        before = system.observer.stored()
        first = max(first, waited(at, lambda: system.observer.stored() > before))
    return first, waited(at, lambda: reached(due, system.observer.look(log)))


def due_in_warehouse(system: Alive) -> int:
    """The offsets the warehouse must hold to be level with this moment."""
    return system.observer.stored() + system.observer.unstored()


def new(base: Look, now: Look) -> bool:
    """Whether anything was committed since."""
    return any(at > base.committed.get(p, 0) for p, at in now.committed.items())


def reached(due: Look, now: Look) -> bool:
    """Whether everything that had been said is committed."""
    return all(now.committed.get(p, 0) >= end for p, end in due.ends.items())


def waited(since: float, done: Callable[[], bool]) -> float:
    """Seconds from `since` until it is so."""
    while not done():
        assert time.monotonic() - since < _GIVEN_UP_SECONDS, "it never came back"
        time.sleep(_LOOK_SECONDS)
    return time.monotonic() - since


def spread(name: str, values: Iterable[float]) -> Row:
    """Median and maximum."""
    found = sorted(values)
    return {
        f"{name}_p50_s": round(found[len(found) // 2], 2),
        f"{name}_max_s": round(found[-1], 2),
    }


def filled(system: Alive, keys: int) -> None:
    """Give the state so many keys: a level for each co-op, and the sayings kept."""
    load = Load(keys - COOPS, 1, COOPS, PARTITIONS)
    sent = publish(system.stack, load)
    while sum(system.observer.look().committed.values()) < sent:
        time.sleep(0.2)


def rebalance(keys: int) -> Row:
    """One worker, three, one again, under load; the longest pause of any partition's commits."""
    with alive(PARTITIONS, sink=False, clock=False) as system:
        filled(system, keys)
        system.speak(LINES_PER_SECOND, run=2)
        time.sleep(_AFTER_SECONDS)
        with Looking(system.stack) as looks:
            time.sleep(_AFTER_SECONDS)
            steady = longest_pause(list(looks))
            with system.second(1) as one:
                with system.second(2) as two:
                    wait_for(system, WORKER, one, two)
                wait_for(system, WORKER, one)
            wait_for(system, WORKER)
        system.fall_silent()
    pause = longest_pause(looks)
    return {
        "keys": keys,
        "workers": "1 -> 3 -> 1",
        "steady_pause_s": round(steady, 2),
        "longest_pause_s": round(pause, 2),
        "limit_s": REBALANCE_LIMIT,
        "kept": pause <= REBALANCE_LIMIT,
    }


def wait_for(system: Alive, *names: str) -> None:
    """Until these workers hold everything together and have worked like that for a while."""
    system.wait_ready(*names)
    time.sleep(_AFTER_SECONDS)


def longest_pause(looks: list[Look]) -> float:
    """Seconds between two commits of one partition, the longest of all."""
    longest, moved = 0.0, dict.fromkeys(range(PARTITIONS), looks[0].at)
    for before, now in pairwise(looks):
        for p in moved:
            if now.committed.get(p, 0) > before.committed.get(p, 0):
                longest = max(longest, now.at - moved[p])
                moved[p] = now.at
    return max(longest, *(looks[-1].at - at for at in moved.values()))


def restart(keys: int, times: int = 3) -> Row:
    """Kill the worker with so many keys of state and nothing to do; how long until it is ready."""
    with alive(PARTITIONS, sink=False, clock=False) as system:
        filled(system, keys)
        seconds = []
        for _ in range(times):
            status = system.stack.settings.data_dir / "state" / f"{WORKER}.json"
            status.unlink()
            at = time.monotonic()
            system.send(WORKER, signal.SIGKILL)
            system.wait_ready(WORKER, seconds=600.0)
            seconds.append(time.monotonic() - at)
            tell({"keys": keys, "ready_s": round(seconds[-1], 2)})
        pid = system.pid(WORKER)
        assert pid is not None, "a ready worker runs"
        return {
            "keys": keys,
            "changelog_records": changelog_records(system),
            **spread("ready", seconds),
            "resident_mib": round(resident_mib(pid)),
        }


def changelog_records(system: Alive) -> int:
    """Records in the changelog, those not yet compacted among them."""
    return system.observer.records(changelog_topic(hub_app_id(system.stack.settings)).name)


def main(argv: list[str] | None = None) -> None:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="bench recovery", description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="of each part; 0: none")
    parser.add_argument("--keys", type=int, default=100_000, help="for the rebalance; 0: none")
    parser.add_argument("--restart-keys", type=int, default=1_000_000, help="0: none")
    asked = parser.parse_args(argv)
    rows = kills(asked.kills) if asked.kills else []
    if asked.keys:
        rows.append(rebalance(asked.keys))
    if asked.restart_keys:
        rows.append(restart(asked.restart_keys))
    for row in rows:
        tell(row)
    print(json.dumps(rows))
    if not all(row.get("kept", True) for row in rows):
        sys.exit(1)
