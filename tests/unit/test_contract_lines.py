"""Goods that move by contract only, in problem files: from contract to contract, never else."""

import json
from typing import Any

import pytest

from streams.core.answer import answer

HUB, FAR = "19.02", "31.71"
PARTNER = {"line": "SUPPLY", "coop": "PERTAMINA", "hub": HUB, "floor_price": "12000"}
OUTLETS = {"N1": "19.02.01.1002", "N2": "19.02.01.1005"}


def solved(
    supplied: bool, asked: tuple[bool, bool], goods: str = "LPG-3KG", **options: Any
) -> dict[str, Any]:
    supply = {**PARTNER, "commodity": goods, "quantity": "100", "contract": supplied}
    needs = [
        {"line": line, "coop": coop, "commodity": goods, "quantity": "100", "contract": flag}
        | {"ceiling_price": "16000", "hub": options.get("hub", HUB)}
        for (line, coop), flag in zip(OUTLETS.items(), asked, strict=True)
    ]
    told = {name: value for name, value in options.items() if name != "hub"}
    legs = [{"from": HUB, "to": FAR, "cost_per_kg": 100, "days": 1}]
    problem = {"offers": [supply], "needs": needs, "legs": legs, "options": told}
    found: dict[str, Any] = json.loads(answer(json.dumps(problem).encode()))
    assert (found["certified"], found["gap"]) == (True, 0)
    return found


def shares(found: dict[str, Any]) -> dict[str, str]:
    return {p["need"]: p["quantity"] for p in found["proposals"]}


NETWORKS = pytest.mark.parametrize("network", [False, True])


@NETWORKS
@pytest.mark.parametrize("where", [HUB, FAR])
def test_a_partners_supply_reaches_the_outlet_that_is_on_a_contract(network: bool, where: str):
    found = solved(True, (True, False), network=network, hub=where)
    assert shares(found) == {"N1": "100"}
    assert [rest["line"] for rest in found["unmatched"]] == ["N2"]


@NETWORKS
def test_goods_of_a_contract_go_nowhere_without_one_on_both_sides(network: bool):
    for supplied, asked in ((False, (True, True)), (True, (False, False)), (False, (False,) * 2)):
        found = solved(supplied, asked, network=network)
        assert found["proposals"] == []
        reasons = {rest["reason"] for rest in found["unmatched"]}
        assert "trade" in reasons


@NETWORKS
@pytest.mark.parametrize("goods", ["BIJIH-TIMAH", "TIMAH-BATANGAN"])
def test_tin_goes_nowhere_even_by_contract(network: bool, goods: str):
    found = solved(True, (True, True), goods, network=network)
    assert found["proposals"] == []


@NETWORKS
def test_two_outlets_share_a_quota_that_is_short(network: bool):
    found = solved(True, (True, True), network=network, fairness=10)
    assert shares(found) == {"N1": "50", "N2": "50"}
    assert len(shares(solved(True, (True, True), network=network))) == 1


@NETWORKS
def test_free_goods_do_not_ask_for_a_contract(network: bool):
    found = solved(False, (True, False), "LADA-PUTIH", network=network, fairness=10)
    assert found["objective"] == 100 * 4_000
    assert sum(int(quantity) for quantity in shares(found).values()) == 100
