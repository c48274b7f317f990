"""Decides which records leave after a run: what was judged, what it touched, what could not be kept.

It collects while the fold runs and writes at the end of it, so every value is the state after the run.
Sending any of it twice changes nothing for a reader that keeps the highest version.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from schemas import records, topics
from schemas.decoding import raw_lines
from schemas.errors import Reason, Rejection
from schemas.events import REPORT_TYPE, Decision, Profile, plain
from schemas.judged import Judged, OrderLine, PlanLine, StockLine, VoidLine
from schemas.records import version_of
from streams.core import demand_out, ledger_out, match_out
from streams.core.envelope import Row, stamp, wrapped
from streams.core.state import Applied, Said, position_key
from streams.core.ticks import Beat
from streams.core.view import View
from streams.core.voids import Target, is_void


@dataclass(slots=True)
class Entry:
    """One judged record on its way to the ledger."""

    record: Any
    verdict: str
    said: Judged | None = None
    kept: Said | None = None
    reason: str = ""
    gone: list[Target] = field(default_factory=list)


class Outputs:
    """What leaves one partition, run by run."""

    def __init__(self, number: int, view: View) -> None:
        self._number, self._view = number, view
        self.deals: dict[str, None] = {}
        self.rounds: dict[str, None] = {}
        self.counts: dict[str, int] = {}
        self.moved = False
        self._entries: list[Entry] = []
        self._letters: list[Row] = []
        self._stamps: dict[int, str] = {}

    def clear(self) -> None:
        """Begin a run."""
        self.deals, self.rounds, self.counts, self.moved = {}, {}, {}, False
        self._entries, self._letters, self._stamps = [], [], {}

    # -------------------------------------------------------------- collecting
    def accept(self, record: Any, said: Judged, kept: Said, gone: list[Target]) -> None:
        """A saying that passed the gate, with what of it held and which lines it took back."""
        held = kept.lines or (said.type != REPORT_TYPE and not kept.refused)
        verdict = "accepted" if held else "rejected"
        self._entries.append(Entry(record, verdict, said, kept, "", gone))
        self._count(f"lumbung_records_total{{verdict={verdict}}}", 1)
        self._count("lumbung_lines_total{verdict=accepted}", len(kept.lines))
        if kept.refused:
            self._count("lumbung_lines_total{verdict=refused}", len(kept.refused))
        self._touch(said, kept, gone)
        if kept.refused:
            raw = raw_lines(record.value) if said.type == REPORT_TYPE else ()
            for n, reason, where in kept.refused:
                fault = Rejection(Reason(reason), where, n, said.actor)
                payload = raw[n - 1] if n else record.value
                self._letter(record, f"{said.id}#{n}", fault, payload)

    def duplicate(
        self, record: Any, said: Judged, kept: Said | None, gone: list[Target]
    ) -> None:
        """A saying seen before: what it touched is said again, as it stands."""
        self._entries.append(Entry(record, "duplicate", said, kept, "", gone))
        self._count("lumbung_records_total{verdict=duplicate}", 1)
        if kept is not None:
            self._touch(said, kept, gone)

    def reject(self, record: Any, fault: Rejection, said: Judged | None) -> None:
        """A record that is not kept at all."""
        self._entries.append(Entry(record, "rejected", said, None, fault.reason.value))
        self._count("lumbung_records_total{verdict=rejected}", 1)
        coop = fault.coop or (said.actor if said else "")
        whole = Rejection(fault.reason, fault.field, 0, coop)
        identity = f"{topics.EVENTS}/{self._number}/{record.offset}"
        self._letter(record, identity, whole, record.value or b"")

    def ticked(self, beat: Beat) -> None:
        """A tick was carried out."""
        self._count("lumbung_solves_total{certified=yes}", len(beat.rounds) - beat.uncertified)
        self._count("lumbung_solves_total{certified=no}", beat.uncertified)

    def _count(self, name: str, n: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + n

    def _touch(self, said: Judged, kept: Said, gone: list[Target]) -> None:
        if type(said.body) is Decision and said.body.match in self._view.book.deals:
            self.deals[said.body.match] = None
        for line in (*kept.lines, *(target.line for target in gone)) if gone else kept.lines:
            if type(line) is StockLine or type(line) is PlanLine:
                self._view.touched[said.hub, line.commodity] = None
            elif type(line) is OrderLine:
                seen = self._view.seen(said.actor, line.order)
                if seen is not None:
                    self._view.touched[said.hub, seen.commodity] = None

    def _letter(self, record: Any, identity: str, fault: Rejection, payload: bytes) -> None:
        where = (topics.EVENTS, self._number, record.offset)
        self._letters.append(ledger_out.dead_letter(identity, where, fault, record.timestamp, payload))
        self._count(f"lumbung_dead_letters_total{{reason={fault.reason.value}}}", 1)

    # -------------------------------------------------------------- writing
    def rows(self, now: Applied) -> list[tuple[str, list[Row]]]:
        """Everything collected, by topic; topics without a row are left out."""
        at = stamp(now.as_of_ms)
        found = [
            (topics.LEDGER, [self._ledger(entry, now.epoch) for entry in self._entries]),
            (topics.DEMAND, self._demand(self._view.touched, at)),
            (topics.MATCHES, self._matches(self.deals, self.rounds, at)),
            (topics.DEAD_LETTER, self._letters),
        ]
        self._view.touched.clear()
        return [(topic, rows) for topic, rows in found if rows]

    def announce(self, above: int, now: Applied) -> list[tuple[str, list[Row]]]:
        """Totals, deals and reasons with a version above the committed one, as they stand."""
        view, at = self._view, stamp(now.as_of_ms)
        totals = [key for key, total in view.totals.by_key.items() if total.version > above]
        changed = [name for name, deal in view.book.deals.items() if deal.version > above]
        rounds = [name for name, left in view.rounds.items() if left.version > above]
        found = [
            (topics.DEMAND, self._demand(sorted(totals), at)),
            (topics.MATCHES, self._matches(sorted(changed), sorted(rounds), at)),
        ]
        return [(topic, rows) for topic, rows in found if rows]

    def _demand(self, keys: Iterable[tuple[str, str]], at: str) -> list[Row]:
        out: list[Row] = []
        for key in keys:
            out += demand_out.rows(key, self._view.totals.total(*key), self._view.goods, at)
        return out

    def _matches(self, deals: Iterable[str], rounds: Iterable[str], at: str) -> list[Row]:
        view, out = self._view, []
        for name in deals:
            deal = view.book.deals[name]
            hub = view.book.hub_of[deal.to_coop]
            value = match_out.match(deal, hub, view.goods)
            out.append((name.encode(), wrapped(records.MATCH_TYPE, name, f"/hubs/{hub}", at, value)))
        for name in rounds:
            out.append(match_out.why_not(name, view.rounds[name], view.goods, at))
        return out

    def _ledger(self, entry: Entry, epoch: int) -> Row:
        record, said, kept = entry.record, entry.said, entry.kept
        value = records.Ledger(
            partition=self._number,
            offset=record.offset,
            verdict=entry.verdict,
            version=version_of(epoch, record.offset),
            recorded_ms=record.timestamp,
            reason=entry.reason,
            voided=list(dict.fromkeys(target.line_id for target in entry.gone)),
        )
        if said is not None:
            value.event_id, value.event_type = said.id, said.type
            value.coop, value.hub = said.actor, said.hub
            value.device, value.sequence = said.device, said.sequence
            value.occurred_ms = said.time_ms
            if kept is not None:
                self._fill(value, said, kept, entry)
        name = f"{topics.EVENTS}/{self._number}/{record.offset}"
        at = self._stamps.get(record.timestamp)
        if at is None:
            at = self._stamps[record.timestamp] = stamp(record.timestamp)
        source = f"/partitions/{self._number}"
        return (
            (said.actor if said else "unknown").encode(),
            wrapped(records.LEDGER_TYPE, name, source, at, value),
        )

    def _fill(self, value: records.Ledger, said: Judged, kept: Said, entry: Entry) -> None:
        goods, coop = self._view.goods, self._view.book.coops[said.actor]
        spoken = kept.lines
        if entry.gone:
            spoken = (*spoken, *(target.line for target in entry.gone))
        value.positions = [
            ledger_out.position(name, coop.levels[name], goods)
            for name in dict.fromkeys(
                position_key(line.commodity, line.grade, line.lot)
                for line in spoken
                if type(line) is StockLine
            )
            if name in coop.levels
        ]
        numbers = dict.fromkeys(line.order for line in spoken if type(line) is OrderLine)
        if type(said.body) is Profile:  # another pack is another order
            changed = (n for n, order in coop.orders.items() if order.version == value.version)
            numbers |= dict.fromkeys(changed)
        value.orders = [
            ledger_out.order(said.actor, n, self._view.seen(said.actor, n), coop.orders[n], goods)
            for n in numbers
            if n in coop.orders
        ]
        if entry.verdict == "duplicate":
            return
        if coop.voids:
            void = frozenset(
                line.n
                for line in kept.lines
                if type(line) is not VoidLine
                and is_void(coop, said.device, said.sequence, line.n, kept.time_ms)
            )
        else:
            void = frozenset()
        value.lines = ledger_out.lines(said.id, kept.lines, void, goods)
        value.refused = [
            records.Refused(line=n, reason=reason, field=where) for n, reason, where in kept.refused
        ]
        if said.body is not None:
            value.body = ledger_out.body(plain(said.body))


__all__: Final = ["Entry", "Outputs"]
