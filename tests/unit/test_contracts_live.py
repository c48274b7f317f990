"""What a partner's contract does in the book of its site's hub: who may meet it, where, when."""

from typing import Any

import pytest

from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    amended,
    cancelled,
    day,
    decision,
    line,
    placed,
    profile,
    report,
    tick,
    voided,
)
from tests.support.fair import GIVER, TAKER, Fair, goods, order
from tests.support.partners import (
    FIRST,
    LAST,
    Hub,
    buy,
    has,
    left,
    lpg,
    proposed,
    supply,
    wants,
    wants_lpg,
)


# ------------------------------------------------------------------ a line, and its match
def test_a_supply_meets_an_order_at_the_village_it_lies_in_and_the_match_names_the_partner():
    desk = Hub().feed(supply("BULOG-7", 500, price="5000"), wants(A, "PO-1", 200))
    desk.feed(tick(1, NOON + HOUR))
    assert proposed(desk) == [
        (f"{HUB}|KELAPA|UNGRADED|BULOG-7", f"{A}|PO-1", "200", "BULOG-7"),
    ]
    (match,) = desk.matches().values()
    found = desk.core._clock._setting.ways.leg(B, A, "KELAPA")
    assert found is not None
    assert (match["leg_cost"], match["leg_mode"]) == (found[0].cost, found[1])
    assert (match["from_coop"], match["from_hub"]) == (HUB, HUB)


def test_two_contracts_of_one_hub_are_as_far_apart_as_their_sites():
    desk = Hub().feed(
        supply("NEAR", 10, price="5000", site=A),
        supply("AFAR", 10, price="5000", site=C, n=2),
        wants(A, "PO-1", 20),
        tick(1, NOON + HOUR),
    )
    costs = {m["lot"]: m["leg_cost"] for m in desk.matches().values()}
    ways = desk.core._clock._setting.ways
    near, afar = ways.leg(A, A, "KELAPA"), ways.leg(C, A, "KELAPA")
    assert near is not None
    assert afar is not None
    assert near[0].cost < afar[0].cost
    assert costs == {"NEAR": near[0].cost, "AFAR": afar[0].cost}


def test_what_a_partner_buys_is_delivered_to_it_and_never_offered_to_others():
    desk = Hub().feed(has(A, 300), buy("PABRIK-1", 200, price="6000"), tick(1, NOON + HOUR))
    assert proposed(desk) == [
        (f"{A}|KELAPA|UNGRADED|", f"{HUB}|PABRIK-1", "200", "PABRIK-1"),
    ]
    (name,) = desk.matches()
    at = NOON + 2 * HOUR
    desk.feed(
        decision(A, 1, name, "accept", at),
        decision(HUB, 1, name, "accept", at),
        decision(A, 2, name, "ship", at, quantity="200"),
        decision(HUB, 2, name, "receive", at, quantity="200"),
        wants(C, "PO-2", 150),
        tick(2, at + HOUR),
    )
    assert desk.matches()[name]["state"] == "received"
    assert desk.on_hand(HUB) == "200"
    assert desk.orders()[f"{HUB}|PABRIK-1"]["delivered"] == "200"
    assert [offer for offer, *_ in proposed(desk)] == [f"{A}|KELAPA|UNGRADED|"]


def test_the_ledger_shows_the_line_of_a_contract_and_demand_counts_it():
    desk = Hub().feed(buy("PABRIK-1", 200, grade="A"), supply("BULOG-7", 90, n=2))
    asked, given = desk.ledger()
    assert [(x["line_id"], x["kind"], x["order"]) for x in asked["lines"]] == [
        (f"{HUB}:mitra:1#1", "order.placed", "PABRIK-1")
    ]
    assert [(x["line_id"], x["kind"], x["lot"]) for x in given["lines"]] == [
        (f"{HUB}:mitra:2#1", "stock.counted", "BULOG-7")
    ]
    assert asked["orders"][0]["priority"] == "staple"
    assert desk.row(grade="A")["demand"] == "200"
    assert desk.row()["supply"] == "90"


# ------------------------------------------------------------------ windows
def test_a_contract_is_open_from_its_first_day_to_its_last_by_the_hubs_own_clock():
    since, until = day(NOON + 2 * DAY), day(NOON + 3 * DAY)
    desk = Hub().feed(
        supply("BULOG-7", 500, price="5000", since=since, until=until),
        wants(A, "PO-1", 200, needed_by=day(NOON + 20 * DAY)),
    )
    midnight = NOON - 4 * HOUR + 2 * DAY - 7 * HOUR  # NOON is 11:00 in the hub's zone (WIB)
    for n, (at, open_) in enumerate(
        (
            (NOON + HOUR, False),
            (midnight - 1, False),
            (midnight, True),
            (midnight + 2 * DAY - 1, True),
            (midnight + 2 * DAY, False),
        ),
        1,
    ):
        desk.feed(tick(n, at))
        assert bool(proposed(desk)) is open_, n
        assert bool(left(desk).get("offers")) is open_, n


