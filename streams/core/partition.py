"""Decides what a run of records does to one partition's state, and what leaves because of it.

Theory of operation. The log alone decides: folding the same records in the same order gives the same
state and the same outputs in any process. A record at or below `applied` changes nothing; what it led
to is sent again from the state, because it may never have arrived. State leaves as one batch whose last
record is `applied`; outputs are built after the fold, so they show the state at the end of the run,
absolute and versioned. Refuses to know Kafka, the clock and where batches go.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import Decision, Gap, Profile
from schemas.judged import Judged
from schemas.records import version_of
from schemas.resolving import day_of
from schemas.topics import EVENTS
from schemas.validation import Judge
from streams.core import deals, sequence, state
from streams.core.outputs import Outputs
from streams.core.rounds import Setting
from streams.core.sayings import Saying
from streams.core.sequence import Passage
from streams.core.shelf import Shelf, opened
from streams.core.state import Applied, Coop, Deal, Gate, Said, Step
from streams.core.ticks import Clockwork
from streams.core.view import View

STATE_BYTES_MAX: Final = 400 * 1024
"""A run is cut before its state batch passes this; one report more still fits 512 KiB."""
GATES_MAX: Final = 32
TICK_KEY: Final = b"tick"


class Record(Protocol):
    """A consumed record: offset, broker timestamp in ms, key and value as bytes."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Effects:
    """What a run leads to; `next` is the index after its last record folded."""

    next: int
    state: list[tuple[bytes, bytes | None]]
    outputs: list[tuple[str, list[tuple[bytes, bytes]]]]
    counts: dict[str, int] = field(default_factory=dict)


