"""Decides what a run of records does to one partition's state, and what leaves because of it.

Theory of operation. The log alone decides: folding the same records in the same order gives the
same state and the same outputs in any process. A record at or below `applied` changes nothing;
what it led to is sent again from the state, because it may never have arrived. State leaves as one
batch whose last record is `applied`; outputs are built after the fold, so they show the state at
the end of the run, absolute and versioned. Refuses to know Kafka, the clock and where batches go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.errors import Reason, Rejection
from schemas.judged import Judged
from schemas.records import version_of
from schemas.validation import Judge
from streams.core import plain, sequence, state
from streams.core.acts import Act
from streams.core.ahead import Ahead, Record
from streams.core.holdings import Holdings
from streams.core.outputs import Outputs
from streams.core.promises import Promises
from streams.core.rounds import Setting
from streams.core.sayings import Saying
from streams.core.sequence import Passage
from streams.core.shelf import Shelf, opened
from streams.core.state import Coop, Deal, Gate, Mended, Odd, Said
from streams.core.ticks import Clockwork, bytes_of
from streams.core.view import View
from streams.core.voids import Target, taken_back

STATE_BYTES_MAX: Final = 400 * 1024
"""A run is cut before its state batch passes this; one report more still fits 512 KiB."""
HEAVY_BYTES: Final = 32 * 1024
"""A co-op of this size opens a batch of its own rather than filling one up."""
COOP_BYTES_MAX: Final = 300 * 1024
"""A co-op of this size is heard no more: its state has to fit one batch for ever."""
TICK_KEY: Final = b"tick"
_REFUSALS: Final = {
    Passage.TOO_FAR: Reason.SEQUENCE_TOO_FAR,
    Passage.REUSED: Reason.SEQUENCE_REUSED,
}


@dataclass(slots=True)
class Effects:
    """What a run leads to; `next` is the index after its last record folded.

    Of the records `judged` (ticks are none) `refused` are those kept in no part, counted from 0.
    """

    next: int
    state: list[tuple[bytes, bytes | None]]
    outputs: list[tuple[str, list[tuple[bytes, bytes]]]]
    counts: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    refused: list[int] = field(default_factory=list)


class Partition:
    """One partition of `lumbung.events.v1`: its state, and the fold over its log."""

    def __init__(  # noqa: PLR0913 - the parts of a partition, each named by its caller
        self,
        number: int,
        *,
        judge: Judge,
        view: View,
        shelf: Shelf,
        setting: Setting,
        epoch: int = 0,
    ) -> None:
        self.number = number
        self._judge = judge
        self._view = view
        self._book = view.book
        self._shelf = shelf
        self._ahead = Ahead(judge, number, view.packs_of)
        self._held = Holdings(view, shelf, epoch)
        self._promises = Promises(view)
        self._clock = Clockwork(view, shelf, setting, self._promises)
        self._out = Outputs(number, view)
        self._state: dict[bytes, Any] = {}
        self._heavy: set[bytes] = set()
        self._bytes = 0

    @property
    def applied(self) -> int:
        """The last offset that is in the state, -1 when none is."""
        return self._held.now.offset

    # -------------------------------------------------------------- recovery
    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        return self._held.restore(key, value)

    def encode(self, key: bytes) -> bytes | None:
        """What the changelog should hold for a key."""
        return self._held.encode(key)

    def settle(self) -> None:
        """Build book and totals from the state."""
        self._view.rebuild(self._held.now)
        self._held.settled()
        coops = self._book.coops.items()
        self._heavy = {n.encode() for n, coop in coops if bytes_of(coop) > HEAVY_BYTES}

    # -------------------------------------------------------------- the fold
    def fold(self, run: Sequence[Record], start: int = 0) -> Effects:
        """Fold records from `start` until the run ends or the state batch is full."""
        self._state, self._bytes = {}, 0
        self._out.clear()
        at = start
        while at < len(run) and self._goes_on(run[at]):
            self._one(run[at], self._ahead.verdict(run, at))
            at += 1
        if at == len(run):
            self._ahead.forget()
        return self._effects(at)

    def _goes_on(self, record: Record) -> bool:
        """False when the batch is full, or the record had better open one of its own."""
        if self._bytes >= STATE_BYTES_MAX:
            return False
        return not self._bytes or self._fits(record.key)

    def _fits(self, key: bytes | None) -> bool:
        """A tick may change much, so it opens a batch of its own; a heavy co-op does so later."""
        return key != TICK_KEY and (key not in self._heavy or self._bytes < HEAVY_BYTES)

    def announce(self, committed: int) -> list[tuple[str, list[tuple[bytes, bytes]]]]:
        """All that changed at or above the committed offset and does not leave by re-reading."""
        return self._out.announce(version_of(self._held.now.epoch, committed - 1), self._held.now)

    def _effects(self, at: int) -> Effects:
        rows: list[tuple[bytes, bytes | None]] = [
            (key, value if value is None or isinstance(value, bytes) else state.encode(value))
            for key, value in self._state.items()
        ]
        if rows or self._out.moved:
            rows.append((state.APPLIED, state.encode(self._held.now)))
        out, refused = self._out.rows(self._held.now), self._out.refused
        return Effects(at, rows, out, dict(self._out.counts), self._out.judged, refused)

    def _one(self, record: Record, found: Judged | Rejection) -> None:
        now = self._held.now
        again = record.offset <= now.offset
        if not again:
            now.offset = record.offset
            self._out.moved = True
            if not now.as_of_ms:  # before the first tick, the first record tells the time
                self._clock.start(now, record.timestamp)
        if isinstance(found, Rejection):
            self._out.reject(record, found, None)
        elif not found.actor:
            self._tick(record, found, again=again)
        elif again:
            self._say_again(record, found)
        else:
            self._say(record, found)

    # -------------------------------------------------------------- sayings
    def _say(self, record: Record, said: Judged) -> None:
        coop = self._book.coops.get(said.actor)
        gate = None if coop is None else coop.gates.get(said.device)
        if record.key not in self._heavy:
            steps = plain.steps(said, coop, gate, self._view)
            if steps is not None:
                self._plain(record, said, steps)
                return
        passage = sequence.look(gate, said.sequence, said.digest)
        full = self._is_full(coop, gate, record.key) if passage is Passage.FRESH else ""
        if full:
            self._refuse(record, said, Reason.STATE_TOO_LARGE, full)
        elif passage is Passage.FRESH:
            self._fresh(record, said)
        elif passage is Passage.SEEN:
            self._duplicate(record, said)
        else:
            self._refuse(record, said, _REFUSALS[passage], "data.sequence")

    def _plain(self, record: Record, said: Judged, steps: list[plain.Step]) -> None:
        now, coop = self._held.now, self._book.coop(said.actor, said.hub)
        plain.fold(said, coop, steps, self._view, version_of(now.epoch, record.offset))
        kept = Said(record.offset, said.time_ms, said.lines, (), record.timestamp)
        self._write_down(said, coop, kept)
        self._out.plain(record, said, kept, steps)

    def _is_full(self, coop: Coop | None, gate: Gate | None, key: bytes | None) -> str:
        """The field that is too much for the state of an actor, "" when there is room."""
        if coop is None:
            return ""
        if gate is None and len(coop.gates) >= plain.GATES_MAX:
            return "data.device"
        if key in self._heavy and bytes_of(coop) > COOP_BYTES_MAX:
            return "data.coop"
        return ""

    def _refuse(self, record: Record, said: Judged, reason: Reason, where: str) -> None:
        """A sound record that the state refuses; it is remembered, for the state moves on."""
        odd = self._held.odd[record.offset] = Odd(record.offset, reason.value, where)
        self._keep(f"odd/{record.offset}".encode(), odd, 64)
        self._out.reject(record, Rejection(reason, where), said)

    def _fresh(self, record: Record, said: Judged) -> None:
        if said.repairs:
            said = self._held.mending.admitted(said)
        now, coop = self._held.now, self._book.coop(said.actor, said.hub)
        version = version_of(now.epoch, record.offset)
        gate = coop.gates.get(said.device)
        if gate is None:
            gate = coop.gates[said.device] = Gate()
        sequence.enter(gate, said.sequence, said.digest)
        coop.version = version
        coop.last_ms = max(coop.last_ms, said.time_ms)
        saying = Saying(coop, said, self._shelf, self._view.amount(said.actor), version)
        touched = saying.fold()
        touched.refused[:0] = said.rejections
        if said.body is not None:
            act = Act(said, coop, self._view, self._promises, version)
            fault = act.carry_out(touched, now, self._judge)
            if fault is not None:
                touched.refused.append(fault)
            for deal in act.deals:
                self._deal(deal)
        self._view.follow(said.actor, touched, version)
        for deal in self._promises.cut(said, touched, now, version):
            self._deal(deal)
        kept = Said(
            record.offset,
            said.time_ms,
            tuple(touched.lines),
            tuple((r.line, r.reason.value, r.field) for r in touched.refused),
            record.timestamp,
        )
        if said.repairs and kept.lines:
            self._mended(said.repairs, Mended(record.offset, said.id))
        self._close(record, said, coop, kept)

    def _mended(self, letter: str, mended: Mended) -> None:
        self._held.mending.hold(letter, mended)
        self._keep(f"mended/{letter}".encode(), mended, 64)

    def _close(self, record: Record, said: Judged, coop: Coop, kept: Said) -> None:
        """Write down what a fresh saying came to, and let it leave."""
        self._write_down(said, coop, kept)
        self._out.accept(record, said, kept, self._gone(said, kept))

    def _write_down(self, said: Judged, coop: Coop, kept: Said) -> None:
        value = state.encode(kept)
        self._shelf.put(said.actor, said.device, said.sequence, value)
        name = f"said/{said.actor}|{said.device}|{said.sequence}".encode()
        self._state[name] = value
        self._bytes += len(value) + len(name)
        self._keep_coop(said.actor, coop)

    def _gone(self, said: Judged, kept: Said) -> list[Target]:
        if not self._book.coops[said.actor].voids:
            return []
        return taken_back(self._book.coops[said.actor], self._shelf, said.actor, kept)

    def _kept(self, said: Judged) -> Said | None:
        value = self._shelf.get(said.actor, said.device, said.sequence)
        return None if value is None else opened(value)

    def _duplicate(self, record: Record, said: Judged) -> None:
        kept = self._kept(said)
        self._out.duplicate(record, said, kept, [] if kept is None else self._gone(said, kept))

    def _say_again(self, record: Record, said: Judged) -> None:
        """Send again what a record that is in the state led to; the state says what that was."""
        odd, kept = self._held.odd.get(record.offset), self._kept(said)
        if odd is not None:
            self._out.reject(record, Rejection(Reason(odd.reason), odd.field), said)
        elif kept is not None and kept.offset == record.offset:
            self._out.accept(record, said, kept, self._gone(said, kept), again=True)
        else:
            self._duplicate(record, said)

    # -------------------------------------------------------------- ticks
    def _tick(self, record: Record, said: Judged, *, again: bool) -> None:
        now = self._held.now
        if again or said.sequence <= now.tick:
            return
        settled = now.tick_offset
        beat = self._clock.tick(said, now, version_of(now.epoch, record.offset))
        for deal in beat.deals.values():
            self._deal(deal)
        for name, left in beat.rounds.items():
            self._keep(f"round/{name}".encode(), left, 64 + 120 * len(left.left))
            self._out.rounds[name] = None
        for actor, device, number in beat.forgotten:
            self._keep(f"said/{actor}|{device}|{number}".encode(), None, 48)
        for offset in [offset for offset in self._held.odd if offset < settled]:
            del self._held.odd[offset]
            self._keep(f"odd/{offset}".encode(), None, 24)
        for actor in beat.coops:
            self._keep_coop(actor, self._book.coops[actor])
        self._out.ticked(beat)

    # -------------------------------------------------------------- the batch
    def _keep(self, key: bytes, record: Any, size: int) -> None:
        if key not in self._state:
            self._bytes += size + len(key)
        self._state[key] = record

    def _keep_coop(self, actor: str, coop: Coop) -> None:
        key = f"coop/{actor}".encode()
        if key not in self._state:
            size = bytes_of(coop)
            self._keep(key, coop, size)
            if size > HEAVY_BYTES:
                self._heavy.add(actor.encode())

    def _deal(self, deal: Deal) -> None:
        self._keep(f"deal/{deal.match}".encode(), deal, 500)
        self._out.deals[deal.match] = None
