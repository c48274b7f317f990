"""*Masih ada?* of goods that another hub wants: asked before anything is promised of old stock."""

import json
from typing import Any

import pytest

from deploy.verify.findings import PROMISES
from schemas.market import LegTold, Residual, read
from schemas.topics import EVENTS, MARKET, MATCHES
from streams.core.interchange.market_hours import DECIDING_MS, Hours
from tests.support.core_desk import newest
from tests.support.core_logs import DAY, HOUR, counted, placed, report
from tests.support.market_logs import WrittenMarket, checked
from tests.support.paper_market import PaperMarket

BELITUNG, BESIDE, BANTUL, BANTEN = (
    "19.02.01.2003",
    "19.02.01.2004",
    "34.02.01.2001",
    "36.01.01.2005",
)
STOCK = f"{BELITUNG}|LADA-PUTIH|A|"
PEPPER = {"commodity": "LADA-PUTIH", "grade": "A", "floor_price": "90000"}
ORDER = {"commodity": "LADA-PUTIH", "ceiling_price": "130000"}
ZONES = {"19.02": 7, "34.02": 7, "36.01": 7}
MINUTE = 60_000
FIRST, SECOND = 11 * 60 + 2, 12 * 60 + 2
"""The story begins at eleven; cut-offs are two minutes later, and an hour after that."""
LONG_AGO = 31 * DAY
"""Word of what keeps for ever is old after 30 days."""


def market(seed: int = 0, deadly: float = 0.0, *, asking: bool = True) -> WrittenMarket:
    return WrittenMarket(seed, deadly, Hours((FIRST, SECOND), ZONES), asking=asking)


def stocked(on: PaperMarket, quantity: int = 500, ago_ms: int = LONG_AGO) -> PaperMarket:
    return on.say(report(BELITUNG, 1, counted(quantity, **PEPPER), at=on.now - ago_ms))


def ordered(on: PaperMarket, quantity: int = 200, by: str = BANTUL, **more: Any) -> PaperMarket:
    return on.say(report(by, 1, placed("PO-1", quantity, **ORDER, **more), at=on.now))


def recounted(on: PaperMarket, quantity: int = 500, ago_ms: int = 0) -> PaperMarket:
    return on.say(report(BELITUNG, 2, counted(quantity, **PEPPER), at=on.now - ago_ms))


def decided(on: PaperMarket) -> PaperMarket:
    """Some ticks from just before a cut-off on."""
    return on.tick().tick(step_ms=2 * MINUTE).tick(4)


def asked() -> PaperMarket:
    return decided(ordered(stocked(market())))


def words(on: PaperMarket, kind: type) -> list[Any]:
    logs = (part.log for (topic, _), part in on.parts.items() if topic == MARKET)
    return [said for log in logs for row in log if type(said := read(row.value)) is kind]


def told(on: PaperMarket) -> dict[str, bool]:
    """What Belitung last told of its goods, and whether they have just been counted."""
    left = [said for said in words(on, Residual) if said.hub == "19.02"]
    newest_of = max(left, key=lambda said: said.version)
    return {offer.line: offer.counted for offer in newest_of.offers}


def reasons(on: PaperMarket, line: str = STOCK) -> list[str]:
    """Why something of a line is left, as the hub last said."""
    found = (json.loads(value)["data"] for topic, _, value in on.outputs if topic == MATCHES)
    rows = newest((f"{w['hub']}|{w['family']}", w) for w in found if "lines" in w)
    return [one["reason"] for row in rows.values() for one in row["lines"] if one["line"] == line]


def states(on: PaperMarket) -> list[tuple[str, str, str]]:
    return [(m["state"], m["from_coop"], m["quantity"]) for m in on.matches()]


def test_old_goods_are_not_promised_to_another_hub_and_their_owner_is_asked() -> None:
    shop = asked()
    assert states(shop) == []
    (leg,) = [said for said in words(shop, LegTold) if said.side == "offer"]
    assert (leg.state, leg.reason, leg.quantity) == ("refused", "stock_stale", 0)
    assert reasons(shop) == ["count_wanted"]


def test_goods_that_wait_to_be_counted_are_not_offered_and_nothing_else_is_held() -> None:
    shop = asked()
    assert told(shop) == {}
    assert {said.state for said in words(shop, LegTold)} <= {"held", "refused", "released"}
    last = {said.match + said.side: said for said in words(shop, LegTold)}
    assert {said.state for said in last.values()} == {"refused", "released"}


def test_fresh_goods_are_promised_unasked() -> None:
    shop = decided(ordered(stocked(market(), ago_ms=29 * DAY)))
    assert states(shop) == [("proposed", BELITUNG, "200")]


def test_without_cut_offs_nobody_is_asked() -> None:
    shop = ordered(stocked(PaperMarket(asking=True))).tick(4)
    assert states(shop) == [("proposed", BELITUNG, "200")]


def test_the_market_solves_without_goods_that_wait_to_be_counted() -> None:
    shop = stocked(market())
    shop.say(report(BESIDE, 1, counted(300, **{**PEPPER, "floor_price": "95000"}), at=shop.now))
    assert states(decided(ordered(shop))) == [("proposed", BESIDE, "200")]


@pytest.mark.parametrize(("there", "matched"), [(500, "200"), (120, "120")])
def test_a_count_is_the_answer_and_what_there_is_is_matched_without_a_cut_off(
    there: int, matched: str
) -> None:
    shop = asked().tick(step_ms=30 * MINUTE)
    assert states(recounted(shop, there).tick(3)) == [("proposed", BELITUNG, matched)]
    assert reasons(shop) != ["count_wanted"]


