"""Decides which lines stand on a contract of a partner, and on which days such a line is open.

A contract says one line, and that is kept as every line is: an order that bears the contract's
tag, or the count of a lot that does. Beside it is kept on what terms: where, from which day to
which, and what permits the other side must hold. A line stands on a contract while the placing, or
the count, that now makes it what it is was said by one. Of all sayings of one tag the newest that
was not taken back is in force; what older ones say of other goods is no longer open.

Whoever only speaks in contracts, a hub, has nothing else to offer: what it was brought under one
is not there for others. Refuses to know goods, matches and the time of day.
"""

from typing import Final

from msgspec.structs import replace

from schemas.errors import Reason, Rejection
from schemas.events import Contract
from schemas.judged import Judged, StockLine
from schemas.resolving import day_of
from streams.core import orders
from streams.core.sayings import Touched
from streams.core.shelf import Shelf
from streams.core.state import Coop, Key, Term, line_key, position_key
from streams.core.voids import is_void

TERMS_MAX: Final = 800
"""Most sayings of contracts that one actor may have kept at once."""
_HUB_LENGTH: Final = len("19.02")
_LINE: Final = 1


def permits_of(said: list[str]) -> list[str]:
    """Permits as they are compared: without a word's case and the blanks around it."""
    return sorted({permit.strip().casefold() for permit in said})


# ------------------------------------------------------------------ keeping terms
def admitted(coop: Coop, said: Judged) -> Judged:
    """A saying as it is to be folded: a contract without its line where its terms find no room."""
    if type(said.body) is not Contract or len(coop.contracts) < TERMS_MAX:
        return said
    fault = Rejection(Reason.STATE_TOO_LARGE, "data.contract", 0, said.actor)
    return replace(said, lines=(), rejections=(fault,))


def follow(coop: Coop, said: Judged, touched: Touched, shelf: Shelf) -> None:
    """A saying was folded: terms come with a contract's line, and go when that is taken back."""
    if coop.contracts and touched.less:
        for name, term in list(coop.contracts.items()):
            if _is_void(coop, term.key):
                del coop.contracts[name]
                _touch(coop, term.tag, touched)
    if type(said.body) is Contract and touched.lines:
        key = line_key(said.time_ms, said.device, said.sequence, _LINE, 0)
        if not _is_void(coop, key):
            _tidy(coop, said.actor, shelf)
            _enter(coop, key, said.body, touched)


def _enter(coop: Coop, key: Key, body: Contract, touched: Touched) -> None:
    """Keep the terms of a contract; older lines of its tag may be shut by it."""
    line, position = touched.lines[0], ""
    if isinstance(line, StockLine):
        position = position_key(line.commodity, line.grade, line.lot)
    coop.contracts[_name(key[1], key[2])] = Term(
        key,
        body.contract,
        position,
        body.site,
        day_of(body.since, "data.since"),
        day_of(body.until, "data.until"),
        permits_of(body.permits),
    )
    _touch(coop, body.contract, touched)


def _is_void(coop: Coop, key: Key) -> bool:
    return is_void(coop, key[1], key[2], _LINE, key[0])


def _touch(coop: Coop, tag: str, touched: Touched) -> None:
    """Every line on a contract of a tag may be open now, or shut: it is looked at again."""
    for term in coop.contracts.values():
        if term.tag != tag:
            continue
        if term.position in coop.levels:
            touched.levels.setdefault(term.position, coop.levels[term.position].on_hand)
        elif not term.position and tag in coop.orders:
            touched.orders.setdefault(tag, orders.goods_of(coop.orders[tag]))


def _tidy(coop: Coop, actor: str, shelf: Shelf) -> None:
    """Forget terms that no line stands on and that no void can bring back."""
    for name, term in list(coop.contracts.items()):
        _, device, sequence, _ = term.key
        if not _stands(coop, term) and shelf.get(actor, device, sequence) is None:
            del coop.contracts[name]


def _stands(coop: Coop, term: Term) -> bool:
    if term.position:
        level = coop.levels.get(term.position)
        base = None if level is None else level.base
        grounds = [ground for ground in (level, base) if ground is not None]
        return any(ground.count_key == term.key for ground in grounds)
    order = coop.orders.get(term.tag)
    said = [] if order is None else [order.revisions.get(1), order.under.get(1)]
    return any(one is not None and one.key == term.key for one in said)


# ------------------------------------------------------------------ asking
def of_offer(coop: Coop, position: str) -> Term | None:
    """The terms that a position stands on, None when it is the actor's own."""
    level = coop.levels.get(position) if coop.contracts else None
    return None if level is None else _of(coop, level.count_key)


def of_need(coop: Coop, number: str) -> Term | None:
    """The terms that an order stands on, None when it is the actor's own."""
    order = coop.orders.get(number) if coop.contracts else None
    placed = None if order is None else order.revisions.get(1)
    return None if placed is None else _of(coop, placed.key)


def is_open(coop: Coop, term: Term, day: int) -> bool:
    """Whether a contract holds on a day: inside its window, and not said anew since."""
    if not term.since_day <= day <= term.until_day:
        return False
    return not any(o.tag == term.tag and o.key > term.key for o in coop.contracts.values())


def offers(actor: str, coop: Coop, position: str, day: int) -> bool:
    """Whether a position is there for others on a day."""
    term = of_offer(coop, position)
    return not is_hub(actor) if term is None else is_open(coop, term, day)


def needs(coop: Coop, number: str, day: int) -> bool:
    """Whether an order is to be filled on a day."""
    term = of_need(coop, number)
    return term is None or is_open(coop, term, day)


def is_hub(actor: str) -> bool:
    """Whether an actor is a hub: it speaks for partners, and has no village."""
    return len(actor) == _HUB_LENGTH


def commodities(coop: Coop) -> set[str]:
    """Of what goods lines stand on contracts: they open and shut as days turn."""
    found = set()
    for term in coop.contracts.values():
        if not term.position and of_need(coop, term.tag) is not None:
            found.add(orders.goods_of(coop.orders[term.tag]))
        elif term.position and of_offer(coop, term.position) is not None:
            found.add(term.position.partition("|")[0])
    return found


def _of(coop: Coop, key: Key) -> Term | None:
    return coop.contracts.get(_name(key[1], key[2]))


def _name(device: str, sequence: int) -> str:
    return f"{device}|{sequence}"
