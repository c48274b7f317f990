"""Partitions of the market fold in threads of their own, over one network."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_solving import Exchange, Manner
from streams.core.lines import Options
from tests.support import networks
from tests.support.lines import GOODS, TODAY, need, offer

BARE = Options(bonuses=False, goods=GOODS)


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that interrupt each other at every turn."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def problems() -> list[Problem]:
    """Rounds that all ask for the ways of the same hubs, most of them by sea, at the same time."""
    hubs = [str(hub) for hub in networks.nation().hubs][::40]
    return [
        Problem(
            "LADA",
            [offer(f"o{hub}", 10 + n, hub=hub) for hub in hubs[::2]],
            [need(f"n{hub}", 4, 900_000, hub=hub) for hub in hubs[1::2]],
            BARE,
            TODAY,
        )
        for n in range(8)
    ]


@pytest.mark.usefixtures("hasty_threads")
def test_rounds_that_are_solved_at_once_come_out_as_they_would_alone():
    asked = problems()
    alone = [Exchange(networks.nation(), Manner())(problem) for problem in asked]
    for _ in range(4):
        shared = Exchange(networks.nation(), Manner())
        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(shared, asked)) == alone
