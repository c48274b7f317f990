"""What an audit comes to: four verdicts, and a second solver that knows when it is beaten."""

from typing import Any

import msgspec
import pytest

from deploy.rerun import Reading, Rebuilt
from deploy.rerun_check import Fault, Opinion, opinion_of
from deploy.rerun_model import Column, Programme, Ride, Way
from deploy.rerun_pairs import HubRound, parts_of
from deploy.rerun_solver import second
from deploy.rerun_verdict import Audit, Difference, judged
from schemas.quantity import MICRO
from streams.core.lines import Leg, Options
from streams.core.matching import solve
from tests.support.lines import GOODS, TODAY, free, need, offer


def hub_round(**said: Any) -> HubRound:
    """Two sellers, one buyer; `said` changes what the matcher answered."""
    lines = [offer("o1", 60, 1_000), offer("o2", 60, 1_100)], [need("n1", 100, 2_000)]
    options = Options(goods=GOODS)
    found = solve(*lines, free, options, TODAY)
    return HubRound(*lines, free, options, TODAY, msgspec.structs.replace(found, **said))


def audit(asked: HubRound | None, opinion: Opinion | None, *found: Any) -> Audit:
    rebuilt = Rebuilt(Reading("log", 0, 0, 9, 10), asked, None, {})
    made = Audit({"match_id": "M"}, [], rebuilt, opinion)
    made.differences += [each for each in found if isinstance(each, Difference)]
    made.faults += [each for each in found if isinstance(each, Fault)]
    return made


@pytest.mark.parametrize(
    ("certified", "opinion", "found", "verdict"),
    [
        (True, Opinion(told=5, found=5, bound=5), (), "confirmed"),
        (True, Opinion(told=5, found=5, bound=7, slack=2), (), "confirmed"),
        (True, Opinion(told=5, found=5, bound=7), (), "undecided"),
        (True, Opinion(told=5, found=None, bound=None), (), "undecided"),
        (False, Opinion(told=5, found=5, bound=9), (), "as_told"),
        (True, Opinion(told=5, found=5, bound=5), (Difference("price", 1, 2),), "differs"),
        (False, Opinion(told=5, found=9, bound=9), (Fault("better", ("4", "0")),), "differs"),
        (True, None, (), "differs"),
    ],
)
def test_the_verdict_follows_from_what_was_found(
    certified: bool, opinion: Opinion | None, found: tuple[Any, ...], verdict: str
):
    assert audit(hub_round(certified=certified), opinion, *found).verdict == verdict


def faults(asked: HubRound) -> dict[str, tuple[str, ...]]:
    opinion = opinion_of(parts_of(asked))
    rebuilt = audit(asked, opinion).rebuilt
    return {fault.code: fault.lines for fault in judged(opinion, opinion.money, rebuilt)}


def test_a_right_answer_has_no_fault():
    assert faults(hub_round()) == {}


def test_a_worse_answer_is_named_with_what_it_costs():
    first, other = hub_round().found.proposals
    assert (first.offer, first.quantity) == ("o1", 60 * MICRO)
    worse = hub_round(proposals=(msgspec.structs.replace(first, quantity=20 * MICRO), other))
    assert faults(worse) == {"better": ("40000", "0"), "objective": ("56000", "96000")}
    # Who says that 40,000 rupiah more may be there has told no untruth.
    told = hub_round(proposals=worse.found.proposals, certified=False, gap=40_000)
    assert faults(told).keys() == {"objective"}


def test_an_objective_that_is_not_that_of_the_answer_is_named():
    assert faults(hub_round(objective=96_001)) == {"objective": ("96000", "96001")}


def test_a_pair_that_may_not_meet_is_named():
    far = hub_round()._replace(leg=lambda o, _: Leg(2_000, 0) if o.line == "o2" else Leg(0, 0))
    assert faults(far)["price"] == ("o2", "n1")
    late = hub_round()._replace(leg=lambda o, _: None if o.line == "o2" else Leg(0, 0))
    assert faults(late)["may_not"] == ("o2", "n1")


# ------------------------------------------------------------------ the second solver
def programme(*ways: tuple[int, int, Way], **more: Any) -> Programme:
    told: dict[str, Any] = {"supply": [10 * MICRO] * 2, "demand": [10 * MICRO], "rooms": {}}
    return Programme(columns=[Column(*way) for way in ways], **{**told, "lots": {}, **more})


def test_the_best_seller_serves_and_the_bound_is_exact():
    near, far = Way("near", 900, 500, 900, 500), Way("far", 900, 700, 900, 700)
    assert second(programme((0, 0, near), (1, 0, far))) == (4_000 * MICRO, 4_000 * MICRO)


def test_a_room_that_two_share_and_goods_that_are_made_bind():
    ride = (Ride("ship", 0, 1),)
    way = Way("ship", 900, 500, 900, 500, rides=ride)
    tight = programme((0, 0, way), (1, 0, way), rooms={"ship": 4 * MICRO})
    assert second(tight) == (1_600 * MICRO, 1_600 * MICRO)
    made = Way("mill", 4_000, 500, 4_000, 500, up=4, down=1)
    assert second(programme((0, 0, made))) == (5_000 * MICRO, 5_000 * MICRO)


def test_a_lot_that_cannot_be_filled_by_halves_goes_to_one():
    even, odd = Way("even", 900, 500, 900, 500), Way("odd", 900, 600, 900, 600)
    lots = {(0, 0): 6 * MICRO, (1, 0): 6 * MICRO}
    asked = programme(
        (0, 0, even), (1, 0, odd), supply=[6 * MICRO, 10 * MICRO], demand=[10 * MICRO], lots=lots
    )
    # Without lots 6 and 4; with them the dearer seller alone gives 10.
    assert second(asked) == (3_000 * MICRO, 3_000 * MICRO)


def test_what_is_too_much_is_not_guessed_at():
    ride = (Ride("ship", 0, 1),)
    even = Way("even", 900, 500, 900, 500, rides=ride)
    odd = Way("odd", 900, 600, 900, 600, rides=ride)
    asked = programme(
        (0, 0, even),
        (1, 0, odd),
        supply=[6 * MICRO, 10 * MICRO],
        rooms={"ship": 10 * MICRO},
        lots={(0, 0): 6 * MICRO, (1, 0): 6 * MICRO},
    )
    found = second(asked)
    assert found.found is None
    assert found.bound is not None
    assert found.bound >= 3_000 * MICRO
