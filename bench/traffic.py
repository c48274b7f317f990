"""A steady stream of reports of mixed sizes from villages of the whole country, as a process.

`python -m bench.traffic BOOTSTRAP --lines-per-second N`: speaks until SIGTERM, then prints what
was acknowledged as JSON. What the broker does not confirm is sent again, byte for byte, however
long it is away. Lines are movements, now and then a count or an order, so that there is something
to match; a run on the same log needs a `--run` of its own, for each run has phones of its own.
"""

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Final

from producers.errors import PublishError
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent
from producers.speech import report_value
from schemas import reference
from schemas.events import Counted, Issued, Line, Placed, Received
from schemas.identity import partition_of
from schemas.topics import EVENTS

COOPS: Final = 20_000
SIZES: Final = (1, 1, 2, 2, 3, 4, 6, 8, 12, 16, 20, 33)
"""Lines a report, each as likely: from one catch to a full count; the mean is 9."""
MEAN_LINES: Final = sum(SIZES) / len(SIZES)
STEP_SECONDS: Final = 0.05
OWED_SECONDS: Final = 60.0
"""How long after the end it tries to have confirmed what it still owes."""
COUNTED, ORDERED, RECEIVED = 0.04, 0.004, 0.6
"""Of the lines, those that count anew, and that order; of the movements, those that come in."""


def goods_spoken_of() -> list[str]:
    """What the villages speak of."""
    return sorted(
        str(c.code)
        for c in reference.catalogue().commodities.values()
        if c.unit == "KGM" and c.trade == "free"
    )[:20]


def reports(seed: int, run: int, partitions: int) -> Iterator[tuple[Outgoing, int]]:
    """Endless reports of this moment, with how many lines each has."""
    chance = random.Random(seed)
    register = reference.register()
    every = [str(coop) for hub in sorted(register.hubs) for coop in register.coops_of(hub)]
    coops = sorted(chance.sample(every, COOPS))
    goods = goods_spoken_of()
    said: Counter[str] = Counter()
    while True:
        coop = chance.choice(coops)
        said[coop] += 1
        at_ms = time.time_ns() // 1_000_000
        lines = [_line(chance, goods, f"{run}-{said[coop]}-{n}") for n in range(_size(chance))]
        value = report_value(coop, f"hp{run}", said[coop], lines, at_ms)
        yield (
            Outgoing(coop.encode(), value, partition_of(coop[:5], partitions), at_ms),
            len(lines),
        )


def _size(chance: random.Random) -> int:
    return chance.choice(SIZES)


def _line(chance: random.Random, goods: list[str], name: str) -> Line:
    code, amount, drawn = chance.choice(goods), str(chance.randrange(1, 500)), chance.random()
    if drawn < ORDERED:
        due = (datetime.now(UTC) + timedelta(days=chance.randrange(2, 30))).date()
        return Placed(order=name, commodity=code, quantity=amount, unit="KG", needed_by=due)
    if drawn < ORDERED + COUNTED:
        return Counted(commodity=code, quantity=amount, unit="KG")
    kind = Received if chance.random() < RECEIVED else Issued
    return kind(commodity=code, quantity=amount, unit="KG")


def speak(publisher: Publisher, told: argparse.Namespace, stop: Event) -> dict[str, int]:
    """Publish at the pace until told to stop; what was acknowledged."""
    stream = reports(told.seed, told.run, publisher.partitions)
    owed: list[tuple[Outgoing, int]] = []
    done: Counter[str] = Counter(reports=0, lines=0, sent_again=0)
    began, spoken, over = time.monotonic(), 0, float("inf")
    while (not stop.wait(STEP_SECONDS) or owed) and time.monotonic() < over:
        if stop.is_set():
            over = min(over, time.monotonic() + OWED_SECONDS)
        due = 0 if stop.is_set() else (time.monotonic() - began) * told.lines_per_second
        while spoken < due:
            owed.append(next(stream))
            spoken += owed[-1][1]
        with suppress(PublishError):  # the broker is away: all is still owed
            results = publisher.publish([record for record, _ in owed])
            left = [
                one
                for one, result in zip(owed, results, strict=True)
                if not isinstance(result, Sent)
            ]
            done["reports"] += len(owed) - len(left)
            done["lines"] += sum(lines for _, lines in owed) - sum(lines for _, lines in left)
            done["sent_again"] += len(left)
            owed = left
    return {**done, "unconfirmed": len(owed)}


def main() -> None:
    """Speak until SIGTERM."""
    parser = argparse.ArgumentParser(prog="bench.traffic", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("--lines-per-second", type=float, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", type=int, default=1)
    told = parser.parse_args()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Publisher(PublisherOptions(told.bootstrap, EVENTS, client_id="traffic")) as publisher:
        sys.stdout.write(json.dumps(speak(publisher, told, stop)) + "\n")


if __name__ == "__main__":
    main()
