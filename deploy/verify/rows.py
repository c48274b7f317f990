"""What the rows of the warehouse must be for one partition, from books, matches and letters.

Decides which columns of which view are held against what. Refuses to know SQL beyond a key range.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from deploy.verify.books import CoopBook
from deploy.verify.demand import Sums
from deploy.verify.findings import BREACHES_KEPT
from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.letters import Letter, digest
from deploy.verify.log import Log
from deploy.verify.matches import Matches
from deploy.verify.shelves import Key
from deploy.verify.walk import Walk
from deploy.verify.warehouse import Row, Warehouse, amount, at_ms
from deploy.verify.words import UNSAID

_AFTER: Final = {":": ";", "|": "}"}
"""The character after a separator: what ends the range of keys that begin with it."""

_OF_A_MATCH: Final = (
    "match_id state version price leg_cost from_coop to_coop commodity grade tier payment"
    " pool pooled quantity shipped_quantity received_quantity refused_quantity lost_quantity"
    " held_quantity freezes_at asked_at opened_at partner"
)


class Elsewhere(NamedTuple):
    """Matches between hubs: those of this partition's families, and what all take of offers."""

    matches: Matches
    bound: Mapping[str, int]


class Rows:
    """Compares one partition with the warehouse."""

    def __init__(
        self, warehouse: Warehouse, known: Reference, log: Log, committed: Mapping[str, int]
    ) -> None:
        """`committed` is what matches inside the hubs keep of each offer, in millionths."""
        self._in, self._known, self._log = warehouse, known, log
        self._committed = Counter(committed)
        self._told = 0

    def compare(
        self,
        walk: Walk,
        matches: Matches,
        sums: Mapping[tuple[str, str, str], Sums],
        letters: Mapping[str, Letter],
        between: Elsewhere | None = None,
    ) -> None:
        """Everything of one partition."""
        committed = self._committed + Counter(between.bound if between else {})
        for actor, book in walk.books.items():
            self._lines(walk, actor, book)
            self._positions(actor, book, committed)
            self._orders(actor, book, walk)
        self._demand(sums)
        self._matches(matches)
        if between is not None:
            self._matches(between.matches)
        self._letters(letters, walk.mended)

    # -------------------------------------------------------------- of one co-op
    def _lines(self, walk: Walk, actor: str, book: CoopBook) -> None:
        """The rows of a co-op's lines by number and sum; only where these differ, one by one."""
        held, taken = [0, 0], set()
        for row in self._rows_of(actor):
            line_id, kind, commodity, grade, lot, quantity, device, sequence, at, void = row
            asks = kind.startswith("order.")
            goods = (line_id, kind, commodity, "" if asks else grade, lot)
            held[0] += 1
            held[1] += hash((*goods, amount(quantity), device, sequence, at_ms(at)))
            if void and kind != "line.voided":
                taken.add(line_id)
        voided = {_line_id(actor, key) for key in book.voided()}
        self._in.see("v_ledger", book.rows[0])
        if held == book.rows and taken == voided:
            return
        self._told += 1
        if self._told > BREACHES_KEPT:
            self._in.differs("v_ledger", actor, tuple(book.rows), tuple(held))
            return
        again = walk.rows_of(self._log, actor)
        expected = {name: (*row, name in voided) for name, row in again.items()}
        found = {
            row[0]: (
                *(row[1], row[2], "" if row[1].startswith("order.") else row[3], row[4]),
                *(amount(row[5]), row[6], row[7], at_ms(row[8]), row[0] in taken),
            )
            for row in self._rows_of(actor)
        }
        if not self._in.compare("v_ledger", expected, found, of=actor, anew=False):
            self._in.differs("v_ledger", actor, tuple(book.rows), tuple(held))

    def _rows_of(self, actor: str) -> Iterator[Row]:
        columns = "line_id kind commodity grade lot quantity device sequence occurred_at voided"
        return self._in.rows("v_ledger", columns, *_begins("line_id", f"{actor}:"))

    def _positions(self, actor: str, book: CoopBook, committed: Mapping[str, int]) -> None:
        expected: dict[Any, Row] = {}
        for goods in book.stock:
            level = book.level(goods)
            bound = committed.get("|".join((actor, *goods)), 0)
            free = max(0, level.on_hand - bound - level.keep)
            unit = self._known.goods[goods[0]].unit
            expected[goods] = (level.on_hand, bound, free, unit)
        columns = "commodity grade lot on_hand committed available unit"
        rows = self._in.rows("v_position", columns, '"coop" = :coop', {"coop": actor})
        found = {row[:3]: (*map(amount, row[3:6]), row[6]) for row in rows}
        self._in.compare("v_position", expected, found, of=actor)

    def _orders(self, actor: str, book: CoopBook, walk: Walk) -> None:
        if not book.asked:
            return  # a row too many is found by their number
        expected: dict[str, Row] = {}
        for number in book.asked:
            order = book.order(number, walk.reader)
            name = f"{actor}|{number}"
            if order is None:
                expected[name] = ("unplaced", "", UNGRADED, 0, 0, 0, "domestic", None)
                continue
            state = "cancelled" if order.cancelled else "open"
            left = 0 if order.cancelled else book.wants(number, order)
            came = book.delivered(number, order)
            ceiling = None if order.ceiling == UNSAID else order.ceiling
            goods = (order.commodity, order.grade or UNGRADED, order.quantity)
            expected[name] = (state, *goods, left, came, order.market, ceiling)
        columns = "order_id state commodity grade quantity open delivered market ceiling_price"
        found = {
            row[0]: (
                *(row[1], row[2], row[3] or UNGRADED, *map(amount, row[4:7])),
                *row[7:],
            )
            for row in self._in.rows("v_order", columns, *_begins("order_id", f"{actor}|"))
        }
        self._in.compare("v_order", expected, found, of=actor)

    # -------------------------------------------------------------- of the hubs
    def _demand(self, sums: Mapping[tuple[str, str, str], Sums]) -> None:
        hubs: dict[str, dict[Any, Row]] = defaultdict(dict)
        for (hub, commodity, horizon), cells in sums.items():
            good = self._known.goods[commodity]
            for (grade, market), (supply, planned, demand, matched) in cells.items():
                shown = (supply, planned, demand, matched, demand - matched, good.unit, good.stage)
                hubs[hub][commodity, horizon, grade, market] = shown
        columns = "commodity horizon grade market supply planned demand matched gap unit stage"
        for hub, expected in hubs.items():
            rows = self._in.rows("v_hub_demand", columns, '"hub" = :hub', {"hub": hub})
            found = {row[:4]: (*map(amount, row[4:9]), *row[9:]) for row in rows if any(row[4:8])}
            self._in.compare("v_hub_demand", expected, found, of=f"hub {hub}")

    def _matches(self, matches: Matches) -> None:
        steps = "step state actor reason at"
        for said in matches.newest():
            name = {"name": said.match_id}
            expected = (
                *(said.state, said.version, said.price, said.leg_cost, said.from_coop),
                *(said.to_coop, said.commodity, said.grade, said.tier, said.payment),
                *(said.pool or None, said.pooled),
                *(*said.amounts, said.held),
                *(
                    ms if ms > 0 else None
                    for ms in (said.freezes_ms, said.asked_ms, said.opened_ms)
                ),
                said.partner or None,
            )
            rows = self._in.rows("v_match", _OF_A_MATCH, '"match_id" = :name', name)
            found = {
                row[0]: (*row[1:13], *map(amount, row[13:19]), *map(at_ms, row[19:22]), row[22])
                for row in rows
            }
            self._in.compare("v_match", {said.match_id: expected}, found, of=said.need)
            life = {
                n: (step.state, step.actor, step.reason, step.at_ms)
                for n, step in enumerate(said.history, 1)
            }
            rows = self._in.rows("v_match_history", steps, '"match_id" = :name', name)
            told = {row[0]: (row[1], row[2], row[3] or "", at_ms(row[4])) for row in rows}
            self._in.compare("v_match_history", life, told, of=said.match_id)

    def _letters(self, letters: Mapping[str, Letter], mended: Mapping[str, str]) -> None:
        columns = "identity partition offset line reason payload repaired_by"
        for identity, letter in letters.items():
            rows = self._in.rows("v_dead_letter", columns, '"identity" = :id', {"id": identity})
            found = {row[0]: (*row[1:5], digest(bytes(row[5])), row[6]) for row in rows}
            expected = {identity: (*letter, mended.get(identity))}
            self._in.compare("v_dead_letter", expected, found, of=identity)


def _line_id(actor: str, key: Key) -> str:
    _, device, sequence, line, part = key
    return f"{actor}:{device}:{sequence}#{line}" + (f".{part}" if part else "")


def _begins(column: str, prefix: str) -> tuple[str, dict[str, str]]:
    """The range of keys that begin with a prefix, in the order of bytes."""
    after = prefix[:-1] + _AFTER[prefix[-1]]
    return f'"{column}" >= :first AND "{column}" < :after', {"first": prefix, "after": after}