def test_a_shut_contract_is_no_demand_and_opens_and_shuts_alone_in_its_family():
    since, until = day(NOON + 2 * DAY), day(NOON + 3 * DAY)
    desk = Hub().feed(buy("PABRIK-1", 200, since=since, until=until))
    shown = []
    for n in range(5):
        desk.feed(tick(n + 1, NOON + n * DAY))
        told = left(desk)
        shown.append((desk.row().get("demand", "0"), len(told.get("needs", []))))
    assert shown == [("0", 0), ("0", 0), ("200", 1), ("200", 1), ("0", 0)]


def test_what_was_agreed_inside_the_window_stays_when_it_shuts():
    desk = Hub().feed(has(A, 300), buy("PABRIK-1", 200, price="6000"), tick(1, NOON + HOUR))
    (name,) = desk.matches()
    desk.feed(decision(A, 1, name, "accept"), decision(HUB, 1, name, "accept"))
    desk.feed(tick(2, NOON + 9 * DAY), tick(3, NOON + 10 * DAY), has(A, 290, 2))
    assert desk.row().get("demand", "0") == "0"
    match = desk.matches()[name]
    assert (match["state"], match["at_risk"]) == ("accepted", "")
    desk.feed(has(A, 150, 3))
    assert desk.matches()[name]["at_risk"] == f"{A}:hp1:3"


# ------------------------------------------------------------------ contract goods
def test_subsidised_goods_go_from_a_partner_to_outlets_alone():
    desk = Hub().feed(
        lpg("PERTAMINA-1", 30),
        profile(A, 1, outlet=True),
        wants_lpg(A),
        wants_lpg(C),
        tick(1, NOON + HOUR),
    )
    assert [need for _, need, *_ in proposed(desk)] == [f"{A}|PO-1"]
    assert desk.why_not()[f"{HUB}|LPG-3KG"]["lines"][-1]["reason"] == "trade"
    assert "contract" not in left(desk, "LPG-3KG")["needs"][0]
    desk.feed(profile(C, 1, outlet=True), tick(2, NOON + 2 * HOUR))
    assert [need for _, need, *_ in proposed(desk)] == [f"{A}|PO-1", f"{C}|PO-1"]
    desk.feed(profile(A, 2, NOON + 2 * HOUR), tick(3, NOON + 3 * HOUR))
    assert [need for _, need, *_ in proposed(desk)] == [f"{C}|PO-1"]


def test_an_outlet_never_passes_subsidised_goods_on_even_if_it_calls_them_a_contract():
    own = lpg("AKAL-1", 30, actor=A, site=A)
    desk = Hub().feed(
        report(A, 1, line("stock.counted", 30, "LPG-3KG", "TABUNG", floor_price="16000")),
        own,
        profile(A, 1, outlet=True),
        profile(C, 1, outlet=True),
        wants_lpg(C),
        tick(1, NOON + HOUR),
    )
    assert proposed(desk) == []
    assert not any("contract" in offer for offer in left(desk, "LPG-3KG")["offers"])


# ------------------------------------------------------------------ permits
def test_a_contract_meets_only_who_holds_every_permit_it_asks_for():
    asks = supply("BULOG-7", 500, price="5000", permits=[" NIB 12 ", "Pirt 3"])
    desk = Hub().feed(asks, wants(A, "PO-1", 200), wants(C, "PO-1", 100))
    desk.feed(profile(A, 1, permits=["nib 12"]), tick(1, NOON + HOUR))
    assert proposed(desk) == []
    reasons = {x["reason"] for x in desk.why_not()[f"{HUB}|KELAPA"]["lines"]}
    assert reasons == {"permit"}
    desk.feed(profile(A, 2, NOON + 1, permits=["PIRT 3", "NIB 12"]), tick(2, NOON + 2 * HOUR))
    assert [need for _, need, *_ in proposed(desk)] == [f"{A}|PO-1"]


def test_a_buyer_asks_its_sellers_for_permits_too():
    desk = Hub().feed(has(A, 300), buy("PABRIK-1", 200, price="6000", permits=["HALAL"]))
    desk.feed(tick(1, NOON + HOUR))
    assert proposed(desk) == []
    desk.feed(profile(A, 1, permits=["halal"]), tick(2, NOON + 2 * HOUR))
    assert len(proposed(desk)) == 1


