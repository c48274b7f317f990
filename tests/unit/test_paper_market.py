"""Hubs and the market between them, all folds real, both logs on paper."""

import json
from typing import Any

import pytest

from schemas.identity import partition_of
from schemas.topics import DEAD_LETTER, DEMAND, EVENTS, LEDGER, MARKET
from tests.support.core_desk import PARTITIONS
from tests.support.core_logs import DAY, Saying, counted, decision, issued, line, placed, report
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


def test_a_report_of_less_stock_ends_what_nobody_has_said_yes_to():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    market.say(report(BELITUNG, 2, issued(400, commodity="LADA-PUTIH"))).tick()
    (old, new) = sorted(market.matches(), key=lambda m: m["tick"])
    assert (old["state"], old["history"][-1]["reason"]) == ("superseded", f"{BELITUNG}:hp1:2")
    assert (new["state"], new["quantity"]) == ("proposed", "100")


def test_a_report_of_less_stock_marks_what_was_said_yes_to_and_names_the_report():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    decided(market, BELITUNG, 2, "accept")
    market.say(report(BELITUNG, 2, issued(400, commodity="LADA-PUTIH"))).tick()
    (match,) = market.matches()
    assert (match["state"], match["at_risk"]) == ("proposed", f"{BELITUNG}:hp1:2")


def first_of(market: PaperMarket) -> dict[str, Any]:
    """The oldest match between hubs."""
    return min(market.matches(), key=lambda m: m["tick"])


def decided(
    market: PaperMarket, actor: str, number: int, word: str, on: Any = None, **more: Any
) -> None:
    """Somebody decides on a match between hubs, the newest where none is named."""
    name = (on or max(market.matches(), key=lambda m: m["tick"]))["match_id"]
    market.say(decision(actor, number, name, word, market.now, **more))


def of(market: PaperMarket, topic: str, coop: str, kind: str) -> list[Any]:
    """What was told last of a co-op's positions or orders."""
    found = [json.loads(value)["data"] for t, _, value in market.outputs if t == topic]
    return [row for data in found if data.get("coop") == coop for row in data.get(kind, [])]


def test_a_match_between_hubs_lives_until_it_is_paid():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    decided(market, BELITUNG, 1, "accept")
    decided(market, BANTUL, 1, "accept")
    (match,) = market.matches()
    assert (match["state"], match["expires_ms"]) == ("accepted", -1)
    decided(market, BELITUNG, 2, "ship", quantity="150")
    decided(market, BELITUNG, 3, "ship", quantity="50")
    decided(market, BANTUL, 2, "receive", quantity="190", refused="10")
    match = first_of(market.tick())
    amounts = ("shipped_quantity", "received_quantity", "refused_quantity", "held_quantity")
    assert match["state"] == "short"
    assert [match[name] for name in amounts] == ["200", "190", "10", "0"]
    assert of(market, LEDGER, BELITUNG, "positions")[-1]["on_hand"] == "300"
    assert of(market, LEDGER, BANTUL, "positions")[-1]["on_hand"] == "190"
    assert of(market, LEDGER, BANTUL, "orders")[-1]["delivered"] == "190"
    decided(market, BANTUL, 3, "pay", on=match)
    decided(market, BELITUNG, 4, "pay", on=match)
    match = first_of(market.tick())
    assert (match["state"], match["payment"]) == ("paid", "confirmed")
    (rest,) = [m for m in market.matches() if m["match_id"] != match["match_id"]]
    assert (rest["state"], rest["quantity"]) == ("proposed", "10"), "what was refused is wanted"
    words = [step["reason"] for step in match["history"][1:]]
    assert words == ["accept", "accept", "ship", "ship", "receive", "pay", "pay"]


def test_goods_that_were_shipped_are_offered_to_nobody_and_the_rest_is():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    for number, (coop, word) in enumerate([(BELITUNG, "accept"), (BANTUL, "accept")], 1):
        decided(market, coop, number, word)
    decided(market, BELITUNG, 2, "ship", quantity="200")
    market.say(wanted(PANDEGLANG, 400)).tick(2)
    newest = max(market.matches(), key=lambda m: m["tick"])
    assert (newest["to_hub"], newest["quantity"]) == ("36.01", "300")


def test_what_was_refused_on_arrival_eases_an_order_that_has_shrunk():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    for number, (coop, word) in enumerate([(BELITUNG, "accept"), (BANTUL, "accept")], 1):
        decided(market, coop, number, word)
    decided(market, BELITUNG, 3, "ship", quantity="200")
    less = line("order.amended", 100, "", "", order="PO-1", revision=2)
    market.say(report(BANTUL, 5, {k: v for k, v in less.items() if v}, at=market.now)).tick()
    assert first_of(market)["at_risk"] == f"{BANTUL}:hp1:5"
    decided(market, BANTUL, 6, "receive", refused="150", on=first_of(market))
    assert (first_of(market)["state"], first_of(market)["at_risk"]) == ("shipped", "")


