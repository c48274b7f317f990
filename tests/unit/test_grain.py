"""Matches are of what somebody can weigh or count: whole thousandths, or whole pieces."""

from random import Random
from typing import Any

import pytest

from deploy.shown import cell
from schemas import reference
from schemas.quantity import MICRO, parse_quantity
from streams.core.grain import GRAIN, grain_of, is_crumb, matchable
from tests.support.core_logs import counted, decision, placed, report
from tests.support.paper_market import PaperMarket

CATALOGUE = reference.catalogue()
BELITUNG, NEIGHBOUR = "19.02.01.2003", "19.02.01.2004"
BANTUL, PANDEGLANG = "34.02.01.2001", "36.01.01.2005"
PEPPER = {"commodity": "LADA-PUTIH", "floor_price": "90000"}
ORDER = {"commodity": "LADA-PUTIH", "ceiling_price": "130000"}


def quantities(market: PaperMarket, tier: int) -> list[str]:
    return sorted(m["quantity"] for m in market.matches(tier))


def ordered(coop: str, quantity: str, number: int = 1) -> Any:
    return report(coop, number, placed(f"PO-{number}", quantity, **ORDER))


@pytest.mark.parametrize(
    ("left", "whole", "matched"),
    [
        (5 * MICRO, 5 * MICRO, 5 * MICRO),
        (5 * MICRO + 999, 5 * MICRO + 999, 5 * MICRO),
        (999, 5 * MICRO, 0),
        (GRAIN, 5 * MICRO, GRAIN),
        (999, 999, 999),
        (998, 999, 0),
        (0, 5 * MICRO, 0),
        (-3, 5 * MICRO, 0),
        (-3, -3, 0),
    ],
)
def test_of_a_line_whole_thousandths_are_matched_and_all_of_one_that_is_smaller(
    left: int, whole: int, matched: int
) -> None:
    assert matchable(left, whole) == matched


def test_what_a_match_inside_a_hub_leaves_below_a_gram_is_matched_no_more() -> None:
    market = PaperMarket().say(report(BELITUNG, 1, counted("500.0004", **PEPPER)))
    market.say(ordered(NEIGHBOUR, "500")).tick()
    market.say(ordered(NEIGHBOUR, "10", 2), ordered(BANTUL, "10")).tick(2)
    assert (quantities(market, 1), quantities(market, 2)) == (["500"], [])


def test_what_a_match_between_hubs_leaves_below_a_gram_is_matched_no_more() -> None:
    market = PaperMarket().say(report(BELITUNG, 1, counted("500", **PEPPER)))
    market.say(ordered(BANTUL, "499.9996")).tick()
    market.say(ordered(PANDEGLANG, "10")).tick(2)
    assert quantities(market, 2) == ["0.001", "499.999"]


def test_stock_below_a_gram_and_the_rest_of_an_order_are_matched_no_more() -> None:
    market = PaperMarket().say(report(BELITUNG, 1, counted("0.000001", **PEPPER)))
    market.say(report("19.02.02.2001", 1, counted("500", **PEPPER)))
    market.say(ordered(NEIGHBOUR, "10.000001")).tick()
    (match,) = market.matches(1)
    name, at = match["match_id"], market.now
    market.say(decision(NEIGHBOUR, 2, name, "accept", at))
    market.say(decision("19.02.02.2001", 2, name, "accept", at))
    market.say(decision("19.02.02.2001", 3, name, "ship", at, quantity="10"))
    market.say(decision(NEIGHBOUR, 3, name, "receive", at, quantity="10")).tick(2)
    market.say(ordered(BANTUL, "10")).tick(2)
    assert (quantities(market, 1), quantities(market, 2)) == (["10"], ["10"])


def test_the_crumb_of_an_order_is_nobodys_trip() -> None:
    assert is_crumb(MICRO - 1, 1_000 * MICRO)
    assert not is_crumb(MICRO, 1_000 * MICRO)
    market = PaperMarket().say(report(BELITUNG, 1, counted("11.999", **PEPPER)))
    market.say(ordered(NEIGHBOUR, "12")).tick()
    (match,) = market.matches(1)
    market.say(decision(NEIGHBOUR, 2, match["match_id"], "accept", market.now))
    market.say(report("19.02.02.2001", 1, counted("500", **PEPPER))).tick(2)
    assert quantities(market, 1) == ["11.999"]
    market.say(ordered(BANTUL, "10.001")).tick(2)
    assert quantities(market, 2) == ["10.001"]


def test_who_asks_for_less_than_a_gram_gets_it() -> None:
    market = PaperMarket().say(report(BELITUNG, 1, counted("500", **PEPPER)))
    market.say(ordered(NEIGHBOUR, "0.0005"), ordered(BANTUL, "0.0004")).tick(2)
    assert (quantities(market, 1), quantities(market, 2)) == (["0.0005"], ["0.0004"])


def nuts_and_orders(seed: int) -> PaperMarket:
    """Splits of nuts and millionths everywhere, and orders for what is made of nuts."""
    chance, market = Random(seed), PaperMarket(seed)
    for n in range(1, 4):
        for coop in (BELITUNG, NEIGHBOUR, "19.02.02.2001", "36.01.02.2001"):
            nuts = f"{chance.randrange(4_000)}.{chance.randrange(MICRO):06}"
            market.say(report(coop, n, counted(nuts, "KELAPA", floor_price="1000")))
        for coop in (BANTUL, PANDEGLANG, "19.02.03.2001"):
            for m, goods in enumerate(("KOPRA", "VCO")):
                amount = f"{chance.randrange(300)}.{chance.randrange(MICRO):06}"
                order = placed(f"{n}-{m}", amount, goods, ceiling_price="90000")
                market.say(report(coop, 2 * n + m, order))
        market.tick(2)
    return market


@pytest.mark.parametrize("seed", range(3))
def test_whole_nuts_and_whole_grams_are_matched_where_goods_are_made_of_others(seed: int) -> None:
    market = nuts_and_orders(seed)
    between = market.matches(2)
    assert any(match["commodity"] != match["to_commodity"] for match in between)
    amounts = [
        (parse_quantity(match[name]) or 0, grain_of(CATALOGUE.commodities[match[goods]].unit))
        for match in [*market.matches(1), *between]
        for name, goods in (("quantity", "commodity"), ("to_quantity", "to_commodity"))
        if name in match
    ]
    assert [amount for amount, _ in amounts if amount < GRAIN] == []
    assert [amount for amount, grain in amounts if amount % grain] == []


def test_what_is_sold_by_the_piece_is_matched_in_whole_pieces() -> None:
    assert (grain_of("EA"), grain_of("KGM"), grain_of("LTR")) == (MICRO, GRAIN, GRAIN)
    market = PaperMarket().say(report(BELITUNG, 1, counted("7.5", "KELAPA", floor_price="1000")))
    nuts = placed("PO-1", "30", "KELAPA", ceiling_price="9000")
    market.say(report(NEIGHBOUR, 1, nuts)).tick(2)
    assert (quantities(market, 1), quantities(market, 2)) == (["7"], [])


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1e-06, "0.000001"), (3.0, "3"), (2.5, "2.5"), (1e12, "1000000000000"), (0.1 + 0.2, "0.3")],
)
def test_a_table_writes_numbers_out(value: float, shown: str) -> None:
    assert cell(value) == shown
