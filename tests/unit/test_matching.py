"""Named cases of matching: who may meet whom, who goes first, what it costs, and why not."""

import numpy as np
import pytest

from schemas.identity import match_id
from schemas.quantity import MICRO
from streams.core.lines import (
    LegGrid,
    NeedLine,
    OfferLine,
    Options,
)
from streams.core.matching import half_up
from tests.support.lines import GOODS, TODAY, need, offer, over, run, traded, why


def test_goods_move_from_who_has_to_who_needs():
    found = run([offer("o", 100, 1_000)], [need("n", 60, 1_500)], over(101, 2))
    (proposal,) = found.proposals
    assert (proposal.offer, proposal.need, proposal.quantity) == ("o", "n", 60 * MICRO)
    assert (proposal.price, proposal.leg_cost, proposal.buyer_price) == (1_199, 101, 1_300)
    assert proposal.days == 2
    assert proposal.match == match_id(1, "o", "n", 0)
    assert found.objective == 60 * 399
    assert found.certified
    assert (found.gap, found.method) == (0, "exact")


def test_nobody_and_nothing_make_an_empty_round():
    found = run([], [])
    assert found.proposals == ()
    assert found.unmatched == ()
    assert (found.objective, found.certified, found.gap) == (0, True, 0)


def test_the_best_pairing_is_not_the_greedy_one():
    cost = np.array([[0, 100], [10, 600]], np.int64)
    found = run(
        [offer("o1", 10), offer("o2", 10)],
        [need("n1", 10), need("n2", 10)],
        LegGrid(cost, np.zeros_like(cost)),
    )
    assert traded(found) == {("o1", "n2"): 10, ("o2", "n1"): 10}
    assert found.objective == 10 * (900 + 990)


def test_a_pair_without_surplus_still_trades():
    assert traded(run([offer("o", 5, 900)], [need("n", 5, 1_000)], over(100))) == {("o", "n"): 5}


def test_the_objective_is_rounded_once_and_half_up():
    assert [half_up(micro) for micro in (499_999, 500_000, 1_499_999, 1_500_000)] == [0, 1, 1, 2]
    halves = [
        OfferLine(f"o{n}", f"s{n}", "19.02", "F", commodity, "A", 500_000, 0)
        for n, commodity in enumerate(("X", "Y"))
    ]
    asks = [
        NeedLine(f"n{n}", f"b{n}", "19.02", "F", commodity, 500_000, 1)
        for n, commodity in enumerate(("X", "Y"))
    ]
    assert run(halves, asks).objective == 1
    assert run(halves[:1], asks[:1]).objective == 1


@pytest.mark.parametrize(
    ("asked", "given", "meets"),
    [
        ("B", "A", True),
        ("B", "B", True),
        ("B", "C", False),
        ("B", "UNGRADED", False),
        ("MUTU-II", "B", True),
        ("MUTU-I", "B", False),
        ("UNGRADED", "C", True),
        (None, "UNGRADED", True),
    ],
)
def test_a_grade_serves_upwards_only(asked: str | None, given: str, meets: bool):
    found = run([offer("o", grade=given)], [need("n", grade=asked)])
    assert bool(found.proposals) is meets


@pytest.mark.parametrize(("given", "meets"), [("A", False), ("B", True), ("UNGRADED", True)])
def test_listed_grades_are_exactly_those_accepted(given: str, meets: bool):
    found = run([offer("o", grade=given)], [need("n", grades=frozenset({"B", "UNGRADED"}))])
    assert bool(found.proposals) is meets
    if not meets:
        assert why(found, "n").reason == "grade"
        assert why(found, "n").figures == {"with": "o", "offered": "A", "asked": "B, UNGRADED"}


