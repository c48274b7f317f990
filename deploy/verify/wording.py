"""How a line reads in the ledger, from the checker's own reading of the report.

Decides the words that ledger and warehouse must have; orders' grades and the said amounts of
amendments are left out, since an order's own state tells them. Refuses to know records.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from deploy.verify.books import CoopBook, Key
from deploy.verify.lines import Asked, Line, Plan, Stock, Void
from deploy.verify.words import UNSAID

_STOCK: Final = {"c": "stock.counted", "i": "stock.received", "o": "stock.issued"}
_ORDER: Final = {"p": "order.placed", "a": "order.amended", "x": "order.cancelled"}
Words = tuple[Any, ...]
"""line_id, kind, commodity, grade, lot, quantity, order, revision, target"""


def expected_words(event_id: str, lines: Iterable[Line]) -> tuple[Words, ...]:
    """The words of the sound lines of a report, in order."""
    return tuple(words(event_id, line) for line in lines)


def words(event_id: str, line: Line) -> Words:
    """The words of one line (of one side of a conversion)."""
    line_id = f"{event_id}#{line.n}"
    match line:
        case Stock():
            goods = (line.commodity, line.grade, line.lot)
            if line.part:
                made = line.quantity if line.kind == "i" else -line.quantity
                return (f"{line_id}.{line.part}", "stock.converted", *goods, made, "", 0, "")
            return (line_id, _STOCK[line.kind], *goods, line.quantity, "", 0, "")
        case Plan():
            goods = (line.commodity, line.grade, line.lot)
            return (line_id, "supply.planned", *goods, line.quantity, "", 0, "")
        case Asked():
            amount = line.quantity if line.kind == "p" and line.quantity != UNSAID else None
            asked = (line.order, line.revision)
            return (line_id, _ORDER[line.kind], line.commodity, "", "", amount, *asked, "")
        case Void():
            coop = event_id.partition(":")[0]
            target = f"{coop}:{line.device}:{line.sequence}#{line.line}"
            return (line_id, "line.voided", "", "", "", None, "", 0, target)


def all_words(actor: str, book: CoopBook) -> Iterator[tuple[Key, Words]]:
    """Every line of a book, in no order."""
    for held in book.stock.values():
        for key, stock in held:
            yield key, words(f"{actor}:{key[1]}:{key[2]}", stock)
    for (goods, day), plans in book.plans.items():
        for key, quantity in plans:
            plan = Plan(key[3], *goods, quantity, day)
            yield key, words(f"{actor}:{key[1]}:{key[2]}", plan)
    for sayings in book.asked.values():
        for key, asked in sayings:
            yield key, words(f"{actor}:{key[1]}:{key[2]}", asked)
    for key, void in book.voiding:
        yield key, words(f"{actor}:{key[1]}:{key[2]}", void)
