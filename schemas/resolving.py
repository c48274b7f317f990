"""Decides what one line means: its goods, its exact quantity, its terms, or why it means nothing.

Refuses to know the envelope, the state and the clock. Every resolver takes a well-formed line,
its number and the co-op's declared packs, and adds judged lines to a list or raises
`Unacceptable` with the field; none guesses: a unit, grade or recipe that is not known for the
commodity is refused. Known goods are looked up once per (commodity, unit, grade) and process;
what is unknown is never remembered.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from schemas.amounts import LINE_MAX_MICRO, day_of, price_of, quantity_of, text_of
from schemas.commodity import UNGRADED, Catalogue
from schemas.errors import Reason, Unacceptable
from schemas.events import (
    LINES_MAX,
    SEQUENCE_MAX,
    Amended,
    Cancelled,
    Converted,
    Counted,
    Issued,
    Placed,
    Planned,
    Received,
    Terms,
    Voided,
)
from schemas.identity import COOP_FORM, DEVICE_FORM, MATCH_FORM, TAG_FORM, CommodityCode, GradeCode
from schemas.judged import JudgedLine, OfferTerms, OrderLine, PlanLine, StockLine, VoidLine
from schemas.quantity import MICRO
from schemas.units import PACK_WORDS, Packs, UnitTable

PRIORITIES: Final = frozenset({"emergency", "staple", "normal"})
MARKETS: Final = frozenset({"domestic", "export"})
_VOID: Final = re.compile(
    r"(?P<coop>[^:#]{13}):(?P<device>[^:#]{1,32}):(?P<sequence>[1-9][0-9]{0,15})#(?P<line>[1-9][0-9]{0,2})"
)
_WITH_TERMS: Final = frozenset({Counted, Received})
NO_PACKS: Final[Packs] = {}
Resolve = Callable[[Any, int, Packs, list[JudgedLine]], None]


class Resolver:
    """Turns well-formed lines into judged ones with the catalogue and the unit table."""

    def __init__(self, catalogue: Catalogue, units: UnitTable) -> None:
        self._catalogue = catalogue
        self._units = units
        self._goods: dict[tuple[str, str, str], tuple[int, str, str]] = {}
        self._unit_words = _unit_words(units)
        self._grade_words = {UNGRADED} | {
            grade.code for code in catalogue.commodities for grade in catalogue.scale(code)
        }
        self.by_type: Final[dict[type, Resolve]] = {
            Counted: self._counted,
            Received: self._received,
            Issued: self._issued,
            Converted: self._converted,
            Planned: self._planned,
            Placed: self._placed,
            Amended: self._amended,
            Cancelled: self._cancelled,
            Voided: self._voided,
        }
        """What adds the judged lines of one line (several for a conversion) to a list."""

    # -------------------------------------------------------------- goods
    def factor(self, commodity: str, unit: str, packs: Packs) -> int:
        """Micro base units in one stated unit of a commodity."""
        return self._goods_of(commodity, unit, "", packs)[0]

    def grade(self, commodity: str, grade: str) -> str:
        """The grade of a known commodity as it is kept: ungraded goods have none."""
        if not self._catalogue.is_grade(CommodityCode(commodity), GradeCode(grade)):
            raise Unacceptable(Reason.UNKNOWN_GRADE, "grade")
        return "" if grade == UNGRADED else grade

    def amount(self, commodity: str, unit: str, stated_micro: int, packs: Packs) -> int | None:
        """Micro base units of an amount stated before its commodity was known; None if unfit."""
        try:
            micro = stated_micro * self.factor(commodity, unit, packs) // MICRO
        except Unacceptable:
            return None
        lost = micro == 0 and stated_micro != 0
        return None if lost or abs(micro) > LINE_MAX_MICRO else micro

    def _goods_of(
        self, commodity: str, unit: str, grade: str, packs: Packs
    ) -> tuple[int, str, str]:
        """Micro base units in one stated unit, the grade as it is kept, the commodity's own code.

        One string for each code and not a new one for each line: a partition keeps millions.
        """
        if packs:
            own = packs.get((commodity, unit))
            if own is not None:
                kept = self.grade(commodity, grade) if grade else ""
                return own, kept, self._code(commodity)
        key = (commodity, unit, grade)
        found = self._goods.get(key)
        if found is None:
            found = self._goods[key] = self._look_up(commodity, unit, grade)
        return found

    def _look_up(self, commodity: str, unit: str, grade: str) -> tuple[int, str, str]:
        code = self._code(commodity)
        factor = self._units.micro_per_unit(commodity, unit)
        if factor is None:
            raise Unacceptable(Reason.UNKNOWN_UNIT, "unit")
        return factor, self.grade(commodity, grade) if grade else "", code

    def _code(self, commodity: str) -> str:
        known = self._catalogue.get(commodity)
        if known is None:
            raise Unacceptable(Reason.UNKNOWN_COMMODITY, "commodity")
        return known.code

    # -------------------------------------------------------------- stock
    def _stock(self, kind: str, line: Any, n: int, packs: Packs, reason: str = "") -> StockLine:
        goods = (line.commodity, line.unit, line.grade)
        known = None if packs else self._goods.get(goods)  # nearly always: spare a call
        factor, grade, code = known or self._goods_of(*goods, packs)
        micro = quantity_of(line.quantity, factor, "quantity", 0 if kind == "c" else 1)
        lot = line.lot
        if lot and not TAG_FORM.fullmatch(lot):
            raise Unacceptable(Reason.LOT_MALFORMED, "lot")
        terms = _terms(line, factor) if type(line) in _WITH_TERMS else None
        return StockLine(
            n, kind, code, grade, lot, micro, line.quantity, line.unit, terms, 0, reason
        )

    def _counted(self, line: Counted, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        out.append(self._stock("c", line, n, packs))

    def _received(self, line: Received, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        reason = text_of(line.reason, "reason") if line.reason else ""
        if line.match:
            _delivery(line.match)
        out.append(self._stock("i", line, n, packs, reason))

    def _issued(self, line: Issued, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        reason = text_of(line.reason, "reason") if line.reason else ""
        if line.match:
            _delivery(line.match)
        out.append(self._stock("o", line, n, packs, reason))

    def _converted(self, line: Converted, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        recipe = self._catalogue.recipes.get(line.recipe)
        if recipe is None:
            raise Unacceptable(Reason.UNKNOWN_RECIPE, "recipe")
        if not line.inputs or not line.outputs:
            raise Unacceptable(Reason.RECIPE_MISMATCH, "outputs" if line.inputs else "inputs")
        made = {str(product.commodity) for product in recipe.products}
        used = [("inputs", at, part) for at, part in enumerate(line.inputs, 1)]
        gained = [("outputs", at, part) for at, part in enumerate(line.outputs, 1)]
        parts: list[JudgedLine] = []
        for number, (side, at, portion) in enumerate(used + gained, 1):
            try:
                if portion.commodity not in (made if side == "outputs" else {str(recipe.input)}):
                    raise Unacceptable(Reason.RECIPE_MISMATCH, "commodity")
                kind = "i" if side == "outputs" else "o"
                stock = self._stock(kind, portion, n, packs)
            except Unacceptable as fault:
                raise Unacceptable(fault.reason, f"{side}.{at}.{fault.field}") from fault
            parts.append(replace(stock, part=number, recipe=line.recipe))
        out += parts

    def _planned(self, line: Planned, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        goods = self._stock("c", line, n, packs)
        day = day_of(line.ready_on, "ready_on")
        out.append(
            PlanLine(
                n,
                goods.commodity,
                goods.grade,
                goods.lot,
                goods.quantity,
                goods.said,
                goods.unit,
                day,
            )
        )

    # -------------------------------------------------------------- orders
    def _placed(self, line: Placed, n: int, packs: Packs, out: list[JudgedLine]) -> None:
        _order(line.order)
        factor, _, code = self._goods_of(line.commodity, line.unit, line.grade, packs)
        _choices(line.priority, line.market)
        out.append(
            OrderLine(
                n,
                "p",
                line.order,
                1,
                code,
                line.grade,
                quantity_of(line.quantity, factor, "quantity", 1),
                line.quantity,
                line.unit,
                price_of(line.ceiling_price, "ceiling_price"),
                day_of(line.needed_by, "needed_by"),
                line.priority,
                line.market,
                quantity_of(line.min_lot, factor, "min_lot", 0) if line.min_lot else 0,
            )
        )

    def _amended(self, line: Amended, n: int, _packs: Packs, out: list[JudgedLine]) -> None:
        """The commodity is the order's own, so quantities stay as stated until it is known."""
        _order(line.order)
        if bool(line.quantity or line.min_lot) != bool(line.unit):
            raise Unacceptable(Reason.MISSING_FIELD, "quantity" if line.unit else "unit")
        if not any((line.unit, line.grade, line.ceiling_price, line.needed_by, line.priority,
                    line.market)):  # fmt: skip
            raise Unacceptable(Reason.AMENDS_NOTHING, "revision")
        if line.unit and line.unit not in self._unit_words:
            raise Unacceptable(Reason.UNKNOWN_UNIT, "unit")
        if line.grade and line.grade not in self._grade_words:
            raise Unacceptable(Reason.UNKNOWN_GRADE, "grade")
        _choices(line.priority or "normal", line.market or "domestic")
        out.append(
            OrderLine(
                n,
                "a",
                line.order,
                line.revision,
                "",
                line.grade,
                quantity_of(line.quantity, MICRO, "quantity", 1) if line.quantity else -1,
                line.quantity,
                line.unit,
                price_of(line.ceiling_price, "ceiling_price"),
                day_of(line.needed_by, "needed_by"),
                line.priority,
                line.market,
                quantity_of(line.min_lot, MICRO, "min_lot", 0) if line.min_lot else -1,
            )
        )

    def _cancelled(self, line: Cancelled, n: int, _packs: Packs, out: list[JudgedLine]) -> None:
        _order(line.order)
        if line.revision == 1:  # the placing itself; withdrawn for good is 0
            raise Unacceptable(Reason.REVISION_OUT_OF_RANGE, "revision")
        text_of(line.reason, "reason")
        out.append(OrderLine(n, "x", line.order, line.revision))

    def _voided(self, line: Voided, n: int, _packs: Packs, out: list[JudgedLine]) -> None:
        found = _VOID.fullmatch(line.line)
        if (
            not found
            or not COOP_FORM.fullmatch(found["coop"])
            or not DEVICE_FORM.fullmatch(found["device"])
        ):
            raise Unacceptable(Reason.VOID_MALFORMED, "line")
        sequence, target = int(found["sequence"]), int(found["line"])
        if sequence > SEQUENCE_MAX or target > LINES_MAX:
            raise Unacceptable(Reason.VOID_MALFORMED, "line")
        out.append(VoidLine(n, found["device"], sequence, target, text_of(line.reason, "reason")))


