"""What of live state may be swapped: by which ways, at which freight, under which names."""

from datetime import date

import pytest

from deploy.live_swaps import Left, UnknownRing, barter_of, proposed, unit_words
from schemas.problem import Need, Offer
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import LegBook

DAY = date(2026, 11, 22)
BELITUNG, JAKARTA = "19.02", "31.71"
RICE, COCONUT = "BERAS-MED", "KELAPA"


def left(grams: int = 10**6) -> Left:
    """Rice in Jakarta and coconuts in Belitung; each side asks for what the other has."""
    offers = [
        Offer(line="O1", coop=f"{JAKARTA}.01.1001", commodity=RICE, quantity="100"),
        Offer(line="O2", coop=f"{BELITUNG}.01.2003", commodity=COCONUT, quantity="260"),
    ]
    needs = [
        Need(line="N1", coop=f"{BELITUNG}.01.2003", commodity=RICE, quantity="100"),
        Need(line="N2", coop=f"{JAKARTA}.01.1001", commodity=COCONUT, quantity="260"),
    ]
    return Left(offers, needs, {BELITUNG: grams, JAKARTA: grams})


def ways(book: LegBook) -> set[tuple[str, str]]:
    legs: list[Leg] = list(book.legs)
    assert all(leg.capacity_kg is None for leg in legs)
    return {(leg.from_hub, leg.to_hub) for leg in legs}


def test_rings_go_over_the_sea_where_ships_have_room_for_all_the_goods_of_a_hub():
    barter, _ = barter_of(left(), DAY)
    assert ways(barter.terms.legs) == {(BELITUNG, JAKARTA), (JAKARTA, BELITUNG)}
    (ring,) = proposed(barter, ()).cycles
    assert set(ring.parties) == {f"{BELITUNG}.01.2003", f"{JAKARTA}.01.1001"}
    assert ring.freight > 0


def test_a_ship_that_the_goods_of_its_hub_might_fill_carries_no_ring():
    barter, _ = barter_of(left(grams=10**13), DAY)
    assert ways(barter.terms.legs) == set()
    assert proposed(barter, ()).cycles == ()


def test_the_middle_of_the_published_band_is_the_price():
    barter, _ = barter_of(left(), DAY)
    assert barter.rules.reference[RICE] == 13_000


def test_an_empty_book_has_no_rings():
    barter, _ = barter_of(Left([], [], {}), DAY)
    assert proposed(barter, ()).cycles == ()


@pytest.mark.parametrize("name", ["", "X", "A,", "A,A", "A,B,C,D,E"])
def test_a_refusal_that_names_no_ring_is_noticed(name: str):
    barter, _ = barter_of(Left([], [], {}), DAY)
    with pytest.raises(UnknownRing):
        proposed(barter, [name])


def test_base_units_have_names_in_both_languages():
    assert unit_words()["KGM"] == ("kilogram", "kilogram")
