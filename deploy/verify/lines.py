"""What the lines of a report mean: goods and exact amounts, plans, revisions of orders, voids.

The checker's own resolution of units, grades and recipes. A line that is not sound is None; it
does not take its neighbours along. Refuses to know what was said before.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from deploy.verify.goods import UNGRADED, Reference
from deploy.verify.sayings import Saying, has_null
from deploy.verify.shapes import LINES, PORTION, SEQUENCE_MAX, fitted
from deploy.verify.words import (
    COOP,
    DEVICE,
    MATCH,
    MILLION,
    TAG,
    TARGET,
    UNSAID,
    amount,
    day,
    is_plain,
    price,
    stated,
)

LINES_MAX: Final = 200
PRIORITIES: Final = frozenset({"emergency", "staple", "normal"})
MARKETS: Final = frozenset({"domestic", "export"})
Packs = Mapping[tuple[str, str], int]
Terms = tuple[int, int, int, int]
"""Floor price, last good day (-1 unsaid), smallest lot, what is kept back."""


class Stock(NamedTuple):
    """A count (c) or a movement in (i) or out (o); `part` counts the sides of a conversion."""

    n: int
    part: int
    kind: str
    commodity: str
    grade: str
    lot: str
    quantity: int
    terms: Terms | None


class Plan(NamedTuple):
    """Goods that will be ready on a day."""

    n: int
    commodity: str
    grade: str
    lot: str
    quantity: int
    day: int


class Asked(NamedTuple):
    """A revision of an order; -1 and "" where it does not speak of something.

    `kind` is p (placed), a (amended, amounts in millionths of `unit`), x (cancelled; 0 for good).
    """

    n: int
    kind: str
    order: str
    revision: int
    commodity: str = ""
    grade: str = ""
    quantity: int = UNSAID
    unit: str = ""
    ceiling: int = UNSAID
    needed: int = UNSAID
    priority: str = ""
    market: str = ""
    min_lot: int = UNSAID


class Void(NamedTuple):
    """A line of the same co-op was never said."""

    n: int
    device: str
    sequence: int
    line: int


Line = Stock | Plan | Asked | Void


class LineReader:
    """Reads lines by the reference and a co-op's declared packs."""

    def __init__(self, known: Reference) -> None:
        self._known = known
        self._kinds: Final[
            dict[str, Callable[[dict[str, Any], int, str, Packs], list[Line] | None]]
        ] = {
            "stock.counted": self._stock,
            "stock.received": self._stock,
            "stock.issued": self._stock,
            "stock.converted": self._converted,
            "supply.planned": self._planned,
            "order.placed": self._placed,
            "order.amended": self._amended,
            "order.cancelled": self._cancelled,
            "line.voided": self._voided,
        }

    def read(self, said: Saying, packs: Packs) -> list[list[Line] | None]:
        """What each line means, in order; None for one that is unsound."""
        out: list[list[Line] | None] = []
        for n, tree in enumerate(said.data["lines"], 1):
            kind = tree.get("kind") if isinstance(tree, dict) else None
            shape = LINES.get(kind) if isinstance(kind, str) else None
            line = (
                None
                if shape is None or (said.nulls and has_null(tree))
                else fitted(tree, shape, "kind")
            )
            if line is None:
                out.append(None)
            else:
                line["kind"], line["coop"] = kind, said.actor
                out.append(self._kinds[str(kind)](line, n, said.actor, packs))
        return out

    def size(self, commodity: str, unit: str, packs: Packs) -> int | None:
        """Millionths of the base unit in one `unit`, None when that is not certain."""
        own = packs.get((commodity, unit)) if packs else None
        return self._known.units.get((commodity, unit)) if own is None else own

    # -------------------------------------------------------------- stock
    def _goods(
        self, tree: dict[str, Any], least: int, packs: Packs
    ) -> tuple[str, int, int] | None:
        """Grade, amount, and the size of the unit."""
        size = self.size(tree["commodity"], tree["unit"], packs)
        if size is None or tree["commodity"] not in self._known.goods:
            return None
        grade = self._known.grade(tree["commodity"], tree["grade"])
        quantity = amount(tree["quantity"], size, least)
        lot = tree.get("lot", "")
        if grade is None or quantity is None or (lot and not TAG.fullmatch(lot)):
            return None
        return grade, quantity, size

    def _stock(self, tree: dict[str, Any], n: int, _coop: str, packs: Packs) -> list[Line] | None:
        counts = tree["kind"] == "stock.counted"
        goods = self._goods(tree, 0 if counts else 1, packs)
        if goods is None or not _is_reason(tree):
            return None
        grade, quantity, size = goods
        terms = None
        if "keep" in tree and any(
            tree[k] for k in ("floor_price", "expires_on", "min_lot", "keep")
        ):
            terms = _terms(tree, size)
            if terms is None:
                return None
        kind = "c" if counts else ("i" if tree["kind"] == "stock.received" else "o")
        return [Stock(n, 0, kind, tree["commodity"], grade, tree["lot"], quantity, terms)]

    def _converted(
        self, tree: dict[str, Any], n: int, _coop: str, packs: Packs
    ) -> list[Line] | None:
        recipe = self._known.recipes.get(tree["recipe"])
        if recipe is None or not tree["inputs"] or not tree["outputs"]:
            return None
        used = [("o", frozenset({recipe[0]}), portion) for portion in tree["inputs"]]
        made = [("i", recipe[1], portion) for portion in tree["outputs"]]
        parts: list[Line] = []
        for part, (kind, allowed, said) in enumerate(used + made, 1):
            portion = fitted(said, PORTION)
            goods = None
            if portion is not None and portion["commodity"] in allowed:
                goods = self._goods(portion, 1, packs)
            if portion is None or goods is None:
                return None
            where = (portion["commodity"], goods[0], portion["lot"])
            parts.append(Stock(n, part, kind, *where, goods[1], None))
        return parts

    def _planned(
        self, tree: dict[str, Any], n: int, _coop: str, packs: Packs
    ) -> list[Line] | None:
        goods, ready = self._goods(tree, 0, packs), day(tree["ready_on"])
        if goods is None or ready is None:
            return None
        return [Plan(n, tree["commodity"], goods[0], tree["lot"], goods[1], ready)]

    # -------------------------------------------------------------- orders
    def _placed(self, tree: dict[str, Any], n: int, _coop: str, packs: Packs) -> list[Line] | None:
        goods = self._goods(tree, 1, packs)
        asks = _asks(tree)
        if goods is None or asks is None or not _is_choice(tree["priority"], tree["market"]):
            return None
        lot = amount(tree["min_lot"], goods[2], 0) if tree["min_lot"] else 0
        if lot is None:
            return None
        words = (tree["unit"], *asks, tree["priority"], tree["market"], lot)
        return [Asked(n, "p", tree["order"], 1, tree["commodity"], goods[0], goods[1], *words)]

    def _amended(
        self, tree: dict[str, Any], n: int, _coop: str, _packs: Packs
    ) -> list[Line] | None:
        asks, unit, grade = _asks(tree), tree["unit"], tree["grade"]
        quantity = amount(tree["quantity"], MILLION, 1) if tree["quantity"] else UNSAID
        lot = amount(tree["min_lot"], MILLION, 0) if tree["min_lot"] else UNSAID
        speaks = (unit, grade, tree["ceiling_price"], tree["needed_by"])
        sound = (
            asks is not None
            and quantity is not None
            and lot is not None
            and bool(tree["quantity"] or tree["min_lot"]) == bool(unit)
            and any((*speaks, tree["priority"], tree["market"]))
            and (not unit or unit in self._known.unit_words)
            and (not grade or grade in self._known.grade_words)
            and _is_choice(tree["priority"] or "normal", tree["market"] or "domestic")
        )
        if not sound or asks is None or quantity is None or lot is None:
            return None
        words = (unit, *asks, tree["priority"], tree["market"], lot)
        return [Asked(n, "a", tree["order"], tree["revision"], "", grade, quantity, *words)]

    def _cancelled(
        self, tree: dict[str, Any], n: int, _coop: str, _packs: Packs
    ) -> list[Line] | None:
        sound = TAG.fullmatch(tree["order"]) and tree["revision"] != 1 and is_plain(tree["reason"])
        return [Asked(n, "x", tree["order"], tree["revision"])] if sound else None

    def _voided(self, tree: dict[str, Any], n: int, coop: str, _packs: Packs) -> list[Line] | None:
        found = TARGET.fullmatch(tree["line"])
        if found is None or found[1] != coop or not COOP.fullmatch(coop):
            return None
        sequence, line = int(found[3]), int(found[4])
        inside = sequence <= SEQUENCE_MAX and line <= LINES_MAX
        if not inside or not DEVICE.fullmatch(found[2]) or not is_plain(tree["reason"]):
            return None
        return [Void(n, found[2], sequence, line)]


def _terms(tree: dict[str, Any], size: int) -> Terms | None:
    floor, expires = price(tree["floor_price"]), day(tree["expires_on"])
    lot = amount(tree["min_lot"], size, 0) if tree["min_lot"] else 0
    keep = amount(tree["keep"], size, 0) if tree["keep"] else 0
    if floor is None or expires is None or lot is None or keep is None:
        return None
    return floor, expires, lot, keep


def _asks(tree: dict[str, Any]) -> tuple[int, int] | None:
    """Ceiling price and needed-by day of a well-formed order."""
    ceiling, needed = price(tree["ceiling_price"]), day(tree["needed_by"])
    if ceiling is None or needed is None or not TAG.fullmatch(tree["order"]):
        return None
    return ceiling, needed


def _is_choice(priority: str, market: str) -> bool:
    return priority in PRIORITIES and market in MARKETS


def _is_reason(tree: dict[str, Any]) -> bool:
    match = tree.get("match", "")
    return (not match or MATCH.fullmatch(match) is not None) and is_plain(tree.get("reason", ""))


__all__ = ["UNGRADED", "Asked", "Line", "LineReader", "Packs", "Plan", "Stock", "Void", "stated"]
