"""A problem file: its defaults hold, its faults are named with their place."""

import json
from typing import Any

import pytest

from schemas.identity import match_id
from schemas.problem import ProblemError, parse_problem
from schemas.quantity import MICRO
from schemas.reference import catalogue, units
from streams.core.answer import answer
from streams.core.posed import Posed, pose

OFFER = {
    "line": "o",
    "coop": "19.02.01.2001",
    "commodity": "LADA-PUTIH",
    "grade": "A",
    "quantity": "120",
    "unit": "KG",
    "floor_price": "110000",
}
NEED = {
    "line": "n",
    "coop": "19.02.01.2002",
    "commodity": "LADA-PUTIH",
    "quantity": "100",
    "unit": "KG",
    "ceiling_price": "120000",
}
BARE_NEED = {"line": "n", "coop": "19.02.01.2002", "commodity": "LADA-PUTIH", "quantity": 5}


def file(**parts: Any) -> bytes:
    return json.dumps({"offers": [OFFER], "needs": [NEED]} | parts).encode()


def posed(**parts: Any) -> Posed:
    return pose(parse_problem(file(**parts)), catalogue(), units())


def answered(**parts: Any) -> Any:
    return json.loads(answer(file(**parts)))


def test_a_problem_is_answered_whole():
    found = answered(
        now="2026-11-22T07:00:00+07:00",
        offers=[OFFER | {"expires_on": "2027-05-01", "min_lot": "50"}],
        needs=[NEED | {"grades": ["A"], "needed_by": "2026-12-01", "priority": "staple"}],
        local_leg={"cost_per_kg": "150.5", "days": 1},
    )
    assert found["objective"] == 100 * (120_000 - 110_000 - 151)
    assert (found["certified"], found["gap"], found["method"]) == (True, 0, "exact")
    assert found["proposals"] == [
        {
            "match": match_id(1, "o", "n", 0),
            "offer": "o",
            "need": "n",
            "commodity": "LADA-PUTIH",
            "quantity": "100",
            "unit": "KGM",
            "price": 114_924,
            "buyer_price": 115_075,
            "leg_cost": 151,
            "days": 1,
        }
    ]
    assert found["unmatched"] == [
        {
            "line": "o",
            "side": "offer",
            "quantity": "20",
            "unit": "KGM",
            "reason": "filled",
            "detail": {
                "id": "Semua kebutuhan yang cocok sudah terpenuhi: 100 kilogram.",
                "en": "All needs that fit are filled already: 100 kilogram.",
            },
        }
    ]


def test_the_order_of_lines_leaves_every_byte_as_it_is():
    offers = [OFFER | {"line": f"o{k}", "quantity": 10 + k} for k in range(5)]
    needs = [NEED | {"line": f"n{k}", "quantity": 9 + 2 * k} for k in range(5)]
    first = answer(file(offers=offers, needs=needs))
    assert answer(file(offers=offers[::-1], needs=needs[::-1])) == first


def test_what_is_absent_has_its_default():
    found = posed(offers=[BARE_NEED], needs=[BARE_NEED])
    (offer,), (need,) = found.offers, found.needs
    pepper = catalogue().get("LADA-PUTIH")
    assert pepper is not None
    assert (offer.hub, offer.family, offer.grade) == ("19.02", "LADA-BASAH", "UNGRADED")
    assert (offer.quantity, offer.min_lot, offer.expires_day) == (5 * MICRO, 0, None)
    assert offer.floor == pepper.price_min_idr
    assert need.ceiling == pepper.price_max_idr
    assert (need.grades, need.grade, need.needed_by_day) == (None, None, None)
    assert (need.priority, need.market, need.min_lot) == ("normal", "domestic", 0)
    assert found.options.bonuses is True
    assert found.leg(offer, need) == (0, 0)


def test_an_unknown_commodity_is_its_own_family_in_its_stated_unit():
    stone = {"coop": "a", "hub": "H", "commodity": "BATU-AKIK", "unit": "TON"}
    found = posed(
        offers=[stone | {"line": "o", "quantity": "2"}],
        needs=[stone | {"line": "n", "quantity": "1", "ceiling_price": 70_000, "coop": "b"}],
        local_leg="1.5",
    )
    (offer,), (need,) = found.offers, found.needs
    assert (offer.family, offer.quantity, offer.floor) == ("BATU-AKIK", 2 * MICRO, 0)
    assert found.leg(offer, need) == (1_500, 0)  # a tonne weighs 1,000 kg
    answers = answered(
        offers=[stone | {"line": "o", "quantity": "2"}],
        needs=[stone | {"line": "n", "quantity": "1", "ceiling_price": 70_000, "coop": "b"}],
    )
    assert (answers["proposals"][0]["unit"], answers["proposals"][0]["quantity"]) == ("TON", "1")


