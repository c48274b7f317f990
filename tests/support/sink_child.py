"""A sink to be killed: `python -m tests.support.sink_child URL RECORDS`.

Writes a long story in small batches, going on from the offsets that the database has.
"""

import sys

from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, Record, laid, write

BATCH = 40


def story(size: int) -> list[Record]:
    """Ledger and demand records in turn: report n sets a position to n and its demand to n."""
    values = []
    for n in range(size // 2):
        event = f"{COOP}:hp1:{n}"
        held = derived.position(n + 1, str(n), lot=str(n % 50))
        values.append(derived.ledger(n, lines=[derived.line(event)], positions=[held]))
        values.append(derived.demand(n + 1, [("ABC"[n % 3], str(n))], commodity=f"C{n % 20}"))
    return laid(values)


def main(url: str, size: int) -> None:
    """Write what is not there yet, and say when the first batch of this life is in."""
    records = story(size)
    with open_warehouse(url) as warehouse:
        for start in range(0, len(records), BATCH):
            if write(warehouse, records[start : start + BATCH]).records:
                print("wrote", flush=True)  # noqa: T201 - the test waits for it


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