def _terms(line: Terms, factor: int) -> OfferTerms | None:
    if not (line.floor_price or line.expires_on or line.min_lot or line.keep):
        return None
    return OfferTerms(
        price_of(line.floor_price, "floor_price"),
        day_of(line.expires_on, "expires_on"),
        quantity_of(line.min_lot, factor, "min_lot", 0) if line.min_lot else 0,
        quantity_of(line.keep, factor, "keep", 0) if line.keep else 0,
    )


def _delivery(match: str) -> None:
    if not MATCH_FORM.fullmatch(match):
        raise Unacceptable(Reason.UNKNOWN_MATCH, "match")


def _order(order: str) -> None:
    if not TAG_FORM.fullmatch(order):
        raise Unacceptable(Reason.ORDER_MALFORMED, "order")


def _choices(priority: str, market: str) -> None:
    if priority not in PRIORITIES:
        raise Unacceptable(Reason.PRIORITY_UNKNOWN, "priority")
    if market not in MARKETS:
        raise Unacceptable(Reason.MARKET_UNKNOWN, "market")


def _unit_words(units: UnitTable) -> frozenset[str]:
    """Every word that is a unit of anything: what an amendment may say."""
    known = units.units.values()
    words = {word for unit in known for word in (unit.code, unit.rec20, unit.word) if word}
    return PACK_WORDS | words


__all__ = ["NO_PACKS", "Resolve", "Resolver", "day_of"]