class Partition:
    """One partition of `lumbung.events.v1`: its state, and the fold over its log."""

    def __init__(
        self, number: int, judge: Judge, view: View, shelf: Shelf, setting: Setting, epoch: int = 0
    ) -> None:
        self.number = number
        self._judge = judge
        self._view = view
        self._book = view.book
        self._shelf = shelf
        self._now = Applied(epoch=epoch)
        self._odd: set[int] = set()
        self._clock = Clockwork(view, shelf, setting)
        self._out = Outputs(number, view)
        self._state: dict[bytes, Any] = {}
        self._bytes = 0

    @property
    def applied(self) -> int:
        """The last offset that is in the state, -1 when none is."""
        return self._now.offset

    # -------------------------------------------------------------- recovery
    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        kind, _, name = key.decode().partition("/")
        if value is None:
            return self._forget(kind, name)
        record = state.decode(key, value)
        held = self._held(kind, name)
        if held is not None and state.version_in(held) > state.version_in(record):
            return False
        self._hold(kind, name, record, value)
        return True

    def encode(self, key: bytes) -> bytes | None:
        """What the changelog should hold for a key."""
        kind, _, name = key.decode().partition("/")
        if kind == "said":
            return self._shelf.get(*_said_name(name))
        held = self._held(kind, name)
        return None if held is None else state.encode(held)

    def settle(self) -> None:
        """Build book and totals from the state."""
        self._view.rebuild(self._now)

    def _held(self, kind: str, name: str) -> Any:
        if kind == "said":
            kept = self._shelf.get(*_said_name(name))
            return None if kept is None else opened(kept)
        if kind == "odd":
            return self._now if int(name) in self._odd else None
        tables: Mapping[str, Mapping[str, Any]] = {
            "coop": self._book.coops,
            "deal": self._book.deals,
            "round": self._view.rounds,
            "applied": {"": self._now},
        }
        return tables[kind].get(name)

    def _hold(self, kind: str, name: str, record: Any, value: bytes) -> None:
        if kind == "coop":
            self._book.coops[name] = record
            self._book.hub_of[name] = self._view.hub(name)
        elif kind == "said":
            self._shelf.put(*_said_name(name), value)
        elif kind == "deal":
            self._book.deals[name] = record
        elif kind == "round":
            self._view.rounds[name] = record
        elif kind == "odd":
            self._odd.add(int(name))
        else:
            self._now = record

    def _forget(self, kind: str, name: str) -> bool:
        if kind == "said":
            self._shelf.drop(*_said_name(name))
        elif kind == "odd":
            self._odd.discard(int(name))
        return True

    # -------------------------------------------------------------- the fold
    def fold(self, run: Sequence[Record], start: int = 0) -> Effects:
        """Fold records from `start` until the run ends or the state batch is full."""
        self._state, self._bytes = {}, 0
        self._out.clear()
        at = start
        while at < len(run) and self._bytes < STATE_BYTES_MAX:
            if run[at].key == TICK_KEY and self._bytes:
                break  # a tick may change much, so it gets a batch of its own
            self._one(run[at])
            at += 1
        return self._effects(at)

    def announce(self, committed: int) -> list[tuple[str, list[tuple[bytes, bytes]]]]:
        """All that changed at or above the committed offset and does not leave by re-reading."""
        return self._out.announce(version_of(self._now.epoch, committed - 1), self._now)

    def _effects(self, at: int) -> Effects:
        rows: list[tuple[bytes, bytes | None]] = [
            (key, value if value is None or isinstance(value, bytes) else state.encode(value))
            for key, value in self._state.items()
        ]
        if rows or self._out.moved:
            rows.append((state.APPLIED, state.encode(self._now)))
        return Effects(at, rows, self._out.rows(self._now), dict(self._out.counts))

    def _one(self, record: Record) -> None:
        found = self._judge.judge(
            record.value,
            key=record.key,
            timestamp_ms=record.timestamp,
            partition=self.number,
            packs_of=self._view.packs_of,
        )
        again = record.offset <= self._now.offset
        if not again:
            self._now.offset = record.offset
            self._out.moved = True
            if not self._now.as_of_ms:  # before the first tick, the first record tells the time
                self._clock.start(self._now, record.timestamp)
        if isinstance(found, Rejection):
            self._out.reject(record, found, None)
        elif not found.actor:
            self._tick(record, found, again)
        elif again:
            self._say_again(record, found)
        else:
            self._say(record, found)

    # -------------------------------------------------------------- sayings
    def _say(self, record: Record, said: Judged) -> None:
        coop = self._book.coop(said.actor, said.hub)
        gate = coop.gates.get(said.device)
        passage = sequence.look(gate, said.sequence, said.digest)
        if passage is Passage.FRESH and gate is None and len(coop.gates) >= GATES_MAX:
            self._out.reject(record, Rejection(Reason.STATE_TOO_LARGE, "data.device"), said)
        elif passage is Passage.FRESH:
            if gate is None:
                gate = coop.gates[said.device] = Gate()
            self._fresh(record, said, coop, gate)
        elif passage is Passage.SEEN:
            self._duplicate(record, said, coop)
        elif passage is Passage.TOO_FAR:
            self._out.reject(record, Rejection(Reason.SEQUENCE_TOO_FAR, "data.sequence"), said)
        else:
            self._keep(f"odd/{record.offset}".encode(), self._now, 24)
            self._odd.add(record.offset)
            self._out.reject(record, Rejection(Reason.SEQUENCE_REUSED, "data.sequence"), said)

    def _fresh(self, record: Record, said: Judged, coop: Coop, gate: Gate) -> None:
        version = version_of(self._now.epoch, record.offset)
        sequence.enter(gate, said.sequence, said.digest)
        coop.version = version
        coop.last_ms = max(coop.last_ms, said.time_ms)
        saying = Saying(coop, said, self._shelf, self._view.amount(said.actor), version)
        touched = saying.fold()
        touched.refused[:0] = said.rejections
        if said.body is not None:
            fault = self._body(said, coop, version)
            if fault is not None:
                touched.refused.append(Rejection(fault.reason, fault.field, 0, said.actor))
        self._view.follow(said.actor, touched, version)
        for deal in self._view.cut_promises(said, touched, self._now, version):
            self._deal(deal)
        kept = Said(
            record.offset,
            said.time_ms,
            tuple(touched.lines),
            tuple((r.line, r.reason.value, r.field) for r in touched.refused),
            record.timestamp,
        )
        value = state.encode(kept)
        self._shelf.put(said.actor, said.device, said.sequence, value)
        name = f"said/{said.actor}|{said.device}|{said.sequence}".encode()
        self._keep(name, value, len(value))
        self._keep_coop(said.actor, coop)
        self._out.accept(record, said, kept, touched.voided)

    def _duplicate(self, record: Record, said: Judged, coop: Coop) -> None:
        kept = self._shelf.get(said.actor, said.device, said.sequence)
        self._out.duplicate(record, said, None if kept is None else opened(kept))

    def _say_again(self, record: Record, said: Judged) -> None:
        """Send again what a record that is in the state led to; the state says what that was."""
        coop = self._book.coops.get(said.actor)
        gate = None if coop is None else coop.gates.get(said.device)
        kept = self._shelf.get(said.actor, said.device, said.sequence)
        was = None if kept is None else opened(kept)
        if was is not None and was.offset == record.offset:
            self._out.accept(record, said, was, [])
        elif record.offset in self._odd:
            self._out.reject(record, Rejection(Reason.SEQUENCE_REUSED, "data.sequence"), said)
        elif sequence.look(gate, said.sequence, said.digest) in (Passage.FRESH, Passage.TOO_FAR):
            full = coop is not None and gate is None and len(coop.gates) >= GATES_MAX
            reason = Reason.STATE_TOO_LARGE if full else Reason.SEQUENCE_TOO_FAR
            field_ = "data.device" if full else "data.sequence"
            self._out.reject(record, Rejection(reason, field_), said)
        else:
            self._out.duplicate(record, said, was)

    # -------------------------------------------------------------- other sayings
    def _body(self, said: Judged, coop: Coop, version: int) -> Rejection | None:
        act: Callable[[Judged, Coop, int], None] | None = {
            Profile: self._profile,
            Gap: self._gap,
            Decision: self._decision,
        }.get(type(said.body))
        try:
            if act is not None:
                act(said, coop, version)
        except Unacceptable as fault:
            return Rejection(fault.reason, fault.field, 0, said.actor)
        return None

    def _profile(self, said: Judged, coop: Coop, version: int) -> None:
        key = state.line_key(said.time_ms, said.device, said.sequence, 0, 0)
        if key <= coop.profile_key:
            return
        coop.profile_key = key
        coop.packs = {f"{c}|{w}": micro for (c, w), micro in self._judge.packs(said.body).items()}
        coop.mandates = [
            (m.hub, day_of(m.since, "since"), day_of(m.until, "until")) for m in said.body.mandates
        ]

    def _gap(self, said: Judged, coop: Coop, version: int) -> None:
        if not sequence.give_up(coop.gates[said.device], said.body.first, said.body.last):
            raise Unacceptable(Reason.SEQUENCE_TOO_FAR, "data.last")

    def _decision(self, said: Judged, coop: Coop, version: int) -> None:
        deal = self._book.deals.get(said.body.match)
        if deal is None:
            raise Unacceptable(Reason.UNKNOWN_MATCH, "data.match")
        by = deals.sides(deal, said.actor, self._book.coops, self._view.today(said.hub))
        if said.body.decision == "accept" and self._view.is_short(deal):
            raise Unacceptable(Reason.STOCK_GONE, "data.match")
        step = Step("", self._now.as_of_ms, said.actor, said.body.reason or said.body.decision)
        deals.decide(deal, said.body.decision, by, step)
        step.state = deal.state
        deal.version = version
        self._view.follow_deal(deal, version)
        self._deal(deal)

    # -------------------------------------------------------------- ticks
    def _tick(self, record: Record, said: Judged, again: bool) -> None:
        if again or said.sequence <= self._now.tick:
            return
        version = version_of(self._now.epoch, record.offset)
        beat = self._clock.tick(said, self._now, version)
        for deal in beat.deals:
            self._deal(deal)
        for name, left in beat.rounds.items():
            self._keep(f"round/{name}".encode(), left, 64 + 120 * len(left.left))
            self._out.rounds[name] = None
        for actor, device, number in beat.forgotten:
            self._keep(f"said/{actor}|{device}|{number}".encode(), None, 48)
        for actor in beat.coops:
            self._keep_coop(actor, self._book.coops[actor])
        self._out.ticked(beat)

    # -------------------------------------------------------------- the batch
    def _keep(self, key: bytes, record: Any, size: int) -> None:
        if key not in self._state:
            self._bytes += size + len(key)
        self._state[key] = record

    def _keep_coop(self, actor: str, coop: Coop) -> None:
        size = 64 + 96 * (len(coop.levels) + len(coop.orders) + len(coop.plans) + len(coop.voids))
        size += sum(len(g.digests) + len(g.bits) + 32 for g in coop.gates.values())
        self._keep(f"coop/{actor}".encode(), coop, size)

    def _deal(self, deal: Deal) -> None:
        self._keep(f"deal/{deal.match}".encode(), deal, 500)
        self._out.deals[deal.match] = None


def _said_name(name: str) -> tuple[str, str, int]:
    actor, device, number = name.split("|")
    return actor, device, int(number)
