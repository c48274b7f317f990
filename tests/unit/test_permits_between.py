"""Permits of contracts between hubs: told, matched by, granted by, and checked."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest

from deploy.verify.findings import PROMISES
from schemas.permits import Holder
from schemas.quantity import MICRO
from schemas.topics import EVENTS, MARKET
from streams.core.interchange import hub_residual, market_round, market_state
from streams.core.interchange.hasty import answer_hastily
from streams.core.interchange.hub_residual import held_by, left_offers
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.market_lines import bonds_of
from streams.core.interchange.market_state import Lines
from streams.core.interchange.rest_pools import with_pools
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.lines import Bond, NeedLine, OfferLine, Options
from tests.support.core_logs import DAY, HOUR, NOON, A, Saying, day, placed, profile, report, said
from tests.support.core_logs import tick as ticked
from tests.support.fair import goods, order
from tests.support.lines import GOODS, TODAY, need, offer
from tests.support.market_logs import WrittenLog, WrittenMarket, checked
from tests.support.partners import Hub, has, left, supply

HERE, THERE = "19.02", "31.72"
ROAD = Leg(HERE, THERE, 100 * MICRO, 1)
NIB: Final = ("nib 12",)
BELITUNG, BANTUL, PANDEGLANG = "19.02.01.2003", "34.02.01.2001", "36.01.01.2005"
LADA = {"commodity": "LADA-PUTIH"}
RESERVE, LEG = "lumbung.reserve.v1", "lumbung.leg.v1"


def far(line: str, quantity: int = 100, **more: Any) -> NeedLine:
    return need(line, quantity, hub=THERE, **more)


def solved(
    lines: tuple[list[OfferLine], list[NeedLine]], bonds: dict[str, Bond], **more: Any
) -> Interchange:
    terms = Terms(legs=leg_book([ROAD]), **more)
    options = Options(bonuses=False, goods=GOODS, bonds=bonds)
    return solve_between(*lines, terms, options, TODAY)


def traded(found: Interchange) -> dict[tuple[str, str], int]:
    return {(s.offer, s.need): s.quantity // MICRO for s in found.shipments}


ASKS, HOLDS = Bond(asks=NIB), Bond(holds=NIB)


# ------------------------------------------------------------------ the matcher
@pytest.mark.parametrize("hastily", [False, True])
def test_a_dearer_buyer_without_the_permit_gives_way_to_one_that_holds_it(hastily: bool) -> None:
    lines = [offer("o")], [far("b", ceiling=3_000), far("c")]
    options = Options(bonuses=False, goods=GOODS, bonds={"o": ASKS, "c": HOLDS})
    terms = Terms(legs=leg_book([ROAD]))
    answer = answer_hastily if hastily else solve_between
    assert traded(answer(*lines, terms, options, TODAY)) == {("o", "c"): 100}
    free = replace(options, bonds={})
    assert traded(answer(*lines, terms, free, TODAY)) == {("o", "b"): 100}


def test_a_buyer_asks_its_sellers_and_both_must_hold_what_the_other_asks() -> None:
    lines = [offer("o"), offer("p")], [far("n", 150)]
    both = {"o": HOLDS, "n": ASKS, "p": Bond(asks=("x",), holds=NIB)}
    assert traded(solved(lines, both)) == {("o", "n"): 100}
    both["n"] = Bond(asks=NIB, holds=("x",))
    assert sum(traded(solved(lines, both)).values()) == 150


def test_who_finds_nobody_for_want_of_a_permit_is_told_so() -> None:
    found = solved(([offer("o")], [far("n")]), {"o": ASKS})
    assert {u.line: (u.reason, u.quantity) for u in found.unmatched} == {
        "o": ("permit", 100 * MICRO),
        "n": ("permit", 100 * MICRO),
    }
    assert found.certified


def test_another_round_has_another_digest_when_permits_change() -> None:
    lines = [offer("o")], [far("n")]
    every: list[dict[str, Bond]] = [{}, {"o": ASKS}, {"o": ASKS, "n": HOLDS}]
    digests = {solved(lines, bonds).digest for bonds in every}
    assert len(digests) == len(every)


def test_what_is_made_of_goods_goes_where_the_goods_may() -> None:
    nuts: dict[str, Any] = {"commodity": "KELAPA", "family": "KELAPA"}
    copra: dict[str, Any] = {"commodity": "KOPRA", "family": "KELAPA"}
    mill = Process("R40", "KELAPA", "KOPRA", HERE, 250_000)
    lines = [offer("o", 400, 10, **nuts), offer("p", 400, 20, **nuts)], [far("n", 100, **copra)]
    made = {"processes": (mill,)}
    assert traded(solved(lines, {}, **made)) == {("o", "n"): 100}
    assert traded(solved(lines, {"o": ASKS}, **made)) == {("p", "n"): 100}
    assert traded(solved(lines, {"o": ASKS, "n": HOLDS}, **made)) == {("o", "n"): 100}
    assert traded(solved(lines, {"n": ASKS, "p": HOLDS}, **made)) == {("p", "n"): 100}


@pytest.mark.parametrize("holders", [("o0", "o1", "o2"), ("o0", "o2"), ()])
def test_a_pool_is_of_those_who_hold_what_is_asked_for(holders: tuple[str, ...]) -> None:
    lines = [offer(f"o{n}", 40) for n in range(3)], [far("n", 120, min_lot=80)]
    bonds = {"n": ASKS} | dict.fromkeys(holders, HOLDS)
    terms = Terms(legs=leg_book([ROAD]))
    options = Options(bonuses=False, goods=GOODS, bonds=bonds)
    alone = solve_between(*lines, terms, options, TODAY)
    found = with_pools(alone, lines, terms, options, TODAY)
    assert traded(found) == {(line, "n"): 40 for line in holders}


# ------------------------------------------------------------------ what hubs tell
def test_a_hub_tells_what_its_contracts_ask_and_who_holds_what() -> None:
    desk = Hub().feed(
        supply("BULOG-7", 500, permits=["NIB 12 "]),
        supply("BULOG-8", 70, n=2),
        has(A, 300),
        ticked(1, NOON + HOUR),
    )
    told = left(desk)
    assert {o["line"].rpartition("|")[2]: o.get("asks") for o in told["offers"]} == {
        "BULOG-7": ["nib 12"],
        "BULOG-8": None,
        "": None,
    }
    assert "holders" not in told
    desk.feed(profile(A, 1, permits=["Pirt 3", "nib 12"]), ticked(2, NOON + 2 * HOUR))
    assert left(desk)["holders"] == [{"coop": A, "permits": ["nib 12", "pirt 3"]}]
    desk.feed(profile(A, 2, NOON + 1), ticked(3, NOON + 3 * HOUR))
    assert "holders" not in left(desk)


def test_permits_have_bounds_and_the_shortest_lists_are_told() -> None:
    long = tuple("x" * 200 for _ in range(30))
    held = {"a": long, "b": ("nib",), "c": long, "d": ()}
    assert [one.coop for one in held_by(held)] == ["a", "b"]
    offers = [offer(f"o{n}") for n in range(3)]
    bonds = {"o0": Bond(asks=long), "o1": Bond(asks=long)}
    assert [o.line for o in left_offers(offers, {}, bonds=bonds)] == ["o0", "o2"]
    assert hub_residual.PERMITS_BYTES_MAX < 64 * 1024


def test_only_what_somebody_asks_for_tells_lines_apart() -> None:
    held = (Holder(coop="b", permits=("halal", *NIB)), Holder(coop="a", permits=NIB))
    lines = Lines(1, 1, HERE, "F", (goods(asks=NIB),), (order(), order(line="m", coop="c")), held)
    assert bonds_of([lines]) == {"o": Bond(asks=NIB), "n": Bond(holds=NIB)}
    assert bonds_of([msgspec.structs.replace(lines, offers=(goods(),))]) == {}


# ------------------------------------------------------------------ old records
@pytest.mark.parametrize("kind", ["residual", "match"])
def test_records_of_before_permits_are_read(kind: str) -> None:
    new: dict[str, market_state.MarketRecord] = {
        "residual": Lines(1, 1, HERE, "F", (goods(),), (order(),)),
    }
    if kind == "match":
        end = ["offer", HERE, "o", "X", 5, 1]
        old = [7, "M", "F", 0, "asked", end, ["need", *end[1:]], 1, 1, 1, 1, 1, 1, 1, [], True]
        found = market_state.decode(kind, msgspec.msgpack.encode([*old, "d", 1, 1]))
        assert isinstance(found, market_state.Between)
        assert (found.offer.asks, found.need.permits) == ((), ())
        return
    whole = msgspec.msgpack.decode(market_state.encode(new[kind]))
    assert market_state.decode(kind, msgspec.msgpack.encode(whole[:-1])) == new[kind]


# ------------------------------------------------------------------ hubs and the market, live
def contract(tag: str, n: int = 1, at: int = NOON, **more: Any) -> Saying:
    body = {"contract": tag, "direction": "supply", "site": BELITUNG, **LADA, "quantity": "500"}
    body |= {"unit": "KG", "price": "90000", "since": day(NOON), "until": day(NOON + 9 * DAY)}
    return said("contract", (HERE, "mitra", n), body | more, at)


def wanted(coop: str, quantity: int) -> Saying:
    return report(coop, 1, placed("PO-1", quantity, **LADA, ceiling_price="130000"))


def story(market: WrittenMarket) -> WrittenMarket:
    """Two want what only one of them may have; then the other may, too, and asks in its turn."""
    market.say(contract("BULOG-7", permits=["NIB 12"]))
    market.say(profile(BANTUL, 1, permits=["nib 12", "halal"]), wanted(BANTUL, 300))
    market.say(wanted(PANDEGLANG, 400)).tick(3)
    return market


def takers(market: WrittenMarket) -> dict[str, str]:
    return {m["to_coop"]: m["quantity"] for m in market.matches() if m["state"] == "proposed"}


def test_a_contract_meets_who_holds_its_permit_in_another_hub_and_nobody_else() -> None:
    market = story(WrittenMarket(1))
    assert takers(market) == {BANTUL: "300"}
    market.say(profile(PANDEGLANG, 1, permits=["NIB 12"], at=market.now)).tick(3)
    assert takers(market) == {BANTUL: "300", PANDEGLANG: "200"}
    found = checked(market.written())
    assert found.ok, str(found.first)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_so_when_workers_die(seed: int) -> None:
    market = story(WrittenMarket(seed, deadly=0.12))
    market.tick(6)
    found = checked(market.written())
    assert found.ok, str(found.first)


def requests(log: WrittenLog, kind: str) -> list[dict[str, Any]]:
    every = [msgspec.json.decode(v) for rows in log.rows.values() for _, v, _ in rows
             if v and kind.encode() in v]  # fmt: skip
    return [tree["data"] for tree in every if tree["type"] == kind]


def test_a_hub_is_told_what_the_other_side_asks_and_says_what_it_found() -> None:
    log = story(WrittenMarket(2)).written()
    rights = {(r["side"], *r.get("asks", ()), "-", *r.get("permits", ()))
              for r in requests(log, RESERVE)}  # fmt: skip
    assert rights == {("offer", "-", *NIB), ("need", *NIB, "-")}
    legs = {
        (r["side"], *r.get("asks", ()), "-", *r.get("permits", ())) for r in requests(log, LEG)
    }
    assert legs == {("offer", *NIB, "-"), ("need", "-", *NIB)}


BUGS: Final[dict[str, tuple[Any, str, Any]]] = {
    "nobody looks at permits": (Bond, "meets", lambda *_: True),
    "the market forgets what binds": (market_round, "bind", lambda *_: None),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_core_that_does_not_keep_permits_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    market = WrittenMarket(3)
    monkeypatch.setattr(*BUGS[name])  # and no hub minds
    monkeypatch.setattr(Bond, "meets", lambda *_: True)
    found = checked(story(market).written())
    assert any(breach.check == PROMISES for breach in found.breaches)


Wound = Callable[[dict[str, Any]], object]
WOUNDS: Final[dict[str, tuple[str, str, str, Wound]]] = {
    "a leg asks for less": (MARKET, LEG, "offer", lambda d: d.pop("asks", ())),
    "a leg has more": (MARKET, LEG, "need", lambda d: d.update(permits=[*NIB, "x"])),
    "a leg has none": (MARKET, LEG, "need", lambda d: d.pop("permits", ())),
    "the giver was told of none": (EVENTS, RESERVE, "offer", lambda d: d.pop("permits", ())),
    "the taker was asked for another": (EVENTS, RESERVE, "need", lambda d: d.update(asks=["x"])),
    "the taker was asked for none": (EVENTS, RESERVE, "need", lambda d: d.pop("asks", ())),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_every_wound_is_found(name: str) -> None:
    topic, kind, side, wound = WOUNDS[name]
    log = story(WrittenMarket(4)).written()
    found = checked(log.change(topic, kind, wound, side=side))
    assert any(breach.check == PROMISES for breach in found.breaches)
