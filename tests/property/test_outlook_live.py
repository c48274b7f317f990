"""Hubs and the market in their live loop, real folds over paper logs: what outlooks bring."""

import pytest

from schemas.topics import EVENTS, MARKET
from tests.support.market_logs import checked
from tests.support.two_tiers import Live, best, best_of_all, country, of_recipes

TICKS = 4
MARKETS = [
    ("BERAS-MED", 40, 10, 0),
    ("LADA-PUTIH", 30, 6, 0),
    ("KOPRA", 6, 4, 491_854),
    ("KELAPA", 16, 10, 106_927),
    ("CABAI-KERITING", 12, 2, 378_735),
    ("IKAN-TONGKOL", 8, 6, 167_357),
    ("KEDELAI", 8, 3, 1_861),
    ("PISANG", 5, 6, 7),
]
POOREST = 0.99


def share(drawn: tuple[str, int, int, int], *, outlook: bool) -> float:
    asked = country(*drawn)
    return Live(asked, outlook=outlook).tick(TICKS).money / best(asked)


@pytest.mark.parametrize("drawn", MARKETS)
def test_two_tiers_reach_one_solve_of_the_country(drawn: tuple[str, int, int, int]):
    assert POOREST <= share(drawn, outlook=True) <= 1


def test_hubs_that_hear_of_nothing_reach_less():
    assert share(MARKETS[2], outlook=False) < 0.97 < POOREST


@pytest.mark.parametrize("seed", range(4))
def test_goods_that_are_made_into_others_go_where_they_bring_most(seed: int):
    asked = of_recipes(8 + 4 * seed, 3 + seed, seed)
    alone, heard = (Live(asked, outlook=on).tick(TICKS).money for on in (False, True))
    assert heard >= alone
    assert POOREST <= heard / best_of_all(asked) <= 1.000_001


def test_the_live_loop_comes_to_rest():
    live = Live(country("BERAS-MED", 20, 6, 0), outlook=True).tick(TICKS + 2)
    ends = {place: len(part.log) for place, part in live.market.parts.items()}
    live.tick(3)
    for (topic, number), part in live.market.parts.items():
        new = part.log[ends[topic, number] :]
        kinds = {b"tick" if one.key == b"tick" else one.key[:5] for one in new}
        assert kinds <= {b"tick", b"done|"}, (topic, number, kinds)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_dies_the_log_holds_every_law_and_the_same_log_is_the_same_state(seed: int):
    asked = country("BERAS-MED", 12, 6, seed)
    live = Live(asked, outlook=True, seed=seed, deadly=0.05).tick(10)
    assert checked(live.market.written()).breaches == []
    told = 0
    for (topic, _), part in live.market.parts.items():
        assert topic in (EVENTS, MARKET)
        told += sum(b"lumbung.outlook.v1" in one.value for one in part.log)
        core, at = part.make(), 0
        while at < len(part.log):
            at = core.fold(part.log, at).next
        assert {key: core.encode(key) for key in part.changelog} == part.changelog
    assert told > 0
    assert live.money > 0.9 * best(asked)
