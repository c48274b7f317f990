"""The order of the checks: one partition after the other, then what only the whole can tell.

Decides what is read when, so that memory is bounded by one partition a process. Refuses to know
the rules: each has its module. Shares no code with the streams' core, nor with the reading and
judging of `schemas`.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from deploy.verify import goods
from deploy.verify.between import Between
from deploy.verify.changelog import OF_THE_MARKET, Changelog
from deploy.verify.deeds import Deeds
from deploy.verify.demand import Demand, compare_orders, compare_positions, wanted
from deploy.verify.derived import Source
from deploy.verify.findings import CONSERVED, JUDGED, LIVES, Report
from deploy.verify.grants import Grants
from deploy.verify.hub_acts import HubActs
from deploy.verify.ledger import Ledger
from deploy.verify.licences import Licences
from deploy.verify.log import Log
from deploy.verify.market import Market, elsewhere
from deploy.verify.matches import Matches
from deploy.verify.promises import Promises
from deploy.verify.rows import Elsewhere, Rows
from deploy.verify.walk import Moment, Walk
from deploy.verify.warehouse import Warehouse
from deploy.verify.witness import with_records
from schemas.topics import (
    DEAD_LETTER,
    DEMAND,
    EVENTS,
    LEDGER,
    MARKET,
    MATCHES,
    changelog_topic,
)

VERDICTS: Final = ("accepted", "duplicate", "rejected")
APP_ID: Final = "lumbung-hub"
MARKET_ID: Final = "lumbung-market"
Ends = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Names:
    """The topics of one deployment."""

    prefix: str = ""
    app_id: str = APP_ID
    market_id: str = MARKET_ID
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
    def market(self) -> str:
        """What hubs say to each other's matches; it may not be there."""
        return self.prefix + MARKET

    @property
    def market_changelog(self) -> str:
        """The state of the market's worker."""
        return self.prefix + changelog_topic(self.market_id).name

    @property
    def all(self) -> tuple[str, ...]:
        """Every topic of the check."""
        return (*self.of_hubs, self.market, self.market_changelog)

    @property
    def of_hubs(self) -> tuple[str, ...]:
        """Those that are there without a market."""
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
    market = log.partitions(names.market)
    for topic in names.all if market else names.of_hubs:
        deals, found = names.prefix + MATCHES, log.partitions(topic)
        allowed = {partitions}
        if topic == deals:
            allowed = {2 * partitions} if market else {partitions, 2 * partitions}
        if found not in allowed:
            report.breach(JUDGED, f"partitions of {topic}", expected=allowed, found=found)
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
    ledger = Ledger(log, told, names.events, number, report)
    walk = Walk(names.events, place_of, known, ledger, report)
    market = Market(names.market, place_of, known, report)
    market.load(log, names.events, walk.letters)
    deeds = Deeds(matches, names.events, number, report)
    promises = Promises(deeds, matches, market.home, names.events, known)
    grants = Grants(market.home, names.events, number, report)
    licences = Licences(market.home, report)
    acts = HubActs(market.home, names.events, number, report)
    walk.run(log, _following(deeds, acts, promises, (grants, licences)))
    for each in (deeds, acts, grants, licences):
        each.settle()
    promises.settle(walk)
    walk.letters.compare(log, letters, number)
    report.reasons.update(walk.letters.reasons())
    compare_positions(walk, ledger, report)
    compare_orders(walk, ledger, report)
    expected = wanted(walk, deeds, known, market.home)
    demand.compare(expected, known)
    changelog = Changelog(names.changelog, number, report)
    changelog.load(log)
    changelog.compare(walk.last, walk.gates, walk.mended)
    between = _between(log, names, place_of, (market, grants), report)
    if store is not None:
        letters_of = walk.letters.expected
        committed = Counter(deeds.given())
        rows = Rows(store, known, log, committed)
        rows.compare(walk, matches, expected, letters_of, between)


def _following(
    deeds: Deeds, acts: HubActs, promises: Promises, legs: tuple[Grants, Licences]
) -> Callable[[Walk, Moment], None]:
    """What is looked at after each record: first what moved, then whether it was there."""
    grants, licences = legs

    def folded(walked: Walk, now: Moment) -> None:
        if acts.takes(now):
            acts.folded(walked, now)
        else:
            deeds.folded(walked, now)
        promises.folded(walked, now)
        grants.folded(walked, now.version, promises.held)
        licences.folded(walked, now)

    return folded


def _between(
    log: Log,
    names: Names,
    place_of: tuple[int, int],
    sides: tuple[Market, Grants],
    report: Report,
) -> Elsewhere | None:
    """The matches of one partition of the market, and the state behind them; None without one."""
    number, count = place_of
    deals = names.prefix + MATCHES
    if not log.partitions(names.market):
        return None
    end = log.end(names.market, number)
    matches = Matches(Source(deals, count + number, report, LIVES), end, goods.load(), tier=2)
    matches.load(log)
    Between(sides[0].here, matches, report).check()
    of_here = {match for match, _ in sides[0].home.asked}
    bound, newest = elsewhere(log, deals, range(count, 2 * count), of_here)
    sides[1].stand(newest)
    changelog = Changelog(names.market_changelog, number, report, OF_THE_MARKET)
    changelog.load(log)
    if end:
        changelog.stands(end)
    return Elsewhere(matches, bound)


def settle(
    store: Warehouse | None, rows: Mapping[str, int], ends: Ends, names: Names, report: Report
) -> None:
    """What only the whole can tell; `rows` were compared, by view."""
    report.held(JUDGED)
    said = report.totals["read"] - report.totals["ticks"] - report.totals["requests"]
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
