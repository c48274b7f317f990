"""When the market between hubs decides: after cut-offs of either hub, and for emergencies."""

from typing import Any

import pytest

from streams.core.interchange.market_hours import DECIDING_MS, Hours
from streams.core.lifecycle_times import last_cut_off
from tests.support.core_logs import DAY, HOUR, NOON, counted, decision, placed, report
from tests.support.market_logs import WrittenMarket, checked
from tests.support.paper_market import PaperMarket

BELITUNG, BANTUL, MAKASSAR = "19.02.01.2003", "34.02.01.2001", "73.71.01.1001"
PEPPER = {"commodity": "LADA-PUTIH", "floor_price": "90000"}
ORDER = {"commodity": "LADA-PUTIH", "ceiling_price": "130000"}
WIB, WITA, WIT = 7, 8, 9
HERE = 11 * 60
"""NOON is 11 o'clock in Jakarta: minutes of the local day."""
MINUTE = 60_000


def deciding(*minutes: int) -> PaperMarket:
    zones = {"19.02": WIB, "34.02": WIB, "73.71": WITA, "36.01": WIB}
    return PaperMarket(hours=Hours(minutes, zones))


def offered(market: PaperMarket, to: str = BANTUL, **order: Any) -> PaperMarket:
    goods = report(BELITUNG, 1, counted(500, **PEPPER), at=market.now)
    wanted = report(to, 1, placed("PO-1", 200, **{**ORDER, **order}), at=market.now)
    return market.say(goods, wanted)


def states(market: PaperMarket) -> list[str]:
    return [match["state"] for match in market.matches()]


@pytest.mark.parametrize(
    ("minutes", "zone", "ago_ms"),
    [
        ((HERE,), WIB, 0),
        ((HERE,), WITA, HOUR),
        ((HERE + 1,), WIB, DAY - MINUTE),
        ((HERE + 1, HERE - 60), WIB, HOUR),
        ((7 * 60, 14 * 60), WIT, 6 * HOUR),
        ((0,), WIB, 11 * HOUR),
    ],
)
def test_the_last_cut_off_is_of_the_hubs_own_day(
    minutes: tuple[int, ...], zone: int, ago_ms: int
) -> None:
    assert NOON - last_cut_off(NOON, zone, minutes) == ago_ms


def test_nothing_between_hubs_starts_before_a_cut_off_and_all_that_fits_at_it() -> None:
    market = offered(deciding(HERE + 2)).tick(3)
    assert states(market) == []
    (match,) = market.tick(step_ms=2 * MINUTE).matches()
    assert (match["state"], match["quantity"]) == ("proposed", "200")
    assert match["freezes_ms"] == market.now


def test_what_comes_before_the_cut_off_makes_the_match_better() -> None:
    market = offered(deciding(HERE + 2)).tick(2)
    market.say(report(BANTUL, 2, placed("PO-2", 300, **{**ORDER, "ceiling_price": "135000"})))
    market.tick().tick(step_ms=2 * MINUTE)
    assert sorted(m["quantity"] for m in market.matches()) == ["200", "300"]


def test_hubs_decide_for_some_minutes_and_then_wait_for_the_next_cut_off() -> None:
    market = deciding(HERE + 2, HERE + 60).tick().tick(step_ms=2 * MINUTE)
    market.tick(step_ms=DECIDING_MS - MINUTE)
    assert states(offered(market).tick()) == ["proposed"]
    late = deciding(HERE + 2, HERE + 60).tick().tick(step_ms=2 * MINUTE)
    late.tick(step_ms=DECIDING_MS)
    assert states(offered(late).tick(3)) == []
    assert states(late.tick(step_ms=HOUR)) == ["proposed"]


def test_the_cut_off_of_either_hub_is_enough_and_others_wait_for_theirs() -> None:
    market = offered(deciding(HERE + 62), MAKASSAR)
    market.say(report(BANTUL, 1, placed("PO-1", 100, **ORDER))).tick()
    assert states(market) == []
    (match,) = market.tick(step_ms=2 * MINUTE).matches()  # 12:02 in Makassar, 11:02 in Belitung
    assert match["to_hub"] == "73.71"
    market.tick(step_ms=HOUR)
    assert [m["to_hub"] for m in market.matches() if m != match] == ["34.02"]


