"""Legs as columns: the order they stand in, several tables as one, and a place for each."""

import random
from itertools import combinations

from streams.core.interchange.leg_table import Leg, LegList, in_order, table_of, united
from streams.core.interchange.legs import book_of, leg_book

MODES = ("sea", "road", "boat")


def drawn(seed: int, number: int) -> list[Leg]:
    chance = random.Random(seed)
    hub = [f"{n:02}" for n in range(chance.randint(2, 6))]
    return [
        Leg(
            chance.choice(hub),
            chance.choice(hub),
            chance.randrange(3),
            chance.randrange(2),
            chance.choice(MODES),
            chance.choice((None, 0, 5)),
            chance.choice((None, 0, 20_000)),
            estimated=chance.random() < 0.5,
            back=chance.random() < 0.2,
        )
        for _ in range(number)
    ]


def sorted_table(legs: list[Leg]) -> LegList:
    return table_of(sorted(set(legs), key=in_order))


def test_tables_united_are_the_book_of_all_their_legs():
    for seed in range(200):
        parts = [drawn(seed * 7 + n, size) for n, size in enumerate((30, 0, 11))]
        whole = leg_book(leg for part in parts for leg in part)
        joined = book_of(united(map(sorted_table, parts)))
        assert tuple(joined.legs) == tuple(whole.legs)
        assert (joined.digest, joined.hubs) == (whole.digest, whole.hubs)


def test_a_leg_is_found_where_it_stands():
    book = leg_book(drawn(3, 80))
    assert len(book.legs) > 60
    assert [book.place(leg) for leg in book.legs] == list(range(len(book.legs)))


def test_books_of_other_legs_have_other_digests():
    leg = Leg("01", "02", 5, 1)
    others = [
        leg._replace(to_hub="03"),
        leg._replace(cost_micro=6),
        leg._replace(days=2),
        leg._replace(mode="sea"),
        leg._replace(capacity_kg=7),
        leg._replace(departs_day=0),
        leg._replace(estimated=False),
        leg._replace(back=True),
    ]
    digests = [leg_book([one]).digest for one in (leg, *others)]
    assert all(one != other for one, other in combinations(digests, 2))
