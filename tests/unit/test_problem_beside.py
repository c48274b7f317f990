"""What a problem file may ask for beside its matches: return legs, swaps, cleared debts."""

import json
from typing import Any

import pytest

from schemas.problem import ProblemError
from streams.core.answer import answer

RICE = {"commodity": "BERAS-MED"}
OFFER = {"line": "o", "coop": "31.71.01.1001", "quantity": 700, "floor_price": 13_000, **RICE}
NEED = {"line": "n", "coop": "19.02.01.2001", "quantity": 700, "ceiling_price": 13_600, **RICE}
HOME = {"from": "31.71", "to": "19.02", "cost_per_kg": 900, "days": 2, "mode": "sea"}
SENT = {"from": "19.02", "to": "31.71", "departs_on": "2026-11-22", "days": 1, "kg": 400}
SENT |= {"mode": "sea"}


def answered(**parts: Any) -> Any:
    base: dict[str, Any] = {"now": "2026-11-22", "offers": [], "needs": []}
    return json.loads(answer(json.dumps(base | parts).encode()))


def test_what_nobody_asks_for_is_not_shown():
    found = answered(offers=[OFFER], needs=[NEED], legs=[HOME])
    assert not {"return_legs", "cycles", "cleared"} & set(found)


def test_an_accepted_flow_makes_the_way_back_worth_its_freight():
    lines: dict[str, Any] = {"offers": [OFFER], "needs": [NEED], "legs": [HOME]}
    assert not answered(**lines)["proposals"]
    found = answered(**lines, accepted_flows=[SENT])
    (proposal,) = found["proposals"]
    assert (proposal["quantity"], proposal["leg_cost"]) == ("400", 450)
    assert (found["certified"], found["gap"], found["objective"]) == (True, 0, 400 * 150)
    assert found["return_legs"] == [
        {
            "from": "31.71",
            "to": "19.02",
            "mode": "sea",
            "departs_on": "2026-11-23",
            "days": 2,
            "cost_per_kg": "450",
            "base_cost_per_kg": "900",
            "capacity_kg": 400,
            "sent_kg": 400,
            "booked_kg": 0,
            "used_kg": "400",
        }
    ]
    less = answered(**lines, accepted_flows=[SENT], options={"return_percent": 10})
    assert less["return_legs"][0]["cost_per_kg"] == "810"
    assert not less["proposals"]


def test_debts_of_accepted_matches_are_cleared_with_their_proof():
    debts = [
        ("x", "A", "B", 900),
        ("y", "B", "C", "700"),
        ("z", "C", "A", 800),
        ("w", "C", "D", 5),
    ]
    names = ("id", "debtor", "creditor", "amount")
    found = answered(obligations=[dict(zip(names, debt, strict=True)) for debt in debts])
    cleared = found["cleared"]
    assert (cleared["total"], cleared["of"]) == (2_100, 2_405)
    assert (cleared["certified"], cleared["gap"]) == (True, 0)
    assert cleared["obligations"] == [
        {"id": "w", "cleared": 0, "left": 5},
        {"id": "x", "cleared": 700, "left": 200},
        {"id": "y", "cleared": 700, "left": 0},
        {"id": "z", "cleared": 700, "left": 100},
    ]
    assert set(cleared["levels"]) == {"A", "B", "C", "D"}


GEBANG, FARM = "32.09.25.2001", "32.09.19.2004"
AGREED = {
    "BERAS-MED": 13_500,
    "KANGKUNG": 7_000,
    "IKAN-ASIN": 16_000,
    "ABON-IKAN": 18_000,
    "IKAN-BANDENG": 15_000,
}


def swap(goods: str, kg: int, giver: str, taker: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An offer and a need that miss each other in money by a tenth."""
    price = AGREED[goods]
    given = {"line": f"has {goods}", "coop": giver, "floor_price": price * 21 // 20}
    asked = {"line": f"needs {goods}", "coop": taker, "ceiling_price": price * 19 // 20}
    both = {"commodity": goods, "quantity": kg, "unit": "KG"}
    return given | both, asked | both


def gebang(*more: dict[str, Any], **cycles: Any) -> Any:
    """Gebang, 2020: 200 kg of rice and vegetables against 132 kg of fish; and more needs."""
    fish = {"IKAN-ASIN": 79, "ABON-IKAN": 43, "IKAN-BANDENG": 10}
    pairs = [swap(goods, kg, GEBANG, FARM) for goods, kg in fish.items()]
    pairs += [swap("BERAS-MED", 120, FARM, GEBANG), swap("KANGKUNG", 80, FARM, GEBANG)]
    return answered(
        offers=[given for given, _ in pairs],
        needs=[*(asked for _, asked in pairs), *more],
        cycles={"prices": [{"commodity": c, "price": p} for c, p in AGREED.items()]} | cycles,
    )


def test_the_swap_of_gebang_is_proposed_where_money_fails():
    found = gebang()
    assert found["proposals"] == []
    (ring,) = found["cycles"]["proposals"]
    assert ring["parties"] == [FARM, GEBANG]
    kg = {FARM: 0, GEBANG: 0}
    for move in ring["moves"]:
        kg[move["giver"]] += int(move["quantity"])
    assert kg == {FARM: 200, GEBANG: 132}
    assert ring["cash"] == [
        {"party": FARM, "amount": -8_000},
        {"party": GEBANG, "amount": 8_000},
    ]
    assert found["cycles"]["exact"] is True
    assert "memberi 120 kilogram beras medium dan 80 kilogram" in ring["why"]["id"]
    assert "79 kilogram" in ring["why"]["en"]


def test_only_what_found_no_money_is_swapped():
    cash = {"line": "cash", "coop": "32.09.01.2001", "ceiling_price": 20_000, "quantity": 70}
    found = gebang(cash | RICE)
    assert [(p["need"], p["quantity"]) for p in found["proposals"]] == [("cash", "70")]
    (ring,) = found["cycles"]["proposals"]
    rice = [move["quantity"] for move in ring["moves"] if move["commodity"] == "BERAS-MED"]
    assert rice == ["50"]


@pytest.mark.parametrize(
    "no", [{"refused": [[GEBANG, FARM]]}, {"refused_gifts": [[GEBANG, FARM]]}]
)
def test_a_swap_that_was_refused_is_not_proposed_again(no: dict[str, Any]):
    assert gebang(**no)["cycles"]["proposals"] == []


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"obligations": [{"id": "x", "debtor": "A", "creditor": "A", "amount": 1}]}, "[0]"),
        ({"obligations": [{"id": "x", "debtor": "A", "creditor": "B", "amount": 0}]}, "amount"),
        (
            {"obligations": [{"id": "x", "debtor": "A", "creditor": "B", "amount": "1.5"}]},
            "amount",
        ),
        ({"accepted_flows": [SENT | {"kg": -1}]}, "kg"),
        ({"accepted_flows": [SENT], "now": None}, "$.now"),
        ({"options": {"return_percent": 100}}, "return_percent"),
        ({"cycles": {"parties": 5}}, "parties"),
        ({"cycles": {"prices": [{"commodity": "BERAS-MED", "price": "a"}]}}, "prices[0].price"),
        ({"cycles": {"party": "village"}}, "party"),
    ],
)
def test_what_is_not_certain_names_its_place(parts: dict[str, Any], path: str):
    with pytest.raises(ProblemError) as wrong:
        answered(**parts)
    assert path in wrong.value.path
