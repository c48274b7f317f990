"""How prices at a hub are put into words, and when they are news."""

import pytest

from schemas.outlook import GOODS_MAX, STEPS_MAX, Quoted
from streams.core.interchange.outlook import Quote, Step, within
from streams.core.interchange.price_words import is_news, quotes_in, worded

RICE = ("BERAS-MED", "A")


def stair(*steps: tuple[int, int]) -> tuple[Step, ...]:
    return tuple(Step(*step) for step in steps)


def told(idr: int, grade: str = "A") -> tuple[Quoted, ...]:
    return worded({("BERAS-MED", grade): Quote(stair((1, idr)), stair((2, idr + 500)))})


def test_what_is_told_reads_as_it_was():
    quotes = {RICE: Quote(stair((1, 100), (3, 120)), stair((2, 300))), ("PADI-GKP", "B"): Quote()}
    assert quotes_in(worded(quotes)) == {RICE: quotes[RICE]}


def test_a_long_stair_keeps_its_ends_and_never_promises_more():
    sell = stair(*((day, 1_000 + day * day) for day in range(20)))
    buy = stair(*((day, 5_000 - 7 * day) for day in range(20)))
    kept = quotes_in(worded({RICE: Quote(sell, buy)}))[RICE]
    assert len(kept.sell) == len(kept.buy) == STEPS_MAX
    assert (kept.sell[0], kept.sell[-1]) == (sell[0], sell[-1])
    assert (kept.buy[0], kept.buy[-1]) == (buy[0], buy[-1])
    for days in range(25):
        assert (within(kept.sell, days) or 0) <= (within(sell, days) or 0)
        assert (within(kept.buy, days) or 0) >= (within(buy, days) or 0)


def test_of_too_many_goods_the_dearest_are_told():
    many = {(f"G{n:03}", "A"): Quote(stair((1, 10 + n))) for n in range(GOODS_MAX + 5)}
    found = worded(many)
    assert [one.commodity for one in found] == [f"G{n:03}" for n in range(5, GOODS_MAX + 5)]


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        (told(10_000), told(10_200), False),
        (told(10_000), told(10_201), True),
        (told(10_000), told(9_790), True),
        (told(10_000), (), True),
        ((), told(10_000), True),
        ((), (), False),
        (told(10_000, "A"), told(10_000, "B"), True),
    ],
)
def test_a_price_is_news_when_it_moved_by_more_than_two_percent_or_came_or_went(
    before: tuple[Quoted, ...], now: tuple[Quoted, ...], news: bool
):
    assert is_news(before, now) is news


def test_a_step_that_makes_little_difference_is_no_news():
    def sells(*steps: tuple[int, int]) -> tuple[Quoted, ...]:
        return worded({RICE: Quote(stair(*steps))})

    assert not is_news(sells((1, 10_000)), sells((1, 10_000), (4, 10_100)))
    assert is_news(sells((1, 10_000)), sells((1, 10_000), (4, 11_000)))
    assert is_news(sells((1, 10_000)), sells((2, 10_000)))  # who has one day has no price any more
