"""The laws held against a world: safety with every batch that lands, equality once all is quiet.

Decides what is a breach. Promises and lives of matches are judged as a reader meets them, at every
prefix of the topic; nothing is told that is in no state yet; equality is with the truth of the
story.
"""

from collections import defaultdict
from typing import Any

from schemas.topics import LEDGER, MARKET, MATCHES
from streams.core import state
from tests.simulation.cluster import CHANGELOG, COMPACTED, OUTPUTS, Cluster, Kept, Place
from tests.simulation.craft import HOME, MARKETS
from tests.simulation.facts import Fact, Name, Promise, thawed
from tests.simulation.truth import EPOCH, BreachError, Truth, law
from tests.simulation.vault import Row, Vault

Facts = tuple[Fact, ...]


class Reader:
    """Someone who reads all outputs of a partition as they land."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._counted: dict[tuple[str, str, int], Name] = {}
        self._matches: dict[str, tuple[int, Promise]] = {}
        self._on: dict[str, dict[str, Promise]] = defaultdict(dict)
        self._folded = 0
        """The version of the last record that is in the state, whoever wrote it down."""

    def kept(self, rows: list[tuple[bytes, bytes | None]]) -> None:
        """State is in the changelog."""
        for key, value in rows:
            if key == state.APPLIED and value is not None:
                now: Any = state.decode(key, value)
                self._folded = max(self._folded, now.epoch * EPOCH + now.offset + 1)

    def landed(self, place: Place, rows: list[tuple[bytes, bytes | None]]) -> list[Facts]:
        """A batch is in the log of a place; gives what each of its rows says."""
        facts, (topic, number) = self._truth.facts, place
        found = [facts(topic, key, value) for key, value in rows]
        newest = max(said[0].version for said in found)
        if newest > self._folded:
            what = f"version {newest} is told in {topic} and in no state yet"
            law("I9", holds=False, what=what)
        if topic == MARKET:
            self._finished(number, [said[0] for said in found])
        elif topic == LEDGER:
            counted = self._counted
            for said in found:
                name, _, _, about = said[0]
                if about and counted.setdefault(about, name) != name:
                    raise BreachError(f"I2: {about} was counted twice")
        elif topic == MATCHES:
            self._promised([fact for (fact,) in found if fact.name[0] == "match"])
        return found

    def _finished(self, place: int, facts: list[Fact]) -> None:
        """What stands for all leftovers is right, or it is said that some are still due."""
        for name, _, _, about in facts:
            if name[0] == "done":
                tick, told = about
                right = self._truth.between.done[tick, place]
                law("I6", told in (-1, right), f"{name} stands for {told}, not {right}")

    def _promised(self, facts: list[Fact]) -> None:
        touched: dict[str, None] = {}
        for (_, name), version, _, promise in facts:
            held = self._matches.get(name)
            if held is not None:
                older, newer = (held[1], promise) if held[0] < version else (promise, held[1])
                if newer.steps[: len(older.steps)] != older.steps:
                    what = f"{name} forgot a state: {older.steps}, then {newer.steps}"
                    law("I7", holds=False, what=what)
                if thawed(older, newer):
                    what = f"{name} was frozen: {older.terms}, then {newer.terms}"
                    law("I7", holds=False, what=what)
                if held[0] >= version:
                    continue
            self._matches[name] = (version, promise)
            for line in (promise.offer, promise.need):
                touched[line] = None
                if promise.live:
                    self._on[line][name] = promise
                else:
                    self._on[line].pop(name, None)
        for line in touched:
            if self._on[line]:
                self._bounded(line, list(self._on[line].values()))

    def _bounded(self, line: str, live: list[Promise]) -> None:
        """What stands of a line was all there at the newest tick that promised any of it."""
        tick = max(promise.tick for promise in live)
        if line in self._truth.wanted[tick]:
            commodity, room = self._truth.wanted[tick][line]
            asked = sum(p.takes for p in live if p.commodity == commodity)
        else:
            room = self._truth.free[tick].get(line, 0)
            asked = sum(p.gives for p in live if p.offer == line)
        law("I5", asked <= room, f"{asked} of {line} promised at tick {tick}, where {room} was")


def quiet(cluster: Cluster, truths: dict[int, Truth], vault: Vault, ends: dict[int, int]) -> None:
    """All has been said up to the ends, read and looked through: what must be equal."""
    rows: dict[Name, Row] = {}
    for number, truth in truths.items():
        end = ends[number]
        newest, held, _ = truth.after[end]
        done = cluster.committed[number]
        law("I10", done == end, f"partition {number} is committed to {done} of {end}")
        rows |= newest
        for topic in COMPACTED:
            if topic == CHANGELOG or not cluster.logs[topic, number].blind:
                _last_is_newest(cluster.logs[topic, number].records, topic, newest, held)
        for place in MARKETS:
            _market(cluster.logs[MARKET, place].records, truth, end, place)
    told: dict[Name, Row] = {}
    for number in truths:
        _read_anew(cluster, number, told)
    if told != rows:
        _same("I1", "the ledger", *(_only(r, ("judged",)) for r in (told, rows)))
        _same("I4", "the dead letters", *(_only(r, ("letter",)) for r in (told, rows)))
        _same("I3", "the topics", told, rows)
    _same("I8", "the warehouse", vault.rows, rows)


def _market(records: list[Kept], truth: Truth, end: int, place: int) -> None:
    """What one partition of the market was told in the end."""
    told: dict[Name, Row] = {}
    tick = 0
    for record in records:
        name, version, content, about = record.facts[0]
        if (name, version) not in truth.known:  # of another partition
            continue
        if name[0] == "done":
            tick = max(tick, about[0])
        elif name not in told or version > told[name][0]:
            told[name] = (version, content)
    last = max((truth.story.expected[at].tick for at in truth.ticks if at < end), default=0)
    law("I6", tick == last, f"partition {place} of the market heard of tick {tick}, not {last}")
    right = truth.after[end][2] if place == HOME else {}
    _same("I5", "the legs", *(_only(rows, ("leg",)) for rows in (told, right)))
    _same("I6", "the leftovers", *(_only(rows, ("left",)) for rows in (told, right)))


def _only(rows: dict[Name, Row], kinds: tuple[str, ...]) -> dict[Name, object]:
    return {name: row for name, row in rows.items() if name[0] in kinds}


def _read_anew(cluster: Cluster, number: int, rows: dict[Name, Row]) -> None:
    """The outputs of a partition from their beginning, the highest version of each name."""
    for topic in OUTPUTS:
        for record in cluster.logs[topic, number].records:
            for name, version, content, _ in record.facts:
                held = rows.get(name)
                if held is None or version >= held[0]:
                    rows[name] = (version, content)


def _last_is_newest(
    records: list[Kept], topic: str, newest: dict[Name, Row], right: dict[bytes, bytes]
) -> None:
    last = {record.key: record for record in records}
    if topic == CHANGELOG:
        held = {key: record.value for key, record in last.items() if record.value is not None}
        _same("I9", "the changelog", held, right)
        return
    for record in last.values():
        for name, version, _, _ in record.facts:
            due = newest[name][0]
            if due != version:
                what = f"the last of {name} in {topic} is {version}, not {due}"
                law("I9", holds=False, what=what)


def _same(name: str, what: str, shown: object, right: object) -> None:
    if shown == right:
        return
    assert isinstance(shown, dict)
    assert isinstance(right, dict)
    missing = [key for key in right if key not in shown]
    extra = [key for key in shown if key not in right]
    both = [key for key in right if key in shown and shown[key] != right[key]]
    other = [(key, shown[key], right[key]) for key in both[:2]]
    wrong = f"{what}: missing {missing[:3]}, extra {extra[:3]}, other {other}"
    law(name, holds=False, what=wrong)