def test_what_is_left_of_contracts_is_told_with_the_permits_that_they_ask_for():
    desk = Hub().feed(
        supply("BULOG-7", 500, permits=["NIB 12"]),
        supply("BULOG-8", 70, n=2),
        tick(1, NOON + HOUR),
    )
    told = [(o["line"], o["contract"], o.get("asks", [])) for o in left(desk)["offers"]]
    assert told == [
        (f"{HUB}|KELAPA|UNGRADED|BULOG-7", True, ["nib 12"]),
        (f"{HUB}|KELAPA|UNGRADED|BULOG-8", True, []),
    ]


# ------------------------------------------------------------------ said anew, taken back
def test_a_contract_said_again_replaces_what_it_said_before_whatever_comes_first():
    old = supply("BULOG-7", 500, NOON - HOUR)
    new = supply("BULOG-7", 300, NOON, n=2, commodity="KOPRA", unit="KG", until=LAST)
    for log in ((old, new), (new, old)):
        desk = Hub().feed(*log, tick(1, NOON + HOUR))
        assert left(desk).get("offers", [None])[0]["commodity"] == "KOPRA"
        assert len(left(desk)["offers"]) == 1
        assert desk.on_hand(HUB, "KELAPA|UNGRADED|BULOG-7") == "500"


def test_a_supply_that_becomes_a_purchase_is_on_offer_no_more():
    old, new = supply("MITRA-7", 500, NOON - HOUR), buy("MITRA-7", 300, NOON, n=2)
    desk = Hub().feed(old, new, tick(1, NOON + HOUR))
    told = left(desk)
    assert ([n["line"] for n in told["needs"]], told.get("offers", [])) == ([f"{HUB}|MITRA-7"], [])


@pytest.mark.parametrize("early", [False, True])
def test_a_co_op_takes_a_contract_back_and_the_one_before_holds_again(early: bool):
    first = buy("MITRA-7", 300, NOON - HOUR, actor=A, site=A)
    second = buy("MITRA-7", 50, NOON, actor=A, site=A, n=2, until=FIRST)
    void = report(A, 1, voided(A, 2, 1, "mitra"))
    log = (first, void, second) if early else (first, second, void)
    desk = Hub().feed(*log, tick(1, NOON + 2 * DAY))
    assert [need["quantity"] for need in left(desk)["needs"]] == ["300"]
    terms = desk.core._book.coops[A].contracts
    assert [term.until_day for term in terms.values()] == [NOON // DAY + 9]


def test_an_order_of_the_contracts_number_is_the_co_ops_own_once_it_places_it_itself():
    own = report(A, 1, placed("MITRA-7", 40, ceiling_price="9000"), at=NOON + HOUR)
    desk = Hub().feed(buy("MITRA-7", 300, actor=A, site=A, until=FIRST), own)
    desk.feed(tick(1, NOON + 3 * DAY))
    (need,) = left(desk)["needs"]
    assert (need["quantity"], need.get("contract", False)) == ("40", False)


def test_a_co_op_may_amend_and_cancel_the_order_of_its_contract():
    desk = Hub().feed(
        buy("MITRA-7", 300, actor=A, site=A),
        report(A, 1, amended("MITRA-7", 2, quantity="120", unit="BUTIR")),
        tick(1, NOON + HOUR),
    )
    (need,) = left(desk)["needs"]
    assert (need["quantity"], need["contract"]) == ("120", True)
    desk.feed(report(A, 2, cancelled("MITRA-7")), tick(2, NOON + 2 * HOUR))
    assert left(desk).get("needs", []) == []


# ------------------------------------------------------------------ between hubs
@pytest.mark.parametrize(
    ("given", "asked", "partner"),
    [
        ({"line": "19.02|KOPRA|A|BULOG-7", "contract": True}, {}, "BULOG-7"),
        ({}, {"line": "31.72|PABRIK-1", "coop": "31.72", "contract": True}, "PABRIK-1"),
        ({}, {}, ""),
    ],
)
def test_a_match_between_hubs_names_the_contract_that_an_end_stands_on(
    given: dict[str, Any], asked: dict[str, Any], partner: str
):
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods(**given)), fair.lines(TAKER, order(15, **asked)))
    fair.next_round()
    assert fair.match.partner == partner


def test_an_order_of_an_outlet_is_told_to_the_market_as_entitled():
    desk = Hub().feed(profile(A, 1, outlet=True), wants_lpg(A), wants_lpg(C))
    desk.feed(tick(1, NOON + HOUR))
    told = {need["line"]: need.get("contract", False) for need in left(desk, "LPG-3KG")["needs"]}
    assert told == {f"{A}|PO-1": True, f"{C}|PO-1": False}
