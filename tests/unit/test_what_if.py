"""What would be if: each change does what it says, and the difference tells it."""

import json
from typing import Any

import pytest

from schemas.changes import parse_changes
from schemas.problem import Problem, ProblemError, parse_problem
from streams.core.answer import answer
from streams.core.differing import what_if
from streams.core.supposed import changed

FISH = {"commodity": "IKAN-ASIN", "unit": "KG"}
PROBLEM: dict[str, Any] = {
    "now": "2026-11-22",
    "offers": [
        {"line": "o", "coop": "19.02.01.2001", "quantity": 80, "floor_price": 50_000, **FISH},
        {"line": "p", "coop": "19.02.01.2002", "quantity": 40, "floor_price": 52_000, **FISH},
    ],
    "needs": [
        {"line": "n", "coop": "31.71.01.1001", "quantity": 100, "ceiling_price": 60_000, **FISH},
        {"line": "m", "coop": "19.02.01.2003", "quantity": 15, "ceiling_price": 55_000, **FISH},
    ],
    "legs": [
        {"from": "19.02", "to": "31.71", "cost_per_kg": 900, "days": 2, "mode": "sea"},
    ],
    "options": {"bonuses": False},
}


def problem(**parts: Any) -> bytes:
    return json.dumps(PROBLEM | parts).encode()


def suppose(*changes: dict[str, Any], **parts: Any) -> Any:
    return json.loads(what_if(problem(**parts), json.dumps(changes).encode()))


def made(*changes: dict[str, Any], **parts: Any) -> Problem:
    return changed(parse_problem(problem(**parts)), parse_changes(json.dumps(changes).encode()))


def pairs(deals: list[Any]) -> dict[tuple[str, str], str]:
    return {(deal["offer"], deal["need"]): deal["quantity"] for deal in deals}


def test_a_ship_that_does_not_sail_loses_its_matches_and_says_why():
    found = suppose({"change": "no_leg", "from": "19.02", "to": "31.71"})
    assert pairs(found["before"]["proposals"]) == {
        ("o", "n"): "80",
        ("p", "m"): "15",
        ("p", "n"): "20",
    }
    told = found["difference"]
    assert pairs(told["lost"]) == {("o", "n"): "80", ("p", "m"): "15", ("p", "n"): "20"}
    assert pairs(told["gained"]) == {("o", "m"): "15"}
    assert told["objective"] == found["after"]["objective"] - found["before"]["objective"] < 0
    assert told["certified"] is True
    n = next(rest for rest in told["reasons"] if rest["line"] == "n")
    assert n == {
        "line": "n",
        "side": "need",
        "before": None,
        "after": {"quantity": "100", "reason": "no_way"},
    }


def test_the_problem_itself_is_answered_as_if_nobody_had_asked():
    found = suppose({"change": "quantity", "percent": 50, "commodity": "IKAN-ASIN"})
    assert found["before"] == json.loads(answer(problem()))


def test_half_a_harvest_changes_what_it_changes():
    found = suppose({"change": "quantity", "percent": 50, "line": "o"})
    told = found["difference"]
    (change,) = [c for c in told["changed"] if (c["offer"], c["need"]) == ("o", "n")]
    assert (change["before"]["quantity"], change["after"]["quantity"]) == ("80", "40")
    assert pairs(told["lost"]) == {("p", "m"): "15"}  # who sold nearby sells afar now
    assert made({"change": "quantity", "percent": 0, "line": "o"}).offers[0].line == "p"
    half = made({"change": "quantity", "percent": 50, "coop": "31.71.01.1001", "of": "needs"})
    assert [need.quantity for need in half.needs] == ["50", 15]


def test_another_ship_a_fuller_one_and_a_dearer_one():
    fast = {"from": "19.02", "to": "31.71", "cost_per_kg": 100, "days": 1, "mode": "air"}
    found = suppose({"change": "another_leg", "leg": fast})
    assert found["difference"]["objective"] == 100 * 800
    small = suppose({"change": "capacity", "mode": "sea", "capacity_kg": 30})
    assert (
        sum(int(q) for (_, need), q in pairs(small["after"]["proposals"]).items() if need == "n")
        == 30
    )
    assert {"before": None, "after": {"quantity": "70", "reason": "capacity"}}.items() <= next(
        rest for rest in small["difference"]["reasons"] if rest["line"] == "n"
    ).items()
    dear = suppose({"change": "freight", "from": "19.02", "percent": 120})
    assert dear["difference"]["objective"] == -100 * 180


