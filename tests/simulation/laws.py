"""The laws held against a world: safety with every batch that lands, equality once all is quiet.

Decides what is a breach. Promises and lives of matches are judged as a reader meets them, at every
prefix of the topic; equality is with the truth of the story.
"""

from collections import defaultdict

from schemas.topics import LEDGER, MATCHES
from tests.simulation.cluster import CHANGELOG, COMPACTED, OUTPUTS, Cluster
from tests.simulation.facts import Fact, Name, Promise
from tests.simulation.truth import BreachError, Truth, law
from tests.simulation.vault import Vault


class Reader:
    """Someone who reads all outputs of a partition as they land."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._counted: dict[tuple[str, str, int], Name] = {}
        self._matches: dict[str, tuple[int, Promise]] = {}
        self._on: dict[str, dict[str, Promise]] = defaultdict(dict)

    def landed(self, topic: str, rows: list[tuple[bytes, bytes | None]]) -> None:
        """A batch is in the log."""
        found = []
        for key, value in rows:
            if value is None:
                raise BreachError(f"I8: a tombstone in {topic}")
            found.append(self._truth.facts(topic, key, value))
        if topic == LEDGER:
            for judged, *_ in found:
                if judged.about:
                    first = self._counted.setdefault(judged.about, judged.name)
                    if first != judged.name:
                        raise BreachError(f"I2: {judged.about} was counted twice")
        elif topic == MATCHES:
            self._promised([fact for (fact,) in found if fact.name[0] == "match"])

    def _promised(self, facts: list[Fact]) -> None:
        touched: dict[str, None] = {}
        for (_, name), version, _, promise in facts:
            held = self._matches.get(name)
            if held is not None:
                older, newer = (held[1], promise) if held[0] < version else (promise, held[1])
                same = newer.steps[: len(older.steps)] == older.steps
                law("I7", same, f"{name} forgot a state: {older.steps}, then {newer.steps}")
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
            asked = sum(p.micro for p in live if p.commodity == commodity)
        else:
            room = self._truth.free[tick].get(line, 0)
            asked = sum(p.micro for p in live if p.offer == line)
        law("I5", asked <= room, f"{asked} of {line} promised at tick {tick}, where {room} was")


def quiet(cluster: Cluster, truths: dict[int, Truth], vault: Vault) -> None:
    """All has been said, read and looked through: what must be equal."""
    rows: dict[Name, tuple[int, str]] = {}
    for number, truth in truths.items():
        end = len(truth.story.records)
        done = cluster.committed[number]
        law("I10", done == end, f"partition {number} is committed to {done} of {end}")
        rows |= truth.rows
        for topic in COMPACTED:
            if topic == CHANGELOG or not cluster.logs[topic, number].blind:
                _last_is_newest(cluster, truth, topic)
    told = {n: r for truth in truths.values() for n, r in _read_anew(cluster, truth).items()}
    _same("I1", "the ledger", *(_only(r, ("judged",)) for r in (told, rows)))
    _same("I4", "the dead letters", *(_only(r, ("letter",)) for r in (told, rows)))
    _same("I3", "the topics", told, rows)
    _same("I8", "the warehouse", vault.rows, rows)


def _only(rows: dict[Name, tuple[int, str]], kinds: tuple[str, ...]) -> dict[Name, object]:
    return {name: row for name, row in rows.items() if name[0] in kinds}


def _read_anew(cluster: Cluster, truth: Truth) -> dict[Name, tuple[int, str]]:
    """The outputs of a partition from their beginning, the highest version of each name."""
    rows: dict[Name, tuple[int, str]] = {}
    for topic in OUTPUTS:
        for record in cluster.logs[topic, truth.number].records:
            assert record.value is not None
            for fact in truth.facts(topic, record.key, record.value):
                held = rows.get(fact.name)
                if held is None or fact.version >= held[0]:
                    rows[fact.name] = (fact.version, fact.content)
    return rows


def _last_is_newest(cluster: Cluster, truth: Truth, topic: str) -> None:
    last = {r.key: r.value for r in cluster.logs[topic, truth.number].records}
    if topic == CHANGELOG:
        held = {key: value for key, value in last.items() if value is not None}
        _same("I9", f"the changelog of partition {truth.number}", held, truth.state)
        return
    for key, value in last.items():
        assert value is not None
        for fact in truth.facts(topic, key, value):
            newest = truth.rows[fact.name]
            what = f"the last of {fact.name} in {topic} is {fact.version}, not {newest[0]}"
            law("I9", newest[0] == fact.version, what)


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
