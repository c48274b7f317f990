"""Decides what a run of records does to one partition's state, and what leaves because of it.

Theory of operation. The log alone decides: folding the same records in the same order gives the
same state and the same outputs in any process. A record at or below `applied` changes nothing;
what it led to is sent again from the state, because it may never have arrived. State leaves as one
batch whose last record is `applied`; outputs are built after the fold, so they show the state at
the end of the run, absolute and versioned. Refuses to know Kafka, the clock and where batches go.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from schemas.errors import Reason, Rejection
from schemas.judged import Judged
from schemas.records import version_of
from schemas.validation import Judge
from streams.core import contracts, deal_life, plain, sequence, state
from streams.core.acts import Act
from streams.core.ahead import Ahead, Record, Verdict
from streams.core.batch import COOP_BYTES_MAX, HEAVY_BYTES, STATE_BYTES_MAX, Batch
from streams.core.desk import Desk
from streams.core.effects import Away, Effects
from streams.core.holdings import Holdings
from streams.core.interchange.hub_stock import At
from streams.core.outputs import Outputs
from streams.core.promises import Promises, lines_of
from streams.core.rounds import Setting
from streams.core.sayings import Saying, Spoken
from streams.core.sequence import Passage
from streams.core.shelf import Shelf, opened
from streams.core.state import Coop, Deal, Gate, Mended, Odd, Said
from streams.core.ticks import Beat, Clockwork, bytes_of
from streams.core.view import View
from streams.core.voids import Target, taken_back

TICK_KEY: Final = b"tick"
_REFUSALS: Final = {
    Passage.TOO_FAR: Reason.SEQUENCE_TOO_FAR,
    Passage.REUSED: Reason.SEQUENCE_REUSED,
}


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
        self._ahead = Ahead(judge, number, setting.partitions, view.packs_of)
        self._promises = Promises(view)
        self._desk = Desk(number, view, self._promises, setting)
        self._held = Holdings(view, shelf, epoch, self._desk.side)
        self._clock = Clockwork(view, shelf, setting, self._promises)
        self._out = Outputs(number, view)
        self._batch = Batch()

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
        self._desk.side.settle()
        self._view.rebuild(self._held.now)
        self._desk.settle()
        self._held.settled()
        coops = self._book.coops.items()
        self._batch.heavy = {n.encode() for n, coop in coops if bytes_of(coop) > HEAVY_BYTES}

    # -------------------------------------------------------------- the fold
    def fold(self, run: Sequence[Record], start: int = 0) -> Effects:
        """Fold records from `start` until the run ends or the state batch is full."""
        self._batch.clear()
        self._out.clear()
        at = start
        while at < len(run) and self._goes_on(run[at]):
            self._one(run[at], self._ahead.verdict(run, at))
            at += 1
            if run[at - 1].key == TICK_KEY:
                break  # what a tick says can be said again only from the state that it left
        if at == len(run):
            self._ahead.forget()
        return self._effects(at)

    def _goes_on(self, record: Record) -> bool:
        """False when the batch is full, or the record had better open one of its own."""
        if self._batch.bytes + self._desk.size >= STATE_BYTES_MAX:
            return False
        return not (self._batch.bytes or self._desk.size) or self._fits(record.key)

    def _fits(self, key: bytes | None) -> bool:
        """A tick opens its own batch; so, later, does a heavy co-op, or who may move its goods."""
        heavy = self._batch.heavy
        if not heavy or key == TICK_KEY:
            return key != TICK_KEY
        alone = key in heavy or len(key or b"") == len(b"19.02")
        return not alone or self._batch.bytes < HEAVY_BYTES

    def announce(self, committed: int) -> list[tuple[str, list[tuple[bytes, bytes]]]]:
        """All that changed at or above the committed offset and does not leave by re-reading."""
        return self._out.announce(self._above(committed), self._held.now)

    def announce_away(self, committed: int) -> Away:
        """The same of what the market between hubs is told."""
        return self._desk.announce(self._above(committed), self._held.now, self._clock.market)

    def reign(self, generation: int) -> None:
        """A tenure begins, in this generation of the consumer group."""
        self._desk.generation = generation

    def _above(self, committed: int) -> int:
        return version_of(self._held.now.epoch, committed - 1)

    def _effects(self, at: int) -> Effects:
        legs, away = self._desk.drain(self._held.now)
        rows = [*self._batch.rows(), *legs]
        if rows or self._out.moved:
            rows.append((state.APPLIED, state.encode(self._held.now)))
        out, refused = self._out.rows(self._held.now), self._out.refused
        return Effects(at, rows, out, dict(self._out.counts), self._out.judged, refused, away)

    def _one(self, record: Record, found: Verdict) -> None:
        now = self._held.now
        again = record.offset <= now.offset
        if not again:
            now.offset = record.offset
            self._out.moved = True
            if not now.as_of_ms:  # before the first tick, the first record tells the time
                self._clock.start(now, record.timestamp)
        if isinstance(found, Rejection):
            self._out.reject(record, found, None)
        elif not isinstance(found, Judged):
            self._desk.hear(found, self._at(record), again=again)
        elif not found.actor:
            self._tick(record, found, again=again)
        elif again:
            self._say_again(record, found)
        else:
            self._say(record, found)

    def _at(self, record: Record) -> At:
        now = self._held.now
        return At(version_of(now.epoch, record.offset), now.as_of_ms)

    # -------------------------------------------------------------- sayings
    def _say(self, record: Record, said: Judged) -> None:
        coop = self._book.coops.get(said.actor)
        gate = None if coop is None else coop.gates.get(said.device)
        if record.key not in self._batch.heavy:
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
        if key in self._batch.heavy and bytes_of(coop) > COOP_BYTES_MAX:
            return "data.coop"
        return ""

    def _refuse(self, record: Record, said: Judged, reason: Reason, where: str) -> None:
        """A sound record that the state refuses; it is remembered, for the state moves on."""
        odd = self._held.odd[record.offset] = Odd(record.offset, reason.value, where)
        self._batch.keep(f"odd/{record.offset}".encode(), odd, 64)
        self._out.reject(record, Rejection(reason, where), said)

    def _fresh(self, record: Record, said: Judged) -> None:
        if said.repairs:
            said = self._held.mending.admitted(said)
        now, coop = self._held.now, self._book.coop(said.actor, said.hub)
        said = contracts.admitted(coop, said)
        version = version_of(now.epoch, record.offset)
        gate = coop.gates.get(said.device)
        if gate is None:
            gate = coop.gates[said.device] = Gate()
        sequence.enter(gate, said.sequence, said.digest)
        coop.version = version
        coop.last_ms = max(coop.last_ms, said.time_ms)
        saying = Saying(coop, said, self._shelf, self._view.amount(said.actor), version)
        touched = saying.fold()
        contracts.follow(coop, said, touched, self._shelf)
        touched.refused[:0] = said.rejections
        act_deals: list[Deal] = []
        lines = {said.actor: touched}
        if said.body is not None:
            act = Act(said, coop, self._view, self._promises, version)
            fault = act.carry_out(touched, now, self._judge)
            if fault is not None:
                touched.refused.append(fault)
            act_deals, lines = act.deals, lines | act.lines
        self._spread(said, lines, act_deals, self._at(record))
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

    def _spread(self, said: Judged, lines: Spoken, deals: Iterable[Deal], at: At) -> None:
        """Follow what a saying touched, by co-op; promises that no longer fit it give way."""
        for actor, own in lines.items():
            self._view.follow(actor, own, at.version)
            if actor != said.actor:
                self._batch.coop(actor, self._book.coops[actor])
        changed = [*deals, *self._promises.cut(said, lines, self._held.now.as_of_ms, at.version)]
        for deal in changed:
            self._deal(deal)
        self._weigh(lines, changed, said.id, at)

    def _weigh(self, lines: Spoken, deals: Iterable[Deal], cause: str, at: At) -> None:
        """Lines, or what is promised of them inside, have changed: so may the legs on them."""
        offers, needs = lines_of(lines)
        for deal in deals:
            offers.append(deal.offer)
            needs.append(deal.need)
        self._desk.weigh(dict.fromkeys(offers), dict.fromkeys(needs), cause, at)

    def _mended(self, letter: str, mended: Mended) -> None:
        self._held.mending.hold(letter, mended)
        self._batch.keep(f"mended/{letter}".encode(), mended, 64)

    def _close(self, record: Record, said: Judged, coop: Coop, kept: Said) -> None:
        """Write down what a fresh saying came to, and let it leave."""
        self._write_down(said, coop, kept)
        self._out.accept(record, said, kept, self._gone(said, kept))

    def _write_down(self, said: Judged, coop: Coop, kept: Said) -> None:
        value = state.encode(kept)
        self._shelf.put(said.actor, said.device, said.sequence, value)
        name = f"said/{said.actor}|{said.device}|{said.sequence}".encode()
        self._batch.said(name, value)
        self._batch.coop(said.actor, coop)

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
            self._batch.keep(f"round/{name}".encode(), left, 64 + 120 * len(left.left))
            self._out.rounds[name] = None
        for actor, device, number in beat.forgotten:
            self._batch.keep(f"said/{actor}|{device}|{number}".encode(), None, 48)
        for offset in [offset for offset in self._held.odd if offset < settled]:
            del self._held.odd[offset]
            self._batch.keep(f"odd/{offset}".encode(), None, 24)
        for actor in beat.coops:
            self._batch.coop(actor, self._book.coops[actor])
        self._tell_market(beat, said.sequence, self._at(record))
        self._out.ticked(beat)

    def _tell_market(self, beat: Beat, tick: int, at: At) -> None:
        """Holds run out; what families have left is told; then, that the tick is done."""
        self._weigh({}, beat.deals.values(), "", at)
        self._desk.lapse(at)
        solved = [(hub, family) for hub, _, family in (n.partition("|") for n in beat.rounds)]
        for where in dict.fromkeys([*solved, *self._desk.stale()]):
            self._desk.tell(where, self._clock.market(where), at)
        self._desk.done(tick, at.version)

    def _deal(self, deal: Deal) -> None:
        self._batch.deal(deal)
        self._batch.bytes += deal_life.bytes_of(deal)
        self._out.deals[deal.match] = None
