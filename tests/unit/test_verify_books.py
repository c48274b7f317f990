"""The checker's own books: positions and orders from their lines, whatever came first."""

from itertools import permutations
from typing import Any

import pytest

from deploy.verify.books import CoopBook
from deploy.verify.gates import Gate, Use
from deploy.verify.goods import load
from deploy.verify.lines import LineReader
from deploy.verify.log import LogRecord
from deploy.verify.sayings import read
from tests.support.sayings import COOP, HOME, KEY, NOW_MS, PARTITIONS, encoded, envelope

KNOWN = load()
READER = LineReader(KNOWN)
PEPPER = ("LADA-PUTIH", "UNGRADED", "")
DAY_MS = 86_400_000


def stock(kind: str, quantity: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "commodity": "LADA-PUTIH", "quantity": quantity, "unit": "KG", **more}


def keep(book: CoopBook, sequence: int, day: int, *lines: dict[str, Any]) -> None:
    """A report of `day` days ago is read and kept."""
    data = {"coop": COOP, "device": "hp1", "sequence": sequence, "lines": list(lines)}
    value = encoded(envelope("report", data, time=f"2026-11-{22 - day:02d}T00:00:00Z"))
    said = read(LogRecord(HOME, 0, NOW_MS, KEY, value), PARTITIONS, KNOWN)
    assert said is not None
    for parts in READER.read(said, book.packs):
        assert parts is not None
        book.take(said, parts)


REPORTS = (
    (1, 6, stock("stock.counted", "100", keep="7")),
    (2, 5, stock("stock.received", "30")),
    (3, 4, stock("stock.counted", "50")),
    (4, 3, stock("stock.issued", "8")),
    (5, 2, {"kind": "line.voided", "line": f"{COOP}:hp1:3#1"}),
)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_any_order_of_arrival_gives_the_same_position(order: tuple[int, ...]) -> None:
    book = CoopBook()
    for n in order:
        keep(book, REPORTS[n][0], REPORTS[n][1], REPORTS[n][2])
    assert book.level(PEPPER).on_hand == (100 + 30 - 8) * 1_000_000
    assert book.level(PEPPER).keep == 7_000_000


def test_a_void_reaches_thirty_days_and_no_further() -> None:
    book = CoopBook()
    key = (NOW_MS, "hp1", 3, 1, 0)
    book.voids["hp1", 3, 1].append(NOW_MS + 30 * DAY_MS)
    assert book.is_void(key)
    book.voids["hp1", 3, 1] = [NOW_MS + 30 * DAY_MS + 1]
    assert not book.is_void(key)


def test_a_level_may_be_negative() -> None:
    book = CoopBook()
    keep(book, 1, 1, stock("stock.issued", "8"))
    assert book.level(PEPPER).on_hand == -8_000_000


def test_an_order_is_its_revisions_by_number() -> None:
    book = CoopBook()
    amended = {"kind": "order.amended", "order": "PO-1", "revision": 3, "quantity": "1"}
    keep(book, 1, 1, {**amended, "unit": "TON"})
    assert book.order("PO-1", READER) is None
    keep(book, 2, 2, {"kind": "order.cancelled", "order": "PO-1", "revision": 2})
    placed = {**stock("order.placed", "5"), "order": "PO-1"}
    keep(book, 3, 3, placed)
    found = book.order("PO-1", READER)
    assert found is not None
    assert (found.quantity, found.cancelled, found.revision) == (1_000_000_000, False, 3)
    keep(book, 4, 4, {"kind": "order.cancelled", "order": "PO-1"})
    found = book.order("PO-1", READER)
    assert found is not None
    assert found.cancelled


def test_a_gate_forgets_no_sequence_and_tells_contents_apart() -> None:
    gate = Gate()
    for sequence in (1, 2, 5):
        assert gate.look(sequence, 7) is Use.FRESH
        gate.use(sequence, 7, sequence)
    assert gate.marks() == (2, 0b100)
    assert gate.look(2, 7) is Use.SAME
    assert gate.look(5, 8) is Use.OTHER
    assert gate.look(2 + 65_536, 7) is Use.FRESH
    assert gate.look(3 + 65_536, 7) is Use.TOO_FAR
    assert gate.give_up(3, 4)
    assert gate.look(3, 7) is Use.GIVEN_UP
    gate.use(600, 7, 9)
    assert gate.look(2, 8) is Use.OLD
    assert gate.marks() == (5, 1 << (600 - 6))