def test_a_cut_off_that_went_by_while_the_market_was_away_is_decided_at_when_it_is_back() -> None:
    market = offered(deciding(HERE + 2)).tick()
    assert states(market.tick(step_ms=5 * HOUR)) == ["proposed"]


def test_a_market_that_has_just_begun_waits_for_a_cut_off() -> None:
    assert states(offered(deciding(HERE - 1)).tick(3)) == []


def test_an_emergency_waits_for_no_cut_off() -> None:
    market = offered(deciding(HERE + 2), priority="emergency")
    market.say(report("36.01.01.2005", 1, placed("PO-1", 50, **ORDER))).tick(2)
    (match,) = market.matches()
    assert (match["to_hub"], match["freezes_ms"]) == ("34.02", match["history"][0]["at_ms"])


def test_what_was_refused_is_matched_otherwise_at_the_next_cut_off() -> None:
    market = offered(deciding(HERE + 2, HERE + 60)).tick().tick(step_ms=2 * MINUTE)
    other = report("36.01.01.2005", 1, placed("PO-1", 400, **ORDER), at=market.now)
    market.say(other).tick(step_ms=DECIDING_MS)
    (match,) = market.matches()
    market.say(decision(BELITUNG, 2, match["match_id"], "reject", market.now)).tick(2)
    assert states(market) == ["rejected"]
    market.tick(step_ms=HOUR)
    assert sorted(m["to_hub"] for m in market.matches()) == ["34.02", "36.01"]


def test_without_cut_offs_the_market_never_waits() -> None:
    (match,) = offered(deciding()).tick().matches()
    assert "freezes_ms" not in match


def test_a_market_made_of_its_changelog_still_decides() -> None:
    market = deciding(HERE + 2).tick().tick(step_ms=2 * MINUTE)
    for part in market.parts.values():
        market.die(part)
    assert states(offered(market).tick(2)) == ["proposed"]


@pytest.mark.parametrize("seed", range(4))
def test_hubs_and_markets_that_die_again_and_again_decide_all_the_same(seed: int) -> None:
    hours = Hours((HERE + 2, HERE + 60), {"19.02": WIB, "34.02": WIB, "36.01": WIB})
    market = WrittenMarket(seed, 0.15, hours)
    offered(market).say(report("36.01.01.2005", 1, placed("PO-1", 400, **ORDER)))
    market.tick(3)
    assert states(market) == []
    market.tick(step_ms=2 * MINUTE).tick(4)
    assert sum(int(match["quantity"]) for match in market.matches()) == 500
    assert set(states(market)) == {"proposed"}
    assert checked(market.written()).breaches == []


def hearing() -> PaperMarket:
    """Pepper that Belitung matched inside, and that brings more in Bantul."""
    hours = Hours((HERE + 25,), dict.fromkeys(("19.02", "34.02"), WIB))
    market = PaperMarket(hours=hours, outlook=True)
    inside = placed("PO-1", 500, **{**ORDER, "ceiling_price": "95000"})
    market.say(report("19.02.01.2004", 1, inside, at=market.now))
    return offered(market)


def told(market: PaperMarket) -> int:
    logs = [one.value for part in market.parts.values() for one in part.log]
    return sum(b"lumbung.outlook.v1" in value for value in logs)


def test_before_a_cut_off_hubs_hear_what_to_spare_and_nothing_starts() -> None:
    market = hearing().tick(3)
    assert told(market) == 0
    market.tick(step_ms=16 * MINUTE).tick(2)
    assert told(market) == 2
    assert states(market) == []
    inside = [m["quantity"] for m in market.matches(1) if m["state"] == "proposed"]
    assert inside == ["300"]
    (match,) = market.tick(step_ms=9 * MINUTE).tick(2).matches()
    assert (match["state"], match["quantity"]) == ("proposed", "200")