def test_a_count_as_old_as_the_last_is_no_answer() -> None:
    shop = asked().tick(step_ms=MINUTE)
    recounted(shop, ago_ms=LONG_AGO - HOUR).tick(3)
    assert (told(shop), reasons(shop), states(shop)) == ({}, ["count_wanted"], [])


def test_nothing_is_there_is_an_answer_too() -> None:
    shop = recounted(asked(), 0).tick(3)
    assert (told(shop), states(shop), reasons(shop)) == ({}, [], [])


def test_whoever_says_nothing_loses_nothing_else() -> None:
    shop = asked().tick(step_ms=HOUR).tick(3)
    assert states(shop) == []
    assert reasons(shop) == ["count_wanted"]
    shop.say(report(BESIDE, 1, placed("PO-9", 50, **ORDER), at=shop.now)).tick()
    (match,) = shop.matches(tier=1)
    assert (match["from_coop"], match["to_coop"], match["state"]) == (BELITUNG, BESIDE, "draft")


def test_an_emergency_takes_what_is_sure_and_asks_for_the_rest() -> None:
    shop = stocked(market())
    shop.say(report(BESIDE, 1, counted(150, **{**PEPPER, "floor_price": "95000"}), at=shop.now))
    ordered(shop, priority="emergency").tick(4)
    assert states(shop) == [("proposed", BESIDE, "150")]
    assert reasons(shop) == ["count_wanted"]
    assert sorted(states(recounted(shop).tick(3))) == [
        ("proposed", BELITUNG, "50"),
        ("proposed", BESIDE, "150"),
    ]


def test_what_was_just_counted_waits_for_nobody_until_the_next_cut_off() -> None:
    shop = recounted(asked().tick(step_ms=20 * MINUTE)).tick(3)
    assert told(shop) == {STOCK: True}
    assert len(states(ordered(shop, 50, BANTEN).tick(3))) == 2
    shop.tick(step_ms=40 * MINUTE).tick(step_ms=DECIDING_MS).tick(2)
    assert told(shop) == {STOCK: False}
    order = report(BANTEN, 2, placed("PO-2", 60, **ORDER), at=shop.now)
    assert len(states(shop.say(order).tick(3))) == 2


def test_the_same_line_is_asked_of_once_however_many_want_it() -> None:
    shop = decided(ordered(ordered(stocked(market()), by=BANTEN)))
    shop.tick(step_ms=HOUR).tick(6)
    place = next(part for part in shop.parts.values() if f"ask/{STOCK}".encode() in part.changelog)
    first = place.changelog[f"ask/{STOCK}".encode()]
    shop.tick(step_ms=DAY).tick(4)
    assert place.changelog[f"ask/{STOCK}".encode()] == first
    refused = [said for said in words(shop, LegTold) if said.reason == "stock_stale"]
    assert len({said.match for said in refused}) <= 2


def test_a_question_that_was_answered_is_forgotten_after_the_next_cut_off() -> None:
    shop = recounted(asked()).tick(3)
    kept = [key for part in shop.parts.values() for key in part.changelog if key[:4] == b"ask/"]
    assert kept == [f"ask/{STOCK}".encode()]
    shop.tick(step_ms=HOUR).tick(2)
    kept = [key for part in shop.parts.values() for key in part.changelog if key[:4] == b"ask/"]
    assert kept == []


def test_a_hub_made_of_its_changelog_still_waits_and_still_hears() -> None:
    shop = asked()
    for part in shop.parts.values():
        shop.die(part)
    assert states(shop.tick(3)) == []
    assert told(shop) == {}
    recounted(shop)
    for part in shop.parts.values():
        shop.die(part)
    assert states(shop.tick(3)) == [("proposed", BELITUNG, "200")]


@pytest.mark.parametrize("seed", range(4))
def test_hubs_and_markets_that_die_again_and_again_ask_and_hear_all_the_same(seed: int) -> None:
    shop = market(seed, 0.15)
    ordered(ordered(stocked(shop), 400, BANTEN))
    decided(shop)
    assert states(shop) == []
    shop.tick(step_ms=20 * MINUTE)
    recounted(shop, 450).tick(6)
    assert sum(int(match["quantity"]) for match in shop.matches()) == 450
    assert {match["state"] for match in shop.matches()} == {"proposed"}
    assert checked(shop.written()).breaches == []


def test_a_checker_of_the_logs_sees_that_nobody_was_asked() -> None:
    """Hubs without cut-offs promise what they have; the market decides at cut-offs even so."""
    shop = market(asking=False)
    decided(ordered(stocked(shop)))
    assert states(shop) == [("proposed", BELITUNG, "200")]
    (breach,) = checked(shop.written()).breaches
    assert breach.check == PROMISES
    assert "its owner was not asked" in breach.what
    fresh = market(asking=False)
    decided(ordered(stocked(fresh, ago_ms=LONG_AGO - DAY)))
    assert checked(fresh.written()).breaches == []


def test_the_log_says_the_same_again_whatever_was_read_in_one_run() -> None:
    shop = asked()
    recounted(shop).tick(3)
    events = next(
        p for (topic, _), p in shop.parts.items() if topic == EVENTS and p.log[0].key != b"tick"
    )
    again = events.make()
    state: dict[bytes, bytes | None] = {}
    for record in events.log:
        at = 0
        while at < 1:
            effects = again.fold([record], at)
            at = effects.next
            state |= dict(effects.state)
    held = {key: value for key, value in state.items() if value is not None}
    asks = [key for key in held if key[:4] in (b"ask/", b"leg/", b"left")]
    assert {key: held[key] for key in asks} == {key: events.changelog[key] for key in asks}
