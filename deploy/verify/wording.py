"""How a line reads in the ledger, from the checker's own reading of the report.

Decides the words that ledger and warehouse must have; orders' grades and the said amounts of
amendments are left out, since an order's own state tells them. Refuses to know records.
"""

from collections.abc import Iterable
from typing import Any, Final

from deploy.verify.lines import Asked, Line, Plan, Stock, Void
from deploy.verify.sayings import Saying
from deploy.verify.words import UNSAID

_STOCK: Final = {"c": "stock.counted", "i": "stock.received", "o": "stock.issued"}
_ORDER: Final = {"p": "order.placed", "a": "order.amended", "x": "order.cancelled"}
Words = tuple[Any, ...]
"""line_id, kind, commodity, grade, lot, quantity, order, revision, target"""


def expected_words(event_id: str, lines: Iterable[Line]) -> tuple[Words, ...]:
    """The words of the sound lines of a report, in order."""
    return tuple([words(event_id, line) for line in lines])


def fingerprint(line: Words, said: Saying) -> int:
    """What stands for a row of the ledger in the warehouse; rows are summed, in any order."""
    return hash((*line[:6], said.device, said.sequence, said.time_ms))


def words(event_id: str, line: Line) -> Words:
    """The words of one line (of one side of a conversion)."""
    line_id = f"{event_id}#{line.n}"
    if isinstance(line, Stock):
        goods = (line.commodity, line.grade, line.lot)
        if line.part:
            made = line.quantity if line.kind == "i" else -line.quantity
            return (f"{line_id}.{line.part}", "stock.converted", *goods, made, "", 0, "")
        return (line_id, _STOCK[line.kind], *goods, line.quantity, "", 0, "")
    match line:
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
