"""Decides whether the body of a saying that is no report is sound: a profile, a gap, a decision.

A contract says one line, as a report would: what a partner buys is an order that bears the
contract's tag, what it supplies is a count of a lot that does. The tag, place and goods are the
line's; from when to when it holds and whom it serves is in the body, for the core to keep.

Refuses to know the envelope and the state: whether a match exists or an actor may decide on it is
the core's to say.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from schemas.amounts import day_of, price_of, quantity_of, text_of, words_of
from schemas.commodity import Catalogue
from schemas.errors import Reason, Unacceptable
from schemas.events import DECISIONS, Contract, Decision, Gap, Obstacle, Profile, Report, Visit
from schemas.identity import COOP_FORM, MATCH_FORM, TAG_FORM, CommodityCode, CoopId
from schemas.judged import JudgedLine, OfferTerms, OrderLine, StockLine
from schemas.quantity import MICRO, parse_price
from schemas.register import Register
from schemas.resolving import NO_PACKS, Resolver
from schemas.topics import EVENTS
from schemas.units import PACK_WORDS, Packs

# The identity of a dead letter: `<event id>#<line>` or topic/partition/offset.
_LETTER_LINE: Final = re.compile(
    r"(?P<coop>[0-9.]{13}):[a-z0-9-]{1,32}:[1-9][0-9]{0,15}#[1-9][0-9]{0,2}"
)
_NUMBER: Final = r"(?:0|[1-9][0-9]{0,%d})"  # one spelling each: a letter has one name
_LETTER_WHOLE: Final = re.compile(
    rf"{re.escape(EVENTS)}/(?P<partition>{_NUMBER % 5})/{_NUMBER % 18}"
)
CONTRACT_PRIORITY: Final = "staple"
CONTRACT_MARKET: Final = "domestic"
_LINE_ENDS: Final = str.maketrans("\r\n\t", "   ")


class Bodies:
    """Checks bodies against the catalogue, the unit table and the register."""

    def __init__(self, resolver: Resolver, catalogue: Catalogue, register: Register) -> None:
        self._resolver = resolver
        self._catalogue = catalogue
        self._register = register
        self._checks: Final[dict[type, Callable[[Any, str], None]]] = {
            Profile: self._profile,
            Gap: self._gap,
            Obstacle: self._obstacle,
            Visit: self._visit,
            Decision: self._decision,
            Contract: self._contract,
        }

    def check(self, body: Any, hub: str) -> None:
        """Raise `Unacceptable` unless the body, said in the book of `hub`, is sound."""
        self._checks[type(body)](body, hub)

    def lines(self, body: Any) -> tuple[JudgedLine, ...]:
        """The lines that a sound body says: a contract says one, all else none."""
        return (self._line(body),) if type(body) is Contract else ()

    def _line(self, body: Contract) -> JudgedLine:
        factor = self._factor(body.commodity, body.unit, "data")
        code = self._catalogue.commodities[CommodityCode(body.commodity)].code
        micro = quantity_of(body.quantity, factor, "data.quantity", 1)
        price = price_of(body.price, "data.price")
        lot = quantity_of(body.min_lot, factor, "data.min_lot", 0) if body.min_lot else 0
        if body.direction == "supply":
            grade = self._resolver.grade(body.commodity, body.grade) if body.grade else ""
            terms = OfferTerms(price, min_lot=lot)
            goods = (code, grade, body.contract, micro, body.quantity, body.unit)
            return StockLine(1, "c", *goods, terms)
        wanted = (code, body.grade, micro, body.quantity, body.unit)
        asks = (price, day_of(body.until, "data.until"), CONTRACT_PRIORITY, CONTRACT_MARKET, lot)
        return OrderLine(1, "p", body.contract, 1, *wanted, *asks)

    def repairs(self, report: Report, partition: int) -> None:
        """A report may only mend what its own co-op said, or a record nobody could read.

        Such a record must lie in the report's own partition, where it is known what was mended.
        """
        letter = report.repairs
        if not letter:
            return
        whole = _LETTER_WHOLE.fullmatch(letter)
        if whole is not None:
            if int(whole["partition"]) != partition:
                raise Unacceptable(Reason.WRONG_PARTITION, "data.repairs")
            return
        found = _LETTER_LINE.fullmatch(letter)
        if found is None:
            raise Unacceptable(Reason.TEXT_MALFORMED, "data.repairs")
        if found["coop"] != report.coop:
            raise Unacceptable(Reason.VOID_OF_ANOTHER, "data.repairs")

    def packs(self, profile: Profile) -> Packs:
        """The packs a profile declares: (commodity, word) -> micro base units."""
        out: dict[tuple[str, str], int] = {}
        for n, pack in enumerate(profile.packs, 1):
            where = f"data.packs.{n}"
            if pack.pack not in PACK_WORDS:
                raise Unacceptable(Reason.UNKNOWN_UNIT, f"{where}.pack")
            if (pack.commodity, pack.pack) in out:
                raise Unacceptable(Reason.DUPLICATE_KEY, f"{where}.pack")
            factor = self._factor(pack.commodity, pack.unit, where)
            micro = quantity_of(pack.quantity, factor, f"{where}.quantity", 1)
            out[pack.commodity, pack.pack] = micro
        return out

    def _factor(self, commodity: str, unit: str, where: str) -> int:
        try:
            return self._resolver.factor(commodity, unit, NO_PACKS)
        except Unacceptable as fault:
            raise Unacceptable(fault.reason, f"{where}.{fault.field}") from fault

    def _profile(self, body: Profile, _hub: str) -> None:
        self.packs(body)
        for n, permit in enumerate(body.permits, 1):
            words_of(permit, f"data.permits.{n}")
        for n, commodity in enumerate(body.flagship, 1):
            if self._catalogue.get(commodity) is None:
                raise Unacceptable(Reason.UNKNOWN_COMMODITY, f"data.flagship.{n}")
        for n, mandate in enumerate(body.mandates, 1):
            if not self._register.is_hub(mandate.hub):
                raise Unacceptable(Reason.UNKNOWN_COOP, f"data.mandates.{n}.hub")
            _window(mandate.since, mandate.until, f"data.mandates.{n}")
        if body.working_capital and parse_price(body.working_capital) is None:
            raise Unacceptable(Reason.PRICE_MALFORMED, "data.working_capital")

    def _gap(self, body: Gap, _hub: str) -> None:
        if body.first > body.last:
            raise Unacceptable(Reason.GAP_MALFORMED, "data.first")

    def _obstacle(self, body: Obstacle, _hub: str) -> None:
        words_of(body.category, "data.category")
        _paragraphs(body.text, "data.text")

    def _visit(self, body: Visit, _hub: str) -> None:
        words_of(body.by, "data.by")
        day_of(body.on, "data.on")
        if body.text:
            _paragraphs(body.text, "data.text")

    def _decision(self, body: Decision, _hub: str) -> None:
        if body.decision not in DECISIONS:
            raise Unacceptable(Reason.DECISION_UNKNOWN, "data.decision")
        if not MATCH_FORM.fullmatch(body.match):
            raise Unacceptable(Reason.UNKNOWN_MATCH, "data.match")
        if body.quantity:  # in the base unit of the match's goods; nothing may have arrived
            quantity_of(body.quantity, MICRO, "data.quantity", 0)
        if body.refused:
            quantity_of(body.refused, MICRO, "data.refused", 0)
        price_of(body.price, "data.price")
        day_of(body.on, "data.on")
        text_of(body.reason, "data.reason")

    def _contract(self, body: Contract, hub: str) -> None:
        if not TAG_FORM.fullmatch(body.contract):
            raise Unacceptable(Reason.ORDER_MALFORMED, "data.contract")
        if not COOP_FORM.fullmatch(body.site) or not self._register.is_coop(body.site):
            raise Unacceptable(Reason.UNKNOWN_COOP, "data.site")
        if self._register.hub_of(CoopId(body.site)) != hub:
            raise Unacceptable(Reason.WRONG_PARTITION, "data.site")
        factor = self._factor(body.commodity, body.unit, "data")
        quantity_of(body.quantity, factor, "data.quantity", 1)
        if body.min_lot:
            quantity_of(body.min_lot, factor, "data.min_lot", 0)
        if body.grade:
            self._grade(body)
        price_of(body.price, "data.price")
        _window(body.since, body.until, "data")
        for n, permit in enumerate(body.permits, 1):
            words_of(permit, f"data.permits.{n}")

    def _grade(self, body: Contract) -> None:
        try:
            self._resolver.grade(body.commodity, body.grade)
        except Unacceptable as fault:
            raise Unacceptable(fault.reason, "data.grade") from fault


def _window(since: date, until: date | None, where: str) -> None:
    """A span of days; an open end is no fault, an end before the start is."""
    first, last = day_of(since, f"{where}.since"), day_of(until, f"{where}.until")
    if until is not None and last < first:
        raise Unacceptable(Reason.DATE_OUT_OF_RANGE, f"{where}.until")


def _paragraphs(text: str, field: str) -> None:
    """Text of several lines: line ends and tabs are the only control characters it may hold."""
    words_of(text.translate(_LINE_ENDS), field)
