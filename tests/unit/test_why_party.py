"""To one party a reason shows its own figures, freight and bands; distances likewise."""

from string import Formatter
from typing import Any

import pytest

from deploy.why_distance import miss
from deploy.why_live import Side
from deploy.why_party import (
    ANOTHER,
    OPEN_TO_ALL,
    OWN,
    PARTY,
    Role,
    cleared,
    exact,
    for_party,
)
from deploy.why_solving import Found
from schemas.quantity import MICRO
from streams.core.lines import NeedLine, OfferLine
from streams.core.reasons import TEXTS, Text

KG = Text("kilogram", "kilogram")
TODAY = 20_779
SIDES: tuple[Side, Side] = ("offer", "need")
PUBLIC = {"leg", "days", "arrives_day", "low", "high", "mine", "own", "lot"}
BY_SIDE = {"offer": PUBLIC | {"floor", "offered"}, "need": PUBLIC | {"ceiling", "asked"}}


def offer(**other: Any) -> OfferLine:
    fields: dict[str, Any] = {
        "line": "O-1",
        "coop": "19.02.01.2003",
        "hub": "19.02",
        "family": "LADA-BASAH",
        "commodity": "LADA-PUTIH",
        "grade": "B",
        "quantity": 120 * MICRO,
        "floor": 111_111,
        "min_lot": 170 * MICRO,
    }
    return OfferLine(**fields | other)


def need(**other: Any) -> NeedLine:
    fields: dict[str, Any] = {
        "line": "N-1",
        "coop": "19.01.01.2001",
        "hub": "19.01",
        "family": "LADA-BASAH",
        "commodity": "LADA-PUTIH",
        "quantity": 50 * MICRO,
        "ceiling": 99_999,
        "grade": "A",
    }
    return NeedLine(**fields | other)


def found(reason: str, partner: Any, **figures: int | str) -> Found:
    return Found("between", reason, {"with": partner.line, **figures}, partner)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("code", sorted(TEXTS))
def test_every_reason_is_either_fit_for_both_sides_or_has_words_of_its_own(code: str, side: Side):
    ways = [code in OPEN_TO_ALL, (code, side) in OWN, (code, side) in PARTY]
    assert sum(ways) == 1


@pytest.mark.parametrize(("code", "side"), sorted(PARTY))
def test_words_for_a_party_ask_for_no_figure_of_the_other_side(code: str, side: Side):
    both = PARTY[code, side]
    shown = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in both]
    assert shown[0] == shown[1] <= BY_SIDE[side]
    assert both.id != both.en


def test_a_price_shows_each_side_its_own_limit_the_freight_and_the_band():
    figures: dict[str, Any] = {"ceiling": 99_999, "floor": 111_111, "leg": 3_333, "short": 14_445}
    seller = for_party(found("price", need(), **figures), "offer", offer(), KG)
    buyer = for_party(found("price", offer(), **figures), "need", need(), KG)
    assert "Rp 111.111" in seller.id
    assert "Rp 3,333" in seller.en
    assert "Rp 107,000 to Rp 160,000" in seller.en
    assert "Rp 99.999" in buyer.id
    for words, hidden in ((seller, ("99", "14", "N-1")), (buyer, ("111", "14", "O-1"))):
        for text in words:
            assert not any(each in text for each in hidden)
    whole = exact(found("price", need(), **figures), KG)
    assert "99,999" in whole.en
    assert "14,445" in whole.en


def test_where_only_the_name_is_private_the_words_are_those_of_everybody():
    ship: dict[str, Any] = {
        "from": "19.02",
        "to": "19.01",
        "departs_day": TODAY + 2,
        "arrives_day": TODAY + 3,
    }
    words = for_party(found("sailing", need(), **ship), "offer", offer(), KG)
    assert ANOTHER.id in words.id
    assert "N-1" not in words.id + words.en
    assert "2026-11-25" in words.en
    known = for_party(found("held_back", need()), "offer", offer(), KG)
    assert "N-1" in known.en


def test_an_officer_is_cleared_inside_the_hub_an_auditor_everywhere_a_coop_nowhere():
    places = ("everywhere", "hub", "between")
    seen = {role: [cleared(role, where) for where in places] for role in Role}
    assert seen == {
        Role.AUDITOR: [True, True, True],
        Role.OFFICER: [True, True, False],
        Role.COOP: [False, False, False],
    }


def test_a_lot_is_too_small_by_what_is_missing():
    small = found("min_lot", need(), lot=170 * MICRO, possible=50 * MICRO)
    told = miss(small, offer(), TODAY, KG)
    assert told is not None
    assert told.words == ("Kurang 120 kilogram.", "Too small by 120 kilogram.")
    assert not told.own
    alone = found("min_lot", need(quantity=500 * MICRO), lot=170 * MICRO, possible=120 * MICRO)
    mine = miss(alone, offer(), TODAY, KG)
    assert mine is not None
    assert mine.own


@pytest.mark.parametrize("side", SIDES)
def test_a_ship_too_late_names_what_is_over_first_and_whose_figure_that_is(side: Side):
    ship: dict[str, Any] = {"arrives_day": TODAY + 3}
    lines: dict[str, Any] = {"offer": offer(expires_day=TODAY + 2), "need": need()}

    def said(**ends: Any) -> Any:
        own, partner = ends[side], ends["need" if side == "offer" else "offer"]
        return miss(found("sailing", partner, **ship), own, TODAY, KG)

    spoils = said(**lines)
    assert "live 2 days and may travel 1 day at most" in spoils.words.en
    assert spoils.own == (side == "offer")
    hurry = said(offer=offer(), need=need(needed_by_day=TODAY + 1))
    assert hurry.words.en == "The ship arrives in 3 days, but it is needed within 1 day."
    assert hurry.own == (side == "need")
    assert said(offer=offer(), need=need()) is None


def test_days_too_many_belong_to_who_gave_the_limit():
    shelf = found("shelf_life", need(), days=5, left=3, allowed=2)
    late = found("needed_by", need(), arrives_day=TODAY + 4, needed_by_day=TODAY + 3)
    for what, text, own in (
        (shelf, "Too long by 3 days.", True),
        (late, "Too late by 1 day.", False),
    ):
        told = miss(what, offer(), TODAY, KG)
        assert told is not None
        assert (told.words.en, told.own) == (text, own)


def test_nothing_is_added_where_the_words_say_it_all_or_a_mill_lies_between():
    assert miss(found("price", need(), short=5), offer(), TODAY, KG) is None
    copra = found("min_lot", need(commodity="KOPRA"), lot=2, possible=1)
    assert miss(copra, offer(), TODAY, KG) is None
    assert miss(Found("hub", "min_lot", {}, None), offer(), TODAY, KG) is None
