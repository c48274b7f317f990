"""The ways of a network against every chain there is, over calendars drawn at random."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.network_calendar import parse_calendar
from streams.core.interchange.legs import leg_book
from streams.core.interchange.network import Network
from tests.support.networks import HUBS, PORTS, brute_ways, sail, small_tables

TODAY = 20_779
CALENDARS = ("daily", "Mon Thu", "Sab", "2026-11-25 2026-12-20", "2024-01-01/14", "2020-01-01")
PLACES = (*PORTS[:2], *PORTS[:2], *PORTS[2:6], "64.02", "21.03")

rows = st.builds(
    lambda mode, ends, departs, days, tariff: (
        f"R,{mode},{ends[0]},{ends[1]},{departs},{days},5,{tariff},estimated"
    ),
    st.sampled_from(["sea", "sea", "ferry", "boat"]),
    st.lists(st.sampled_from(PLACES), min_size=2, max_size=2, unique=True),
    st.sampled_from(CALENDARS),
    st.sampled_from(["0.1", "0.51", "2", "6.25"]),
    st.integers(0, 900_000),
)
calendars = st.lists(rows, max_size=10, unique_by=lambda row: tuple(row.split(",")[2:5]))


@settings(max_examples=40, deadline=None)
@given(calendars, st.integers(TODAY, TODAY + 13))
def test_the_kept_ways_are_those_that_no_chain_beats(lines, today):
    network = Network(small_tables(), sail(*lines))
    ways = network.on(today)
    for origin in HUBS[::2]:
        for target in HUBS:
            if origin != target:
                found = [
                    (leg.cost_micro // 1000, ways.arrival(leg))
                    for leg in ways.legs(origin, target)
                ]
                assert found == brute_ways(network, origin, target, today)


@settings(max_examples=10, deadline=None)
@given(calendars, st.randoms(use_true_random=False))
def test_the_order_of_the_calendar_changes_no_cost_and_no_day(lines, chance):
    shuffled = list(lines)
    chance.shuffle(shuffled)
    one, other = (Network(small_tables(), sail(*these)).on(TODAY) for these in (lines, shuffled))
    for origin in HUBS:
        for target in HUBS:
            figures = [
                [(leg.cost_micro, ways.arrival(leg)) for leg in ways.legs(origin, target)]
                for ways in (one, other)
            ]
            assert figures[0] == figures[1]


@settings(max_examples=10, deadline=None)
@given(calendars)
def test_the_same_calendar_gives_the_same_legs_byte_for_byte(lines):
    books = [leg_book(Network(small_tables(), sail(*lines)).on(TODAY).all_legs()) for _ in "ab"]
    assert books[0].digest == books[1].digest


@settings(max_examples=10, deadline=None)
@given(calendars)
def test_another_sailing_never_makes_a_way_dearer_nor_a_leg_late(lines):
    more = [*lines, "MORE,sea,IDSUB,IDTRK,Mon Tue Wed,1,5,1,observed"]
    less, wider = (Network(small_tables(), sail(*these)).on(TODAY) for these in (lines, more))
    for origin in HUBS:
        for target in HUBS:
            before, after = less.legs(origin, target), wider.legs(origin, target)
            if before:
                assert after[0].cost_micro <= before[0].cost_micro
                assert wider.arrival(after[-1]) <= less.arrival(before[-1])
            for leg in after:
                assert leg.days >= 0
                assert leg.departs_day is None or leg.departs_day >= TODAY


def sails(text: str, day: int) -> bool:
    """Whether a calendar sails on a day, told from the text."""
    on = date.fromordinal(day + date(1970, 1, 1).toordinal())
    if "/" in text:
        first, every = text.split("/")
        gap = (on - date.fromisoformat(first)).days
        return gap >= 0 and gap % int(every) == 0
    if text[0] == "2":
        return on.isoformat() in text.split()
    names = [("mon",), ("tue",), ("wed",), ("thu",), ("fri",), ("sat", "sab"), ("sun",)]
    words = text.lower().split()
    return words == ["daily"] or bool(set(words) & set(names[on.weekday()]))


@given(st.sampled_from(CALENDARS), st.integers(18_000, 22_000))
def test_the_next_departure_is_the_first_day_that_is_a_departure(text, day):
    calendar = parse_calendar(text)
    assert calendar is not None
    expected = next((d for d in range(day, day + 400) if sails(text, d)), None)
    found = calendar.next(day)
    assert found == expected or (expected is None and found is not None and found > day + 399)
