"""Decides which records leave after a run: what was judged, what it touched, what was not kept.

It collects while the fold runs and writes at the end of it, so every value is the state after the
run. Sending any of it twice changes nothing for a reader that keeps the highest version.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from schemas import records, topics
from schemas.decoding import raw_lines
from schemas.errors import Reason, Rejection
from schemas.events import REPORT_TYPE, Decision, Profile, plain
from schemas.judged import Judged, OrderLine, PlanLine, StockLine, VoidLine
from schemas.records import version_of
from streams.core import demand_out, ledger_out, leg_acts, match_out
from streams.core.book import LIVE
from streams.core.dead_letters import dead_letter
from streams.core.deal_life import UNFROZEN
from streams.core.envelope import Row, stamp, wrapped
from streams.core.plain import Step
from streams.core.state import Applied, Coop, Deal, Said, position_key
from streams.core.ticks import Beat
from streams.core.view import View
from streams.core.voids import Target, is_void

_RECORDS: Final = {
    verdict: f"lumbung_records_total{{verdict={verdict}}}"
    for verdict in ("accepted", "duplicate", "rejected")
}
_NOTHING_GONE: Final[frozenset[int]] = frozenset()


class Entry(NamedTuple):
    """One judged record on its way to the ledger."""

    record: Any
    verdict: str
    said: Judged | None
    kept: Said | None
    reason: str
    gone: list[Target]
    steps: Sequence[Step] = ()
    """The lines of a plain saying."""


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
        self.refused: list[int] = []

    def clear(self) -> None:
        """Begin a run."""
        self.deals, self.rounds, self.counts, self.moved = {}, {}, {}, False
        self._entries, self._letters = [], []
        self.refused = []

    @property
    def judged(self) -> int:
        """How many records were judged in this run."""
        return len(self._entries)

    # -------------------------------------------------------------- collecting
    def accept(
        self, record: Any, said: Judged, kept: Said, gone: list[Target], *, again: bool = False
    ) -> None:
        """A saying that passed the gate, with what of it held and which lines it took back.

        `again`: it is in the state already, so all it touched is to be said again.
        """
        held = kept.lines or (said.type != REPORT_TYPE and not kept.refused)
        verdict = "accepted" if held else "rejected"
        self._entries.append(Entry(record, verdict, said, kept, "", gone))
        self._count(_RECORDS[verdict], 1)
        self._count("lumbung_lines_total{verdict=accepted}", len(kept.lines))
        if not held:
            self.refused.append(len(self._entries) - 1)
        if kept.refused:
            self._count("lumbung_lines_total{verdict=refused}", len(kept.refused))
        if again:
            self._touch(said, kept, gone)
        if kept.refused:
            raw = raw_lines(record.value) if said.type == REPORT_TYPE else ()
            for n, reason, where in kept.refused:
                fault = Rejection(Reason(reason), where, n, said.actor)
                payload = raw[n - 1] if n else record.value
                self._letter(record, f"{said.id}#{n}", fault, payload)

    def plain(self, record: Any, said: Judged, kept: Said, steps: list[Step]) -> None:
        """A plain saying, all of whose lines hold."""
        self._entries.append(Entry(record, "accepted", said, kept, "", [], steps))

    def duplicate(self, record: Any, said: Judged, kept: Said | None, gone: list[Target]) -> None:
        """A saying seen before: what it touched is said again, as it stands."""
        self._entries.append(Entry(record, "duplicate", said, kept, "", gone))
        self._count(_RECORDS["duplicate"], 1)
        if kept is not None:
            self._touch(said, kept, gone)

    def reject(self, record: Any, fault: Rejection, said: Judged | None) -> None:
        """A record that is not kept at all."""
        self.refused.append(len(self._entries))
        self._entries.append(Entry(record, "rejected", said, None, fault.reason.value, []))
        self._count(_RECORDS["rejected"], 1)
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
        self._letters.append(dead_letter(identity, where, fault, record.timestamp, payload))
        self._count(f"lumbung_dead_letters_total{{reason={fault.reason.value}}}", 1)

    # -------------------------------------------------------------- writing
    def rows(self, now: Applied) -> list[tuple[str, list[Row]]]:
        """Everything collected, by topic; topics without a row are left out."""
        at = stamp(now.as_of_ms)
        ledger = [self._ledger(entry, now.epoch) for entry in self._entries]
        self._count_plain()
        found = [
            (topics.LEDGER, ledger),
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
            total = self._view.totals.by_key.get(key)
            if total is not None:  # all that was ever said of it may have been taken back
                out += demand_out.rows(key, total, self._view.goods, at)
        return out

    def _matches(self, deals: Iterable[str], rounds: Iterable[str], at: str) -> list[Row]:
        view, out = self._view, []
        for name in sorted(deals, key=lambda name: _place(view.book.deals[name])):
            deal = view.book.deals[name]
            hub = view.book.hub_of[deal.to_coop]
            value = match_out.match(deal, hub, view.goods)
            out.append(
                (name.encode(), wrapped(records.MATCH_TYPE, name, f"/hubs/{hub}", at, value))
            )
        out += [match_out.why_not(name, view.rounds[name], view.goods, at) for name in rounds]
        return out

    def _count_plain(self) -> None:
        plain = [len(entry.steps) for entry in self._entries if entry.steps]
        if plain:
            self._count(_RECORDS["accepted"], len(plain))
            self._count("lumbung_lines_total{verdict=accepted}", sum(plain))

    def _ledger(self, entry: Entry, epoch: int) -> Row:
        record, said, kept = entry.record, entry.said, entry.kept
        recorded = record.timestamp
        version = version_of(epoch, record.offset)
        place = (self._number, record.offset, version, recorded)
        if entry.steps and said is not None:
            coop = self._view.book.coops[said.actor]
            if not coop.voids:
                inside = ledger_out.stock(said.id, entry.steps, coop.levels, self._view.goods)
                inside = ledger_out.speaker(said) + inside
                value = ledger_out.record(place, stamp(recorded), "accepted", inside)
                return said.actor.encode(), value
        inside = f',"reason":"{entry.reason}"' if entry.reason else ""
        if said is not None:
            inside += ledger_out.speaker(said)
            if kept is not None:
                inside += self._touched(said, kept, entry.gone, version)
                if entry.verdict != "duplicate":
                    inside += self._said(said, kept)
            if said.repairs and entry.verdict == "accepted":
                inside += ledger_out.text("repairs", said.repairs)
        if entry.gone:
            ids = dict.fromkeys(target.line_id for target in entry.gone)
            inside += ledger_out.text("voided", list(ids))
        key = b"unknown" if said is None else said.actor.encode()
        return key, ledger_out.record(place, stamp(recorded), entry.verdict, inside)

    def _touched(self, said: Judged, kept: Said, gone: list[Target], version: int) -> str:
        """The positions and orders that a saying speaks of, as they stand."""
        view, coop = self._view, self._view.book.coops[said.actor]
        stock: dict[str, StockLine] = {}
        numbers: dict[str, None] = {}
        for line in (*kept.lines, *(target.line for target in gone)) if gone else kept.lines:
            if type(line) is StockLine:
                stock[position_key(line.commodity, line.grade, line.lot)] = line
            elif type(line) is OrderLine:
                numbers[line.order] = None
        if type(said.body) is Profile:  # another pack is another order
            numbers |= {n: None for n, order in coop.orders.items() if order.version == version}
        moves, filled = self._moved(said, kept)
        positions = [
            ledger_out.position(line, coop.levels[name], view.goods)
            for name, line in stock.items()
            if name in coop.levels
        ]
        orders = [
            ledger_out.order(said.actor, n, view.seen(said.actor, n), coop.orders[n], view.goods)
            for n in numbers
            if n in coop.orders
        ]
        positions, orders = positions + moves, orders + filled
        return ledger_out.field("positions", positions) + ledger_out.field("orders", orders)

    def _moved(self, said: Judged, kept: Said) -> tuple[list[str], list[str]]:
        """The positions and orders that a decision which was carried out has moved or filled."""
        if type(said.body) is not Decision or kept.refused:
            return [], []
        found = leg_acts.moved_at(said.body, self._view)
        if found is None:
            return [], []
        actor, name, number = found
        coop, goods = self._view.book.coops[actor], self._view.goods
        of = "" if actor == said.actor else actor
        held = coop.levels.get(name)
        shown = [] if held is None else [ledger_out.moved(of, name, held, goods)]
        if number not in coop.orders:
            return shown, []
        seen = self._view.seen(actor, number)
        return shown, [ledger_out.order(actor, number, seen, coop.orders[number], goods)]

    def _said(self, said: Judged, kept: Said) -> str:
        """What a saying says, and what of it was refused."""
        coop = self._view.book.coops[said.actor]
        gone = _taken_back(coop, said, kept) if coop.voids else _NOTHING_GONE
        lines = ledger_out.lines(said.id, kept.lines, gone, self._view.goods)
        inside = ledger_out.field("lines", lines)
        if kept.refused:
            inside += ledger_out.field("refused", ledger_out.refused(kept.refused))
        if said.body is not None:
            inside += ledger_out.text("body", plain(said.body))
        return inside


def _place(deal: Deal) -> int:
    """Those that ended first, then those that only shrink, then what is new or grew.

    They may leave in two batches, and between the two no more may stand promised than is there.
    """
    if deal.state not in UNFROZEN:
        return 1 if deal.state in LIVE else 0
    return 2 if deal.quantity <= deal.stood else 3


def _taken_back(coop: Coop, said: Judged, kept: Said) -> frozenset[int]:
    return frozenset(
        line.n
        for line in kept.lines
        if type(line) is not VoidLine
        and is_void(coop, said.device, said.sequence, line.n, kept.time_ms)
    )