@pytest.mark.parametrize(
    ("unit", "quantity", "base"),
    [("TON", "0.5", 500), ("KARUNG", 2, 100), ("KUINTAL", "1.25", 125), (None, "7", 7)],
)
def test_amounts_are_told_in_base_units(unit: str | None, quantity: str | int, base: int):
    line = OFFER | {"quantity": quantity, "min_lot": quantity}
    line = {k: v for k, v in line.items() if k != "unit"} | ({"unit": unit} if unit else {})
    (offer,) = posed(offers=[line]).offers
    assert (offer.quantity, offer.min_lot) == (base * MICRO, base * MICRO)


def test_a_leg_holds_in_its_direction_only():
    far = NEED | {"coop": "64.02.01.2001"}
    there = {"from": "19.02", "to": "64.02", "cost_per_kg": 700.25, "days": "2.5"}
    back = {"from": "64.02", "to": "19.02", "cost_per_kg": "1", "days": 0}
    (proposal,) = answered(needs=[far], legs=[there])["proposals"]
    assert (proposal["leg_cost"], proposal["days"]) == (701, 3)
    assert proposal["match"] == match_id(2, "o", "n", 0)
    found = answered(needs=[far], legs=[back])
    assert found["proposals"] == []
    assert {rest["reason"] for rest in found["unmatched"]} == {"no_way"}
    assert found["unmatched"][0]["partner"] == "o"


def test_a_leg_costs_by_the_weight_of_the_base_unit():
    gas = {"commodity": "LPG-12KG", "unit": "BUAH", "quantity": "3"}
    offer = {k: v for k, v in (OFFER | gas).items() if k != "floor_price"}
    need = NEED | gas | {"ceiling_price": "250000"}
    (proposal,) = answered(offers=[offer], needs=[need], local_leg=100)["proposals"]
    assert (proposal["leg_cost"], proposal["unit"]) == (2_700, "EA")


