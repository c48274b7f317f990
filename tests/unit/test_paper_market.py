"""Hubs and the market between them, all folds real, both logs on paper."""

import json
from typing import Any

import pytest

from schemas.identity import partition_of
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, MARKET
from tests.support.core_desk import PARTITIONS
from tests.support.core_logs import DAY, Saying, counted, issued, placed, report
from tests.support.paper_market import PaperMarket

BELITUNG, BANTUL, PANDEGLANG = "19.02.01.2003", "34.02.01.2001", "36.01.01.2005"
PEPPER = {"commodity": "LADA-PUTIH", "floor_price": "90000"}
ORDER = {"commodity": "LADA-PUTIH", "ceiling_price": "130000"}


def pepper(quantity: int) -> Saying:
    return report(BELITUNG, 1, counted(quantity, **PEPPER))


def wanted(coop: str, quantity: int, **more: str) -> Saying:
    return report(coop, 1, placed("PO-1", quantity, **{**ORDER, **more}))


def test_goods_of_one_hub_meet_an_order_of_another():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    (match,) = market.matches()
    assert (match["state"], match["quantity"], match["unit"]) == ("proposed", "200", "KGM")
    assert (match["from_hub"], match["to_hub"]) == ("19.02", "34.02")
    assert match["price"] >= 90_000
    assert match["price"] + match["leg_cost"] <= match["buyer_price"] <= 130_000
    assert match["certified"] is True


def test_what_a_hub_can_match_itself_stays_at_home():
    home = report("19.02.01.2004", 1, placed("PO-1", 400, **ORDER))
    market = PaperMarket().say(pepper(500), home, wanted(BANTUL, 200)).tick()
    (inside,) = market.matches(tier=1)
    (between,) = market.matches()
    assert (inside["quantity"], between["quantity"]) == ("400", "100")


def test_an_order_filled_from_elsewhere_counts_as_matched_in_its_hub():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    found = [json.loads(v)["data"] for t, k, v in market.outputs if (t, k) == (DEMAND, SEASON)]
    (row,) = found[-1]["rows"]
    assert (row["demand"], row["matched"], row["gap"]) == ("200", "200", "0")


SEASON = b"34.02|LADA-PUTIH|season"


def test_nothing_more_is_promised_than_is_there():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 400), wanted(PANDEGLANG, 400)).tick(3)
    found = {m["to_hub"]: int(m["quantity"]) for m in market.matches()}
    assert sum(found.values()) == 500


def test_a_report_of_less_stock_marks_the_match_and_names_the_report():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    market.say(report(BELITUNG, 2, issued(400, commodity="LADA-PUTIH"))).tick()
    (match,) = market.matches()
    assert match["at_risk"] == f"{BELITUNG}:hp1:2"


def test_more_goods_meet_what_is_still_open():
    market = PaperMarket().say(pepper(100), wanted(BANTUL, 200)).tick(2)
    more = counted(300, lot="NOV", **PEPPER)
    market.say(report(BELITUNG, 2, more)).tick(2)
    assert sorted(m["quantity"] for m in market.matches()) == ["100", "100"]


def test_a_message_nobody_can_read_is_a_dead_letter_and_stops_nothing():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200))
    home = partition_of("LADA-BASAH", PARTITIONS)
    bad = [(b"x", b"{"), (b"x", b""), (b"done|3", b'{"type":"lumbung.done.v1"}')]
    for key, value in bad:
        market.parts[MARKET, home].put(key, value, market.now)
    market.tick()
    letters = [json.loads(value)["data"] for t, _, value in market.outputs if t == DEAD_LETTER]
    assert [(x["topic"], x["partition"], x["reason"]) for x in letters] == [
        (MARKET, home, "json_malformed"),
        (MARKET, home, "empty_value"),
        (MARKET, home, "wrong_type"),
    ]
    assert len(market.matches()) == 1


def test_time_alone_tells_the_market_nothing_but_that_it_passed():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick(3)
    before = {place: len(part.log) for place, part in market.parts.items()}
    said = len(market.outputs)
    market.tick(2)
    assert len(market.outputs) == said
    for (topic, n), part in market.parts.items():
        each = 1 if topic == EVENTS else 1 + PARTITIONS
        assert len(part.log) - before[topic, n] == 2 * each


def story(market: PaperMarket) -> list[dict[str, Any]]:
    """A day in which everything changes; what is left, without versions."""
    market.say(pepper(500), wanted(BANTUL, 400), wanted(PANDEGLANG, 400)).tick(2)
    market.say(report(BELITUNG, 2, issued(100, commodity="LADA-PUTIH"))).tick(2)
    market.say(report(BELITUNG, 3, counted(900, lot="B", **PEPPER), at=market.now)).tick(2)
    market.say(report(PANDEGLANG, 2, placed("PO-2", 300, **ORDER), at=market.now)).tick(3)
    market.tick(1, DAY // 2)
    market.tick(6)
    return [{k: v for k, v in m.items() if k != "version"} for m in market.matches()]


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_work_changes_no_match(seed: int):
    assert story(PaperMarket(seed)) == story(PaperMarket(99))


@pytest.mark.parametrize("seed", range(12))
def test_deaths_in_between_leave_no_trace_in_any_match(seed: int):
    assert story(PaperMarket(seed, deadly=0.12)) == story(PaperMarket(99))


def test_goods_become_what_is_wanted_on_their_way():
    nuts = report(BELITUNG, 1, counted(6000, floor_price="1000"))
    copra = report(BANTUL, 1, placed("PO-1", 1000, "KOPRA", ceiling_price="20000"))
    (match,) = PaperMarket().say(nuts, copra).tick().matches()
    assert (match["quantity"], match["unit"], match["commodity"]) == ("5000", "EA", "KELAPA")
    assert (match["to_quantity"], match["to_unit"]) == ("1000", "KGM")
    assert match["parts"][0]["recipe"] == "R40"


def test_goods_become_what_is_wanted_inside_a_hub_too():
    nuts = report(BELITUNG, 1, counted(6000, floor_price="1000"))
    copra = report("19.02.01.2004", 1, placed("PO-1", 1000, "KOPRA", ceiling_price="20000"))
    (match,) = PaperMarket().say(nuts, copra).tick().matches()
    assert (match["tier"], match["from_hub"], match["to_hub"]) == (2, "19.02", "19.02")