def test_a_harvest_two_weeks_late_serves_who_can_wait():
    due = [PROBLEM["needs"][0] | {"needed_by": "2026-12-10"}]
    soon = [PROBLEM["needs"][0] | {"needed_by": "2026-12-05"}]
    late = {"change": "later", "weeks": 2, "commodity": "IKAN-ASIN"}
    found = suppose(late, needs=due)
    assert found["difference"]["objective"] == 0
    assert {c["after"]["days"] - c["before"]["days"] for c in found["difference"]["changed"]} == {
        14
    }
    lost = suppose(late, needs=soon)
    assert not lost["after"]["proposals"]
    reasons = {rest["line"]: rest["after"]["reason"] for rest in lost["difference"]["reasons"]}
    assert reasons["n"] == "needed_by"


@pytest.mark.parametrize("left", [0, 3, 6, 9, 10])
def test_late_goods_keep_as_long_from_when_they_are_there(left: int):
    until = f"2026-11-{22 + left:02}" if left < 9 else f"2026-12-{left - 8:02}"
    lines = [PROBLEM["offers"][0] | {"expires_on": until}]
    far = [PROBLEM["needs"][0]]
    for days in (1, 2, 3, 5, 7):
        legs = [PROBLEM["legs"][0] | {"days": days}]
        found = suppose(
            {"change": "later", "days": 10, "line": "o"}, offers=lines, needs=far, legs=legs
        )
        assert bool(found["after"]["proposals"]) == bool(found["before"]["proposals"])


def test_late_goods_miss_the_ship_before_them_and_catch_the_next():
    def ship(day: str) -> dict[str, Any]:
        return {**PROBLEM["legs"][0], "departs_on": day}

    late = {"change": "later", "days": 7, "hub": "19.02"}
    both = suppose(late, legs=[ship("2026-11-24"), ship("2026-12-01")])
    assert both["difference"]["objective"] == 0
    only = suppose(late, legs=[ship("2026-11-24")])
    assert ("o", "n") in pairs(only["difference"]["lost"])


def test_late_goods_serve_their_own_hub_when_they_are_there():
    found = suppose({"change": "later", "days": 3, "line": "p"}, local_leg=100)
    assert pairs(found["after"]["proposals"])["p", "m"] == "15"


def test_dates_move_on_the_side_that_is_said():
    needs = [PROBLEM["needs"][0] | {"needed_by": "2026-12-01"}]
    moved = made({"change": "dates", "weeks": -1, "days": 1, "line": "n"}, needs=needs)
    assert str(moved.needs[0].needed_by) == "2026-11-25"
    offers = [PROBLEM["offers"][0] | {"expires_on": "2026-12-01"}]
    both = made(
        {"change": "dates", "days": 2, "commodity": "IKAN-ASIN"}, offers=offers, needs=needs
    )
    assert str(both.offers[0].expires_on) == str(both.needs[0].needed_by) == "2026-12-03"
    one = {"change": "dates", "days": 2, "commodity": "IKAN-ASIN", "of": "offers"}
    assert str(made(one, offers=offers, needs=needs).needs[0].needed_by) == "2026-12-01"


def test_changes_are_made_in_their_order_and_swaps_and_debts_are_compared_too():
    twice = [{"change": "quantity", "percent": 50, "line": "o"}] * 2
    assert made(*twice).offers[0].quantity == "20"
    debts = [("x", "A", "B", 900), ("y", "B", "A", 700)]
    owed = [dict(zip(("id", "debtor", "creditor", "amount"), d, strict=True)) for d in debts]
    found = suppose({"change": "quantity", "percent": 50, "line": "o"}, obligations=owed)
    assert found["difference"]["cleared"] == 0
    assert found["after"]["cleared"]["total"] == 1_400


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"change": "no_leg", "to": "99.99"}, "$[0]"),
        ({"change": "quantity", "percent": 50}, "$[0]"),
        ({"change": "quantity", "percent": 50, "line": "nobody"}, "$[0]"),
        ({"change": "quantity", "percent": -1, "line": "o"}, "$[0].percent"),
        ({"change": "later", "line": "o"}, "$[0]"),
        ({"change": "later", "days": 3, "line": "n"}, "$[0]"),
        ({"change": "weather"}, "$[0].change"),
        ({"change": "no_leg", "ship": "x"}, "$[0].ship"),
        ({"change": "another_leg", "leg": PROBLEM["legs"][0]}, "$.legs[1]"),
    ],
)
def test_a_change_that_cannot_be_made_names_its_place(change: dict[str, Any], path: str):
    with pytest.raises(ProblemError) as wrong:
        suppose(change)
    assert wrong.value.path == path


def test_late_goods_and_those_that_are_there_share_a_ship_by_halves():
    legs = [{**PROBLEM["legs"][0], "departs_on": "2026-12-01", "capacity_kg": 51}]
    late = made({"change": "later", "days": 7, "line": "p"}, legs=legs)
    rooms = {leg.origin: leg.capacity_kg for leg in late.legs if leg.capacity_kg is not None}
    assert rooms == {"19.02": 26, "19.02+7d": 25}