def test_terms_are_countered_within_what_was_promised():
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    (first,) = market.matches()
    decided(market, BANTUL, 1, "counter", quantity="120", price=str(first["price"] - 500))
    (match,) = market.matches()
    assert (match["state"], match["quantity"], match["price"]) == (
        "countered",
        "120",
        first["price"] - 500,
    )
    assert match["buyer_price"] == first["buyer_price"] - 500
    decided(market, BELITUNG, 1, "accept")
    (match,) = market.tick().matches()
    assert (match["state"], match["held_quantity"]) == ("accepted", "120")


def test_a_refused_match_is_solved_again_without_it():
    cheap = report("19.02.01.2004", 1, counted(200, commodity="LADA-PUTIH", floor_price="89000"))
    market = PaperMarket().say(pepper(500), cheap, wanted(BANTUL, 200)).tick()
    (first,) = market.matches()
    assert first["from_coop"] == "19.02.01.2004"
    decided(market, "19.02.01.2004", 1, "reject", reason="sudah terjual")
    (old, new) = sorted(market.tick(2).matches(), key=lambda m: m["tick"])
    assert (old["state"], old["history"][-1]["reason"]) == ("rejected", "sudah terjual")
    assert (new["state"], new["from_coop"]) == ("proposed", BELITUNG)


def test_what_goes_there_makes_the_way_home_cheaper():
    def black(market: PaperMarket) -> dict[str, Any]:
        offer = counted(300, commodity="LADA-HITAM", floor_price="60000")
        order = placed("PO-7", 300, "LADA-HITAM", ceiling_price="130000")
        market.say(report(BANTUL, 7, offer, at=market.now), report(BELITUNG, 7, order))
        (found,) = [m for m in market.tick(2).matches() if m["commodity"] == "LADA-HITAM"]
        return found

    alone = black(PaperMarket().tick())
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    decided(market, BELITUNG, 1, "accept")
    decided(market, BANTUL, 1, "accept")
    beside = black(market)
    assert beside["leg_cost"] < alone["leg_cost"]
    legs = [
        (part["quantity"], leg.get("back", "")) for part in beside["parts"] for leg in part["legs"]
    ]
    assert ("200", "yes") in legs
    assert "on the way home" in beside["why_en"]
    assert "muatan balik" in beside["why_id"]


@pytest.mark.parametrize(
    ("actor", "word", "more", "reason"),
    [
        ("19.02.01.2004", "accept", {}, "not_a_party"),
        ("19.02", "accept", {}, "no_mandate"),
        (BELITUNG, "ship", {"quantity": "5"}, "not_accepted"),
        (BELITUNG, "counter", {"quantity": "201"}, "above_hold"),
        (BANTUL, "receive", {"quantity": "5"}, "not_accepted"),
    ],
)
def test_what_may_not_be_done_is_refused_where_it_was_said(actor, word, more, reason):
    market = PaperMarket().say(pepper(500), wanted(BANTUL, 200)).tick()
    before = market.matches()
    decided(market, actor, 1, word, **more)
    letters = [json.loads(value)["data"] for t, _, value in market.outputs if t == DEAD_LETTER]
    assert [letter["reason"] for letter in letters] == [reason]
    assert market.tick().matches() == before


@pytest.mark.parametrize("seed", range(6))
def test_a_life_is_the_same_when_its_parts_die_on_the_way(seed):
    def told(market: PaperMarket) -> list[Any]:
        market.say(pepper(500), wanted(BANTUL, 200)).tick(2)
        for number, (actor, word, more) in enumerate(LIFE, 1):
            decided(market, actor, number, word, **more)
            market.tick()
        return [{k: v for k, v in m.items() if k != "version"} for m in market.tick(3).matches()]

    assert told(PaperMarket(seed, deadly=0.15)) == told(PaperMarket())


LIFE: list[tuple[str, str, dict[str, Any]]] = [
    (BANTUL, "counter", {"quantity": "180"}),
    (BELITUNG, "accept", {}),
    (BELITUNG, "ship", {"quantity": "100"}),
    (BANTUL, "receive", {"quantity": "60"}),
    (BELITUNG, "ship", {"quantity": "80"}),
    (BANTUL, "receive", {"quantity": "110", "final": True}),
    (BANTUL, "pay", {}),
    (BELITUNG, "pay", {}),
]


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
