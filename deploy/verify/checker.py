"""The order of the checks: one partition after the other, then what only the whole can tell.

Decides what is read when, so that memory is bounded by one partition a process. Refuses to know
the rules: each has its module. Shares no code with the streams' core, nor with the reading and
judging of `schemas`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from deploy.verify import goods
from deploy.verify.changelog import Changelog
from deploy.verify.demand import Demand, compare_orders, compare_positions, wanted
from deploy.verify.derived import Source
from deploy.verify.findings import CONSERVED, JUDGED, LIVES, Report
from deploy.verify.ledger import Ledger
from deploy.verify.log import Log
from deploy.verify.matches import Matches
from deploy.verify.promises import Promises
from deploy.verify.rows import Rows
from deploy.verify.walk import Walk
from deploy.verify.warehouse import Warehouse
from deploy.verify.witness import with_records
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MATCHES, changelog_topic

VERDICTS: Final = ("accepted", "duplicate", "rejected")
APP_ID: Final = "lumbung-hub"
Ends = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Names:
    """The topics of one deployment."""

    prefix: str = ""
    app_id: str = APP_ID
    outputs: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        named = tuple(self.prefix + topic for topic in (LEDGER, DEMAND, MATCHES, DEAD_LETTER))
        object.__setattr__(self, "outputs", named)

    @property
    def events(self) -> str:
        """What everything is derived from."""
        return self.prefix + EVENTS

    @property
    def changelog(self) -> str:
        """The state of the worker."""
        return self.prefix + changelog_topic(self.app_id).name

    @property
    def all(self) -> tuple[str, ...]:
        """Every topic of the check."""
        return (self.events, *self.outputs, self.changelog)


def check_log(log: Log, store: Warehouse | None, names: Names, report: Report) -> None:
    """Check every invariant over any log, in this process; the report tells what held."""
    began = perf_counter()
    ends = ends_of(log, names, report)
    rows: Counter[str] = Counter()
    for partition in range(log.partitions(names.events)):
        place = (partition, log.partitions(names.events))
        check_partition(log, store, names, place, report)
    if store is not None:
        rows = store.expected
    settle(store, rows, ends, names, report)
    show(log, report)
    report.seconds = perf_counter() - began


def ends_of(log: Log, names: Names, report: Report) -> Ends:
    """The ends of all partitions as the check begins; topics that do not fit are breaches."""
    partitions = log.partitions(names.events)
    if not partitions:
        report.breach(JUDGED, f"there is no topic {names.events}")
    for topic in (*names.outputs, names.changelog):
        if log.partitions(topic) != partitions:
            found = log.partitions(topic)
            report.breach(JUDGED, f"partitions of {topic}", expected=partitions, found=found)
    return {(t, p): log.end(t, p) for t in names.all for p in range(log.partitions(t))}


def check_partition(
    log: Log, store: Warehouse | None, names: Names, place_of: tuple[int, int], report: Report
) -> None:
    """One partition of everything (its number, and how many there are)."""
    known, number = goods.load(), place_of[0]
    told, sums, deals, letters = names.outputs
    end = log.end(names.events, number)
    demand = Demand(Source(sums, number, report, CONSERVED), end)
    demand.load(log)
    matches = Matches(Source(deals, number, report, LIVES), end, known)
    matches.load(log)
    promises = Promises(matches, names.events, known, report)
    ledger = Ledger(log, told, names.events, number, report)
    walk = Walk(names.events, place_of, known, ledger, report)
    walk.run(log, promises.folded)
    promises.settle(walk)
    walk.letters.compare(log, letters, number)
    report.reasons.update(letter.reason for letter in walk.letters.expected.values())
    compare_positions(walk, ledger, report)
    compare_orders(walk, ledger, report)
    expected = wanted(walk, matches, known)
    demand.compare(expected, known)
    changelog = Changelog(names.changelog, number, report)
    changelog.load(log)
    changelog.compare(walk.last, walk.gates, walk.mended)
    if store is not None:
        Rows(store, known, log).compare(walk, matches, expected, walk.letters.expected)


def settle(
    store: Warehouse | None, rows: Mapping[str, int], ends: Ends, names: Names, report: Report
) -> None:
    """What only the whole can tell; `rows` were compared, by view."""
    report.held(JUDGED)
    said = report.totals["read"] - report.totals["ticks"]
    judged = sum(report.totals[verdict] for verdict in VERDICTS)
    if said != judged:
        what = "read = accepted + duplicate + rejected"
        report.breach(JUDGED, what, expected=said, found=judged)
    if store is not None:
        counted = {verdict: report.totals[verdict] for verdict in VERDICTS}
        sunk = {place: end for place, end in ends.items() if end and place[0] in names.outputs}
        store.settle(rows, counted, sunk)


def show(log: Log, report: Report) -> None:
    """Read the records of the first breach again."""
    if report.breaches:
        report.breaches[0] = with_records(report.breaches[0], log)


__all__ = ["Names", "Report", "check_log", "check_partition", "ends_of", "settle", "show"]
