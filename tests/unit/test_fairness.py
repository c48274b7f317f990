"""Scarce goods shared, case by case: what a person would check by hand."""

import json
from dataclasses import replace
from typing import Any

import pytest

from deploy.errors import ConfigError
from deploy.settings import load
from schemas.problem import ProblemError
from schemas.quantity import MICRO
from streams.core.answer import answer
from streams.core.fairness import step_idr, steps_of
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.legs import leg_book
from streams.core.interchange.solving import solve_between
from streams.core.interchange.terms import Interchange, Process, Terms
from streams.core.lines import NeedLine, OfferLine, Options, Round
from streams.core.matching import solve
from tests.support.lines import GOODS, TODAY, free, need, offer, run, traded

FAR = "31.71"
ROAD = Leg("19.02", FAR, 0, 1)
Shared = dict[tuple[str, str], int]


def fair(percent: int = 10, **more: Any) -> Options:
    return Options(goods=GOODS, fairness=percent, **more)


def inside(
    offers: list[OfferLine], needs: list[NeedLine], options: Options
) -> tuple[Shared, Round]:
    found = run(offers, needs, options=options)
    assert (found.certified, found.gap) == (True, 0)
    return traded(found), found


def between(
    offers: list[OfferLine], needs: list[NeedLine], options: Options, **terms: Any
) -> tuple[Shared, Interchange]:
    away = [replaced(n, hub=FAR) for n in needs]
    told = Terms(legs=leg_book((ROAD,)), **terms)
    found = solve_between(offers, away, told, options, TODAY)
    assert (found.certified, found.gap) == (True, 0)
    return {(s.offer, s.need): s.quantity // MICRO for s in found.shipments}, found


def replaced(line: NeedLine, **fields: Any) -> NeedLine:
    told = {name: getattr(line, name) for name in line.__struct_fields__}
    return NeedLine(**(told | fields))


EITHER = pytest.mark.parametrize("solved", [inside, between])


@EITHER
def test_two_who_want_all_of_the_same_goods_at_equal_terms_get_half_each(solved: Any):
    rice, asked = [offer("o")], [need("a"), need("b")]
    (alone,) = solved(rice, asked, fair(0))[0].values()
    assert alone == 100
    for percent in (1, 10, 50):
        shared, found = solved(rice, asked, fair(percent))
        assert shared == {("o", "a"): 50, ("o", "b"): 50}
        assert found.objective == 100_000


@EITHER
def test_who_bids_more_gets_more_but_not_all(solved: Any):
    asked = [need("a"), need("b"), need("c", ceiling=2_050)]
    told = {
        0: ([0, 0, 100], 105_000),
        10: ([20, 30, 50], 102_500),
        50: ([30, 30, 40], 102_000),
    }
    for percent, (parts, objective) in told.items():
        shared, found = solved([offer("o")], asked, fair(percent))
        assert sorted(shared.values()) == [part for part in parts if part]
        assert shared["o", "c"] == parts[-1]
        assert found.objective == objective


@EITHER
def test_where_there_is_enough_for_all_fairness_changes_nothing_but_the_digest(solved: Any):
    offers = [offer("o"), offer("p", 80, 1_200)]
    asked = [need("a", 70), need("b", 60), need("c", 50, 1_900)]
    plain, off = solved(offers, asked, fair(0))
    shared, on = solved(offers, asked, fair())
    assert sum(shared.values()) == sum(plain.values()) == 180
    assert on.objective == off.objective
    assert on.digest != off.digest


@EITHER
def test_no_pair_is_opened_that_loses_money(solved: Any):
    asked = [need("a", ceiling=2_000), need("b", ceiling=999)]
    for percent in (10, 50):
        shared, found = solved([offer("o")], asked, fair(percent))
        assert shared == {("o", "a"): 100}
        assert [u.reason for u in found.unmatched] == ["price"]


@EITHER
def test_nobody_is_offered_half_a_goat(solved: Any):
    asked = [need("a", 7), need("b", 7), need("c", 3)]
    shared, found = solved([offer("o", 9)], asked, fair())
    parts = found.proposals if isinstance(found, Round) else found.shipments
    assert all(part.quantity % MICRO == 0 for part in parts)
    assert sorted(shared.values()) == [3, 3, 3]


@EITHER
def test_an_emergency_is_served_first_and_whole(solved: Any):
    asked = [need("a"), need("b", 60, priority="emergency"), need("c")]
    assert solved([offer("o")], asked, fair())[0] == {
        ("o", "a"): 20,
        ("o", "b"): 60,
        ("o", "c"): 20,
    }


@EITHER
def test_without_bonuses_fairness_means_nothing(solved: Any):
    asked = [need("a"), need("b"), need("c", ceiling=2_050)]
    money = solved([offer("o")], asked, fair(0, bonuses=False))[0]
    assert solved([offer("o")], asked, fair(50, bonuses=False))[0] == money == {("o", "c"): 100}


@EITHER
def test_a_smallest_lot_binds_before_fairness_does(solved: Any):
    few, many = ([need("a", min_lot=lot), need("b", min_lot=lot)] for lot in (40, 60))
    assert sorted(solved([offer("o")], few, fair())[0].values()) == [50, 50]
    assert sorted(solved([offer("o")], many, fair())[0].values()) == [100]


def test_who_takes_no_less_than_a_lot_gets_just_that_and_the_others_share_the_rest():
    asked = [need("a", min_lot=55), need("b"), need("c")]
    for goods, rest in ((100, [20, 25]), (130, [35, 40])):
        shared, _ = inside([offer("o", goods)], asked, fair())
        assert shared["o", "a"] == 55
        assert sorted((shared["o", "b"], shared["o", "c"])) == rest


def test_goods_that_become_others_are_shared_too():
    nuts = offer("nuts", 400, 1_000, commodity="KELAPA", family="KELAPA")
    asked = [need(n, 100, 9_000, commodity="KOPRA", family="KELAPA") for n in ("a", "b")]
    kiln = Process("R40", "KELAPA", "KOPRA", "19.02", 250_000)
    shared, _ = between([nuts], asked, fair(), processes=(kiln,))
    assert shared == {("nuts", "a"): 50, ("nuts", "b"): 50}


def test_the_tenths_of_an_order_add_up_and_fall_by_one_step():
    asked = [need("a", 7), need("b", 100), need("c", priority="emergency")]
    told = fair()
    steps = steps_of(asked, step_idr(asked, told))
    assert steps is not None
    assert steps.rooms.sum(0).tolist() == [n.quantity for n in asked]
    assert (steps.rooms[:, :2] % MICRO == 0).all()
    step = 2_000 * 10 // 900
    assert steps.bonus[:, 0].tolist() == [step * n for n in range(9, -1, -1)]
    assert not steps.bonus[:, 2].any()
    assert steps.worth([0, 100 * MICRO, 50 * MICRO]) == 10 * MICRO * 45 * step
    assert steps.worth([0, 15 * MICRO, 0]) == (10 * 9 + 5 * 8) * MICRO * step
    rest = steps.after(1, 15 * MICRO)
    assert rest.worth([0, 85 * MICRO, 0]) == steps.worth([0, 100 * MICRO, 0]) - steps.worth(
        [0, 15 * MICRO, 0]
    )
    assert steps_of(asked, step_idr(asked, fair(0))) is None


def test_cheap_goods_are_shared_by_a_rupiah_a_step():
    cheap = [need("a", ceiling=3), need("b", ceiling=3)]
    assert inside([offer("o", floor=2)], cheap, fair(1))[0] == {("o", "a"): 50, ("o", "b"): 50}


# Taken before there was fairness, the second again when legs became columns: what is off leaves no
# trace.
ONCE = (
    "396f1bcf8e8d048b4a001a73d7c04964a32d7c66539b5f2a2020f7221804e107",
    "421a51de12302bb70048a5ff876e2900da3c9da8de4d0f78d22d02c7d0a7fd35",
)


def test_what_is_off_leaves_every_digest_as_it_was():
    offers, asked = [offer("o", expires_day=TODAY + 5)], [need("a"), need("b", grades=None)]
    near = solve(offers, asked, free, Options(), TODAY)
    book = Terms(legs=leg_book((ROAD,)))
    away = solve_between(offers, [replaced(n, hub=FAR) for n in asked], book, Options(), TODAY)
    assert (near.digest, away.digest) == ONCE
    assert solve(offers, asked, free, replace(Options(), fairness=0), TODAY) == near


PEPPER = {"commodity": "LADA-PUTIH", "quantity": "100"}
PROBLEM: dict[str, Any] = {
    "offers": [{"line": "O", "coop": "19.02.01.2003", "floor_price": "100000", **PEPPER}],
    "needs": [
        {"line": line, "coop": coop, "ceiling_price": "120000", **PEPPER}
        for line, coop in (("N1", "19.02.01.1002"), ("N2", "19.02.01.1005"))
    ],
}


@pytest.mark.parametrize("network", [False, True])
def test_a_problem_file_asks_for_fairness(network: bool):
    told = {}
    for percent in (0, 10):
        options = {"network": network, "fairness": percent}
        found = json.loads(answer(json.dumps(PROBLEM | {"options": options}).encode()))
        assert (found["certified"], found["gap"]) == (True, 0)
        told[percent] = sorted(p["quantity"] for p in found["proposals"])
    assert told == {0: ["100"], 10: ["50", "50"]}


def test_more_than_half_is_no_fairness():
    with pytest.raises(ProblemError, match="fairness"):
        answer(json.dumps(PROBLEM | {"options": {"fairness": 51}}).encode())
    for wrong in (51, -1):
        with pytest.raises(ConfigError, match=r"matching\.fairness"):
            load({"matching.fairness": wrong})
    assert load({"matching.fairness": 50}).settings.matching.fairness == 50
    assert load().settings.matching.fairness == 0