@pytest.mark.parametrize(
    ("left", "days", "meets"), [(10, 7, True), (10, 8, False), (3, 2, True), (3, 3, False)]
)
def test_a_way_may_take_seven_tenths_of_the_shelf_life_left(left: int, days: int, meets: bool):
    found = run([offer("o", expires_day=TODAY + left)], [need("n")], over(0, days))
    assert bool(found.proposals) is meets
    if not meets:
        figures = {"with": "n", "days": days, "left": left, "allowed": left * 7 // 10}
        assert (why(found, "o").reason, why(found, "o").figures) == ("shelf_life", figures)


def test_goods_are_good_on_their_last_day_and_not_after():
    assert run([offer("o", expires_day=TODAY)], [need("n")]).proposals
    found = run([offer("o", expires_day=TODAY - 1)], [need("n")])
    assert why(found, "o").reason == "expired"


@pytest.mark.parametrize(("days", "meets"), [(4, True), (5, False)])
def test_goods_arrive_by_the_day_they_are_needed(days: int, meets: bool):
    found = run([offer("o")], [need("n", needed_by_day=TODAY + 4)], over(0, days))
    assert bool(found.proposals) is meets
    if not meets:
        figures = {"with": "o", "needed_by_day": TODAY + 4, "arrives_day": TODAY + 5}
        assert (why(found, "n").reason, why(found, "n").figures) == ("needed_by", figures)


def test_a_ceiling_below_floor_and_leg_says_by_how_much():
    found = run([offer("o", floor=1_000)], [need("n", ceiling=1_100)], over(130))
    assert found.proposals == ()
    assert why(found, "n").reason == why(found, "o").reason == "price"
    assert why(found, "n").figures == {
        "with": "o",
        "ceiling": 1_100,
        "floor": 1_000,
        "leg": 130,
        "short": 30,
    }


def test_no_way_between_two_places_is_no_match():
    found = run([offer("o")], [need("n", hub="64.02")], lambda _o, _n: None)
    assert found.proposals == ()
    assert why(found, "n").reason == "no_way"
    assert why(found, "n").figures == {"with": "o", "from": "19.02", "to": "64.02"}


def test_a_co_op_does_not_trade_with_itself():
    found = run([offer("o", coop="c")], [need("n", coop="c")])
    assert found.proposals == ()
    assert why(found, "n").reason == "same_coop"


def test_a_refused_pair_rests_and_the_next_best_is_found():
    lines = [offer("o1", floor=500), offer("o2")], [need("n")]
    assert traded(run(*lines)) == {("o1", "n"): 100}
    held = Options(goods=GOODS, held_back=frozenset({("o1", "n")}))
    found = run(*lines, options=held)
    assert traded(found) == {("o2", "n"): 100}
    assert why(found, "o1").reason == "held_back"
    alone = run([offer("o1")], [need("n")], options=held)
    assert why(alone, "n").reason == "held_back"


@pytest.mark.parametrize(
    ("commodity", "contracts", "meets"),
    [
        ("LPG-3KG", (), False),
        ("LPG-3KG", ("o",), False),
        ("LPG-3KG", ("n",), False),
        ("LPG-3KG", ("o", "n"), True),
        ("LPG-12KG", (), True),
        ("BIJIH-TIMAH", ("o", "n"), False),
    ],
)
def test_contract_goods_need_a_contract_at_both_ends_and_restricted_goods_never_trade(
    commodity: str, contracts: tuple[str, ...], meets: bool
):
    options = Options(goods=GOODS, contracts=frozenset(contracts))
    found = run(
        [offer("o", commodity=commodity)], [need("n", commodity=commodity)], options=options
    )
    assert bool(found.proposals) is meets
    if not meets:
        assert why(found, "n").reason == "trade"


def test_an_emergency_goes_first_whatever_others_pay():
    needs = [
        need("poor", 80, 1_100, priority="emergency"),
        need("rich", 80, 9_000),
        need("staple", 80, 8_000, priority="staple"),
    ]
    found = run([offer("o", 100, 1_000)], needs)
    assert traded(found) == {("o", "poor"): 80, ("o", "staple"): 20}
    assert found.certified
    assert why(found, "rich").reason == "outbid"
    assert why(found, "rich").figures == {"mine": 0, "others": 100 * MICRO, "rivals": 2}


def test_a_staple_order_counts_a_fifth_of_its_ceiling_more():
    needs = [need("s", 50, 5_000, priority="staple"), need("n", 50, 5_900)]
    assert traded(run([offer("o", 50)], needs)) == {("o", "s"): 50}
    needs = [need("s", 50, 5_000, priority="staple"), need("n", 50, 6_100)]
    assert traded(run([offer("o", 50)], needs)) == {("o", "n"): 50}


def test_without_bonuses_money_alone_decides():
    needs = [need("e", 50, 2_000, priority="emergency"), need("n", 50, 2_001)]
    money = Options(bonuses=False, goods=GOODS, keep=frozenset({("o", "e")}))
    assert traded(run([offer("o", 50)], needs, options=money)) == {("o", "n"): 50}


@pytest.mark.parametrize(("better", "stays"), [(150, True), (250, False)])
def test_a_proposed_pair_stays_unless_something_clearly_better_comes(better: int, stays: bool):
    kept = Options(goods=GOODS, keep=frozenset({("o", "old")}))
    needs = [need("old", 10, 2_000), need("new", 10, 2_000 + better)]
    found = run([offer("o", 10)], needs, options=kept)
    assert list(traded(found)) == [("o", "old" if stays else "new")]


def test_the_oldest_goods_move_first():
    offers = [offer("o1", 10, expires_day=TODAY + 300), offer("o2", 10, expires_day=TODAY + 2)]
    assert list(traded(run(offers, [need("n", 10)]))) == [("o2", "n")]


def test_a_bonus_never_opens_a_pair_that_loses_money():
    needs = [need("s", 10, 1_000, priority="staple")]
    kept = Options(goods=GOODS, keep=frozenset({("o", "s")}))
    assert run([offer("o", 10, 1_001, expires_day=TODAY)], needs, options=kept).proposals == ()
