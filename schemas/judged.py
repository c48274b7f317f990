"""Decides what a sound saying means once its words are resolved: codes known, quantities exact.

These are the values that the core folds and that the state keeps for late counts and voids. They
are array-like so that a month of them stays small. Quantities are millionths of the commodity's
base unit, prices whole rupiah per base unit, times milliseconds and days since 1970 in UTC.
"""

from typing import Any

import msgspec

from schemas.errors import Rejection

type_key = tuple[int, str, int, int]  # time_ms, device, sequence, line: the order of sayings


class Compact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of the compact forms."""


class OfferTerms(Compact, frozen=True):
    """Floor price (-1 unsaid), last good day (-1 unsaid), smallest lot, what is kept back."""

    floor: int = -1
    expires_day: int = -1
    min_lot: int = 0
    keep: int = 0


class StockLine(Compact, frozen=True, tag="s"):
    """A count (`kind` c), a movement in (i) or out (o); `quantity` is never negative."""

    n: int
    kind: str
    commodity: str
    grade: str
    lot: str
    quantity: int
    said: str
    unit: str
    terms: OfferTerms | None = None
    part: int = 0
    reason: str = ""
    recipe: str = ""


class PlanLine(Compact, frozen=True, tag="p"):
    """Goods that will be ready on a day."""

    n: int
    commodity: str
    grade: str
    lot: str
    quantity: int
    said: str
    unit: str
    ready_day: int


class OrderLine(Compact, frozen=True, tag="o"):
    """A revision of an order: -1 and "" mean that this revision does not speak of the field.

    `kind` is p (placed, revision 1), a (amended) or x (cancelled; revision 0 is for good).
    """

    n: int
    kind: str
    order: str
    revision: int
    commodity: str = ""
    grade: str = ""
    quantity: int = -1
    said: str = ""
    unit: str = ""
    ceiling: int = -1
    needed_day: int = -1
    priority: str = ""
    market: str = ""
    min_lot: int = -1


class VoidLine(Compact, frozen=True, tag="v"):
    """The line `n` of (device, sequence) of the same co-op was never said."""

    n: int
    device: str
    sequence: int
    line: int
    reason: str = ""


JudgedLine = StockLine | PlanLine | OrderLine | VoidLine

LEDGER_KINDS = {"c": "stock.counted", "i": "stock.received", "o": "stock.issued"}
ORDER_KINDS = {"p": "order.placed", "a": "order.amended", "x": "order.cancelled"}


class Judged(msgspec.Struct, frozen=True, gc=False):
    """A saying whose envelope is sound: who, when, what of it holds and what does not.

    `packs` are units the lines needed from the co-op's declared packs. `body` is the decoded data
    of the types that are not reports; `repairs` is the dead letter that a report mends.
    """

    type: str
    id: str
    actor: str
    hub: str
    device: str
    sequence: int
    time_ms: int
    digest: bytes
    lines: tuple[JudgedLine, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    raw_lines: tuple[bytes, ...] = ()
    body: Any = None
    repairs: str = ""
