"""What contracts of partners mean: the line each says, and when a line of its book is open.

The checker's own reading. A contract to supply is a count of the lot that bears its tag, a
contract to buy an order that bears it. A line is a contract's as long as a contract said the
count, or the placing, that holds. Of one tag the newest contract that was not taken back is in
force. A hub gives only what stands on a contract. Refuses to know matches.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from deploy.verify.books import FOR_GOOD, CoopBook, Pact
from deploy.verify.goods import Reference
from deploy.verify.lines import Asked, Line, LineReader, Stock
from deploy.verify.sayings import Saying
from deploy.verify.shapes import CONTRACT, REPORT
from deploy.verify.shelves import Key
from deploy.verify.words import HUB, UNSAID, amount, day, price

Goods = tuple[str, str, str]
SUPPLY: Final = "supply"
_PLACING: Final = 1


class Right(NamedTuple):
    """What a line has to show for itself: its contract, and the rights of its owner."""

    pact: Pact | None
    permits: frozenset[str]
    outlet: bool


def line_of(body: Mapping[str, Any], reader: LineReader, known: Reference) -> Line:
    """The one line of a sound contract."""
    size = reader.size(body["commodity"], body["unit"], {}) or 0
    grade = known.grade(body["commodity"], body["grade"]) or ""
    quantity = amount(body["quantity"], size) or 0
    limit, lot = price(body["price"]), amount(body["min_lot"], size, 0) if body["min_lot"] else 0
    limit, lot = UNSAID if limit is None else limit, lot or 0
    if body["direction"] == SUPPLY:
        terms = (limit, UNSAID, lot, 0)
        return Stock(1, 0, "c", body["commodity"], grade, body["contract"], quantity, terms)
    last = day(body["until"])
    goods = (body["commodity"], grade, quantity, body["unit"])
    wanted = Asked(1, "p", body["contract"], _PLACING, *goods, limit)
    needed = UNSAID if last is None else last
    return wanted._replace(needed=needed, priority="staple", market="domestic", min_lot=lot)


def lines_of(
    said: Saying, book: CoopBook, reader: LineReader, known: Reference
) -> list[list[Line] | None]:
    """The lines of a report, or the one of a contract; nothing else says any."""
    if said.type == CONTRACT:
        return [[line_of(said.data, reader, known)]]
    return reader.read(said, book.packs) if said.type == REPORT else []


def pact_of(key: Key, body: Mapping[str, Any]) -> Pact:
    """What a sound contract says beside its line."""
    first, last = day(body["since"]) or 0, day(body["until"]) or 0
    return Pact(key, body["contract"], body["site"], first, last, same_words(body["permits"]))


def same_words(permits: list[str]) -> frozenset[str]:
    """Permits as they are told apart: case and the blanks around them mean nothing."""
    return frozenset(permit.strip().casefold() for permit in permits)


# ------------------------------------------------------------------ which line is a contract's
def of_stock(book: CoopBook, goods: Goods) -> Pact | None:
    """The contract that a position stands on."""
    return _said_at(book, book.counted(goods)) if book.pacts else None


def of_order(book: CoopBook, name: str) -> Pact | None:
    """The contract that an order stands on."""
    if not book.pacts:
        return None
    held = book.asked.get(name, ())
    placings = [key for key, said in held if (said.revision or FOR_GOOD) == _PLACING]
    return _said_at(book, max((k for k in placings if not book.is_void(k)), default=None))


def is_open(book: CoopBook, pact: Pact | None, today: int) -> bool:
    """Whether a line may be matched on a day; what is nobody's contract always may."""
    if pact is None:
        return True
    newer = (o.key for o in book.pacts if o.tag == pact.tag and not book.is_void(o.key))
    return pact.first <= today <= pact.last and max(newer) == pact.key


def _said_at(book: CoopBook, key: Key | None) -> Pact | None:
    return next((pact for pact in book.pacts if pact.key == key), None)


# ------------------------------------------------------------------ who may deal with whom
def wrong(giver: Right, taker: Right, ends: tuple[str, str], trade: str) -> str:
    """What forbids two lines to meet, "" when nothing does; `ends` are their owners."""
    if giver.pact is None and HUB.fullmatch(ends[0]):
        return "gives what a hub has without a contract"
    entitled = taker.pact is not None or taker.outlet
    supplied = giver.pact is not None and HUB.fullmatch(ends[0]) is not None
    if trade == "contract_only" and not (supplied and entitled):
        return "moves contract goods otherwise than from a partner to whom they are for"
    for one, other in ((giver, taker), (taker, giver)):
        if one.pact is not None and not one.pact.permits <= other.permits:
            return "meets one who lacks a permit that its contract asks for"
    return ""


def right(book: CoopBook, pact: Pact | None) -> Right:
    """What a line of a co-op has to show for itself."""
    return Right(pact, book.permits, book.outlet)
