"""What a co-op has, plans and wants, folded from its lines by the rules of the design alone.

A position is the newest count by (time, device, sequence, line) plus the movements after it; a
void takes a line back when their times are at most 30 days apart, whichever came first; an
order is its revisions by number. Nothing is folded as it comes: every line is kept and the
question is answered from all of them, so the order of arrival cannot matter. Refuses to know
offers and matches.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from sys import intern
from typing import Final, NamedTuple

from deploy.verify.lines import Asked, Line, LineReader, Plan, Stock, Void
from deploy.verify.sayings import Saying
from deploy.verify.shelves import Key, Level, Shelf
from deploy.verify.words import AMOUNT_MAX, MILLION, UNSAID

REACH_MS: Final = 30 * 86_400_000
FOR_GOOD: Final = 1_000_000
Goods = tuple[str, str, str]
"""commodity, grade, lot"""


class Order(NamedTuple):
    """An order as it stands; price -1, day -1 when not said."""

    commodity: str
    grade: str
    quantity: int
    ceiling: int
    needed: int
    priority: str
    market: str
    min_lot: int
    cancelled: bool
    revision: int


class Pact(NamedTuple):
    """What a contract says beside its line: its tag, its place, its days and who it is for."""

    key: Key
    tag: str
    site: str
    first: int
    last: int
    permits: frozenset[str]


@dataclass(slots=True)
class CoopBook:
    """All sound lines of one co-op."""

    stock: dict[Goods, Shelf] = field(default_factory=dict)
    plans: dict[tuple[Goods, int], list[tuple[Key, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    asked: dict[str, list[tuple[Key, Asked]]] = field(default_factory=lambda: defaultdict(list))
    voids: dict[tuple[str, int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    voiding: list[tuple[Key, Void]] = field(default_factory=list)
    packs: dict[tuple[str, str], int] = field(default_factory=dict)
    packs_key: Key | None = None
    devices: dict[str, int] = field(default_factory=dict)
    reports: list["array[int]"] = field(default_factory=list)
    filled: dict[tuple[str, str], int] = field(default_factory=dict)
    """What was received for each order of each commodity, in millionths."""
    pacts: list[Pact] = field(default_factory=list)
    permits: frozenset[str] = frozenset()
    outlet: bool = False
    rows: list[int] = field(default_factory=lambda: [0, 0])
    """How many lines there are in the ledger, and the sum of their fingerprints."""
    _names: list[str] = field(default_factory=list)
    _levels: dict[Goods, Level] = field(default_factory=dict)

    # -------------------------------------------------------------- taking in
    def device(self, name: str) -> int:
        """The number of a device among those of this co-op, given when it is new."""
        number = self.devices.get(name)
        if number is None:
            number = self.devices[name] = len(self.devices)
            self._names.append(name)
            self.reports.append(array("q"))
        return number

    def heard(self, said: Saying, offset: int) -> None:
        """A fresh report came: its sequence, its time, and where it stands."""
        self.reports[self.device(said.device)].extend((said.sequence, said.time_ms, offset))

    def time_of(self, device: str, sequence: int) -> int | None:
        """When a report was said, None when it was not."""
        number = self.devices.get(device)
        if number is None:
            return None
        held = self.reports[number]
        numbers = held[0::3]
        return held[3 * numbers.index(sequence) + 1] if sequence in numbers else None

    def offsets(self) -> set[int]:
        """Where the fresh reports of this co-op stand."""
        return {offset for held in self.reports for offset in held[2::3]}

    def take(self, said: Saying, lines: list[Line]) -> None:
        """Keep the sound lines of an accepted saying."""
        device = self.device(said.device)
        for line in lines:
            if isinstance(line, Stock):
                where = (line.commodity, line.grade, line.lot)
                shelf = self.stock.get(where)
                if shelf is None:
                    shelf = self._new_shelf(where)
                elif self._levels:
                    self._levels.pop(where, None)
                shelf.put(said.time_ms, device, said.sequence, line)
                continue
            key = (said.time_ms, said.device, said.sequence, line.n, 0)
            match line:
                case Plan():
                    goods = (line.commodity, line.grade, line.lot)
                    self.plans[goods, line.day].append((key, line.quantity))
                case Asked():
                    self.asked[line.order].append((key, line))
                case Void():
                    self.voiding.append((key, line))
                    self.voids[line.device, line.sequence, line.line].append(said.time_ms)
                    self._levels.clear()

    def move(self, said: Saying, goods: Goods, quantity: int) -> None:
        """Goods of this co-op left (less than nothing) or came by a decision, whoever made it.

        Its place among sayings is that of its decision, before any line; nothing voids it.
        """
        line = Stock(0, 0, "o" if quantity < 0 else "i", *goods, abs(quantity), None)
        shelf = self.stock.get(goods) or self._new_shelf(goods)
        self._levels.pop(goods, None)
        shelf.put(said.time_ms, self.device(said.device), said.sequence, line)

    def fill(self, order: str, commodity: str, quantity: int) -> None:
        """So much of some goods came for an order."""
        self.filled[order, commodity] = self.filled.get((order, commodity), 0) + quantity

    def _new_shelf(self, goods: Goods) -> Shelf:
        commodity, grade, lot = goods
        shelf = self.stock[intern(commodity), intern(grade), intern(lot)] = Shelf()
        return shelf

    def speaking(self) -> frozenset[str]:
        """The devices that spoke in this co-op's name; a hub's may only have moved its goods."""
        return frozenset(n for n, number in self.devices.items() if self.reports[number])

    def entries(self) -> int:
        """How many positions, plans, orders and voids there are."""
        return len(self.stock) + len(self.plans) + len(self.asked) + len(self.voids)

    def is_void(self, key: Key) -> bool:
        """Whether a line was taken back."""
        times = self.voids.get((key[1], key[2], key[3]), ())
        return any(abs(at - key[0]) <= REACH_MS for at in times)

    def voided(self) -> list[Key]:
        """The lines that were taken back; nothing takes back a void."""
        if not self.voids:
            return []
        shelves = self.stock.values()
        held = [key for shelf in shelves for _, key, _, _ in shelf.entries(self._names)]
        held += [key for plans in self.plans.values() for key, _ in plans]
        held += [key for asked in self.asked.values() for key, _ in asked]
        return [key for key in held if self.is_void(key)]

    # -------------------------------------------------------------- answering
    def level(self, goods: Goods) -> Level:
        """A position as it stands now."""
        known = self._levels.get(goods)
        if known is None:
            shelf = self.stock.get(goods) or Shelf()
            is_void = self.is_void if self.voids else None
            known = self._levels[goods] = shelf.level(self._names, is_void)
        return known

    def last_word(self, goods: Goods) -> int | None:
        """The newest time that anything was said of a position, taken back or not; ms UTC."""
        shelf = self.stock.get(goods)
        return None if shelf is None else max(shelf.lines[::4])

    def counted(self, goods: Goods) -> Key | None:
        """When and by whom a position was counted last, None when nobody did."""
        shelf = self.stock.get(goods)
        return None if shelf is None else shelf.counted(self._names, self.is_void)

    def delivered(self, name: str, order: Order) -> int:
        """What was received for an order of the goods it asks for."""
        return self.filled.get((name, order.commodity), 0)

    def wants(self, name: str, order: Order) -> int:
        """What an order still asks for: what was received for it is taken off."""
        return max(0, order.quantity - self.delivered(name, order))

    def planned(self, goods: Goods, day: int) -> int:
        """What will be ready on a day: its newest saying."""
        held = [entry for entry in self.plans[goods, day] if not self.is_void(entry[0])]
        return max(held)[1] if held else 0

    def order(self, name: str, reader: LineReader) -> Order | None:
        """An order as it stands, None when its placing is not (or no longer) there."""
        newest: dict[int, tuple[Key, Asked]] = {}
        for key, said in self.asked.get(name, ()):
            number = said.revision or FOR_GOOD
            if not self.is_void(key) and (number not in newest or key > newest[number][0]):
                newest[number] = (key, said)
        if 1 not in newest:
            return None
        placed = newest.pop(1)[1]
        now = Order(
            placed.commodity,
            *(placed.grade, placed.quantity, placed.ceiling, placed.needed),
            *(placed.priority, placed.market, placed.min_lot),
            cancelled=False,
            revision=1,
        )
        for number in sorted(newest):
            now = self._revised(now, number, newest[number][1], reader)
        return now

    def _revised(self, now: Order, number: int, said: Asked, reader: LineReader) -> Order:
        """The order after one revision; one whose unit does not fit the goods changes nothing."""
        if not self.fits(now.commodity, said, reader):
            return now
        now = now._replace(
            cancelled=said.kind == "x", revision=now.revision if number == FOR_GOOD else number
        )
        if said.kind == "x":
            return now
        size = reader.size(now.commodity, said.unit, self.packs) or 0
        quantity, min_lot = now.quantity, now.min_lot
        if said.quantity != UNSAID:
            quantity = said.quantity * size // MILLION or quantity
        if said.min_lot != UNSAID:
            min_lot = said.min_lot * size // MILLION
        return now._replace(
            grade=said.grade or now.grade,
            quantity=quantity,
            ceiling=said.ceiling if said.ceiling != UNSAID else now.ceiling,
            needed=said.needed if said.needed != UNSAID else now.needed,
            priority=said.priority or now.priority,
            market=said.market or now.market,
            min_lot=min_lot,
        )

    def fits(self, commodity: str, said: Asked, reader: LineReader) -> bool:
        """Whether the amounts of a revision can be had in base units of the goods."""
        if said.kind != "a" or not said.unit:
            return True
        size = reader.size(commodity, said.unit, self.packs)
        most = max(said.quantity, said.min_lot)
        base = 0 if size is None else most * size // MILLION
        return size is not None and base <= AMOUNT_MAX and (base > 0 or most == 0)
