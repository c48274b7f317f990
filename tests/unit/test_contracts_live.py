"""What a partner's contract does in the book of its site's hub: who may meet it, where, when."""

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from schemas.errors import Reason
from schemas.records import version_of
from streams.core import contracts, state
from streams.core.effects import Effects
from tests.support.core_desk import Desk, restored
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    Saying,
    amended,
    cancelled,
    counted,
    day,
    decision,
    line,
    placed,
    profile,
    report,
    said,
    tick,
    voided,
)
from tests.support.fair import GIVER, TAKER, Fair, goods, order

FIRST, LAST = day(NOON), day(NOON + 9 * DAY)


@dataclass
class Hub(Desk):
    """A desk that keeps what the market was told last, by key."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, effects: Effects) -> None:
        super().take(effects)
        for _, _, rows in effects.away:
            self.told |= {key.decode(): json.loads(value)["data"] for key, value in rows}


def contract(
    tag: str, direction: str, quantity: int, at: int = NOON, *, n: int = 1, **more: Any
) -> Saying:
    """What a partner says of coconuts at the village B, by the desk of the hub."""
    actor = more.pop("actor", HUB)
    body = {"contract": tag, "direction": direction, "site": B, "commodity": "KELAPA"}
    body |= {"quantity": str(quantity), "unit": "BUTIR", "since": FIRST, "until": LAST}
    return said("contract", (actor, "mitra", n), body | more, at)


def supply(tag: str, quantity: int, at: int = NOON, **more: Any) -> Saying:
    return contract(tag, "supply", quantity, at, **more)


def buy(tag: str, quantity: int, at: int = NOON, **more: Any) -> Saying:
    return contract(tag, "buy", quantity, at, **more)


def lpg(tag: str, quantity: int, **more: Any) -> Saying:
    return supply(tag, quantity, commodity="LPG-3KG", unit="TABUNG", price="16000", **more)


def wants(coop: str, order: str, quantity: int, n: int = 1, **more: Any) -> Saying:
    return report(coop, n, placed(order, quantity, ceiling_price="9000", **more))


def wants_lpg(coop: str, n: int = 1) -> Saying:
    order = placed("PO-1", 10, "LPG-3KG", unit="TABUNG", ceiling_price="19000")
    return report(coop, n, order)


def has(coop: str, quantity: int, n: int = 1, **more: Any) -> Saying:
    return report(coop, n, counted(quantity, floor_price="5000", **more))


def proposed(desk: Hub) -> list[tuple[str, str, str, str]]:
    """Offer, need, quantity and partner of what stands."""
    shown = [m for m in desk.matches().values() if m["state"] in ("draft", "proposed")]
    return sorted((m["offer"], m["need"], m["quantity"], m.get("partner", "")) for m in shown)


def left(desk: Hub, family: str = "KELAPA") -> dict[str, Any]:
    """What the market was told last of a family."""
    return desk.told.get(f"{HUB}|{family}", {})


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


def test_what_asks_for_permits_stays_in_its_hub_and_what_does_not_is_told_as_a_contract():
    desk = Hub().feed(
        supply("BULOG-7", 500, permits=["NIB 12"]),
        supply("BULOG-8", 70, n=2),
        tick(1, NOON + HOUR),
    )
    offers = left(desk)["offers"]
    assert [(o["line"], o.get("contract", False)) for o in offers] == [
        (f"{HUB}|KELAPA|UNGRADED|BULOG-8", True)
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


# ------------------------------------------------------------------ state
def test_a_worker_that_takes_over_says_every_total_in_the_version_it_had():
    since, until = day(NOON + DAY), day(NOON + 2 * DAY)
    log = [
        buy("PABRIK-1", 200, since=since, until=until),
        supply("BULOG-7", 100, n=2, since=since, until=until, permits=["NIB"]),
        profile(A, 1, outlet=True, permits=["nib"]),
        wants(A, "PO-1", 20),
        *(tick(n + 1, NOON + n * DAY) for n in range(5)),
    ]
    for cut in range(1, len(log) + 1):
        desk = Hub().feed(*log[:cut])
        other = restored(desk.batches)
        mine, theirs = (core._view.totals.by_key for core in (desk.core, other))
        assert {k: (t.cells, t.version) for k, t in theirs.items() if t.cells} == {
            k: (t.cells, t.version) for k, t in mine.items() if t.cells
        }
        assert other._book.dirty == desk.core._book.dirty


def test_state_from_before_contracts_reads_on():
    coop = state.Coop(version=version_of(0, 7), packs={"KELAPA|PETI": 5})
    whole = state.decode(b"coop/x", state.encode(coop))
    names = state.Coop.__struct_fields__
    assert names[-3:] == ("contracts", "outlet", "permits")
    short = msgspec.msgpack.encode([getattr(coop, name) for name in names[:-3]])
    assert state.decode(b"coop/x", short) == whole


def test_an_actor_has_room_for_so_many_contracts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contracts, "TERMS_MAX", 2)
    log = [supply(f"T-{n}", 5, n=n) for n in range(1, 4)]
    desk = Hub().feed(*log)
    assert desk.verdicts() == ["accepted", "accepted", "rejected"]
    assert desk.reasons() == [Reason.STATE_TOO_LARGE]
    assert desk.of("lumbung.dead-letter.v1")[0]["identity"] == f"{HUB}:mitra:3#0"


def test_terms_that_nothing_stands_on_go_once_nothing_can_bring_them_back():
    later = NOON + 60 * DAY
    desk = Hub().feed(supply("T-1", 5), supply("T-1", 6, NOON + HOUR, n=2))
    for n in range(3):
        desk.feed(tick(n + 1, later + n * HOUR))
    desk.feed(supply("T-2", 5, later, n=3))
    terms = desk.core._book.coops[HUB].contracts
    assert sorted(terms) == ["mitra|2", "mitra|3"]


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