def test_options_reach_the_matcher():
    needs = [
        NEED | {"line": "e", "priority": "emergency", "ceiling_price": "111000"},
        NEED | {"line": "r", "ceiling_price": "130000"},
    ]
    offers = [OFFER | {"quantity": "50"}]
    first = answered(offers=offers, needs=needs)
    assert [p["need"] for p in first["proposals"]] == ["e"]
    money = answered(offers=offers, needs=needs, options={"bonuses": False})
    assert [p["need"] for p in money["proposals"]] == ["r"]
    ended = {"finished": [{"offer": "o", "need": "e", "n": 2}], "keep": [["o", "e"]]}
    named = answered(offers=offers, needs=needs, options=ended)
    assert named["proposals"][0]["match"] == match_id(1, "o", "e", 2)


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"offers": 3}, "$.offers"),
        ({"surprise": 1}, "$.surprise"),
        ({"offers": [OFFER | {"colour": "red"}]}, "$.offers[0].colour"),
        ({"needs": [{k: v for k, v in NEED.items() if k != "line"}]}, "$.needs[0].line"),
        ({"offers": [OFFER, OFFER]}, "$.offers[1]"),
        ({"needs": [NEED, NEED | {"quantity": "1"}]}, "$.needs[1]"),
        ({"offers": [OFFER | {"quantity": 1.5}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": True}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": "0"}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": -3}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": "1e3"}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": 10**40}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"quantity": "9" * 12, "unit": "TON"}]}, "$.offers[0].quantity"),
        ({"offers": [OFFER | {"unit": "IKAT"}]}, "$.offers[0].unit"),
        ({"offers": [OFFER | {"floor_price": "1000.5"}]}, "$.offers[0].floor_price"),
        ({"offers": [OFFER | {"min_lot": "-1"}]}, "$.offers[0].min_lot"),
        ({"offers": [OFFER | {"expires_on": "1 Mei"}]}, "$.offers[0].expires_on"),
        ({"offers": [OFFER | {"expires_on": "2027-05-01"}]}, "$.now"),
        ({"needs": [NEED | {"needed_by": "2027-05-01"}]}, "$.now"),
        ({"now": "today"}, "$.now"),
        ({"now": "2026-11-22 7am"}, "$.now"),
        ({"now": "2026-13-22"}, "$.now"),
        ({"offers": [OFFER | {"coop": "kopdes"}]}, "$.offers[0].hub"),
        ({"offers": [OFFER | {"commodity": "X", "unit": None}]}, "$.offers[0].unit"),
        ({"needs": [NEED | {"priority": "high"}]}, "$.needs[0].priority"),
        ({"needs": [NEED | {"grades": []}]}, "$.needs[0].grades"),
        ({"needs": [NEED | {"grades": ["A"], "grade": "A"}]}, "$.needs[0]"),
        (
            {
                "needs": [
                    {k: v for k, v in NEED.items() if k != "ceiling_price"} | {"commodity": "X"}
                ]
            },
            "$.needs[0].ceiling_price",
        ),
        (
            {
                "offers": [OFFER | {"commodity": "X"}],
                "needs": [NEED | {"commodity": "X", "unit": "TON"}],
            },
            "$.needs[0].unit",
        ),
        ({"legs": [{"from": "a", "to": "b"}]}, "$.legs[0].cost_per_kg"),
        ({"legs": [{"from": "a", "to": "b", "cost_per_kg": -1}]}, "$.legs[0].cost_per_kg"),
        ({"legs": [{"from": "a", "to": "b", "cost_per_kg": 1, "days": "x"}]}, "$.legs[0].days"),
        ({"legs": [{"from": "a", "to": "b", "cost_per_kg": 1}] * 2}, "$.legs[1]"),
        ({"local_leg": {"cost": 1}}, "$.local_leg.cost"),
        ({"recipes": [{"recipe": "R99"}]}, "$.recipes[0].recipe"),
        ({"recipes": [{"hub": "19.02"}]}, "$.recipes[0]"),
        (
            {"recipes": [{"input": "LADA-PUTIH", "output": "LADA-PUTIH", "yield": 0}]},
            "$.recipes[0].yield",
        ),
        (
            {"legs": [{"from": "a", "to": "b", "cost_per_kg": 1, "departs_on": "2026-11-25"}]},
            "$.now",
        ),
        ({"options": {"bonus": False}}, "$.options.bonus"),
        (
            {"options": {"finished": [{"offer": "o", "need": "n", "n": -1}]}},
            "$.options.finished[0].n",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(parts: dict[str, Any], path: str):
    with pytest.raises(ProblemError) as fault:
        answer(file(**parts))
    assert fault.value.path == path
    assert fault.value.message
    assert str(fault.value) == f"{path}: {fault.value.message}"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"\xff", b'{"offers":[],"offers":[],"needs":[]}', b"[" * 100_000],
)
def test_what_is_no_json_object_is_refused_as_a_whole(data: bytes):
    with pytest.raises(ProblemError) as fault:
        answer(data)
    assert fault.value.path == "$"


def test_recipes_are_never_silently_ignored():
    with pytest.raises(ProblemError, match="expected `object`"):
        answer(file(recipes=["R01"]))
    assert answered(recipes=[])["proposals"]


def test_a_problem_beyond_memory_is_refused():
    offers = [OFFER | {"line": f"o{k}"} for k in range(2_001)]
    needs = [NEED | {"line": f"n{k}"} for k in range(2_001)]
    with pytest.raises(ProblemError, match="at most 4000000 pairs"):
        answer(file(offers=offers, needs=needs))


@pytest.mark.parametrize("options", [{}, {"network": True}])
@pytest.mark.parametrize(("holds", "meets"), [([" nib 12"], True), (["PIRT"], False), ([], False)])
def test_a_line_says_which_permits_the_other_side_must_hold(
    options: dict[str, Any], holds: list[str], meets: bool
):
    lines: dict[str, Any] = {"offers": [OFFER | {"asks": ["NIB 12"]}]}
    lines |= {"needs": [NEED | {"holds": holds}]}
    found = answered(**lines, options=options)
    assert bool(found["proposals"]) == meets
    assert ("permit" in {rest["reason"] for rest in found["unmatched"]}) != meets
