"""What an officer types of a contract becomes a saying that the judge takes, or all its faults."""

from typing import Any

import pytest

from deploy.cli_contract import require_parties
from deploy.errors import UsageError
from producers.contract import Agreed, agreed
from producers.goods import Goods
from producers.speech import contract_value
from schemas import reference
from schemas.judged import Judged, OrderLine, StockLine
from tests.support.sayings import HOME, NOW_MS, judge

SITE = "19.02.01.2003"
GOODS = Goods(reference.catalogue(), reference.units())
TYPED = {
    "contract": "bulog-7",
    "commodity": "beras sphp",
    "amount": "2,5ton",
    "site": SITE,
    "since": "2026-12-01",
    "until": "31/12/2026",
    "price": "Rp 11.000",
    "min_lot": "0,05",
}


def said(direction: str = "supply", permits: tuple[str, ...] = (), **more: str) -> Any:
    return agreed("19.02", direction, TYPED | more, permits, GOODS)


def judged(found: Agreed) -> Judged:
    value = contract_value(found.said("cli", 7), NOW_MS)
    verdict = judge().judge(value, key=b"19.02", timestamp_ms=NOW_MS, partition=HOME)
    assert isinstance(verdict, Judged), verdict
    return verdict


def test_what_is_typed_is_taken_as_it_was_meant():
    (supplied,) = judged(said(permits=("NIB 12",))).lines
    assert isinstance(supplied, StockLine)
    assert (supplied.commodity, supplied.lot) == ("BERAS-SPHP", "BULOG-7")
    assert supplied.quantity == 2_500 * 10**6
    assert supplied.terms is not None
    assert (supplied.terms.floor, supplied.terms.min_lot) == (11_000, 50 * 10**6)
    (bought,) = judged(said("buy")).lines
    assert isinstance(bought, OrderLine)
    assert (bought.order, bought.ceiling, bought.priority) == ("BULOG-7", 11_000, "staple")
    assert said().read_back.startswith("BULOG-7  pasok / supply  2,5 TON BERAS-SPHP")


def test_all_that_is_wrong_is_told_at_once():
    found = said("", since="", until="besok", amount="banyak", grade="Z")
    assert {fault.field for fault in found} >= {"direction", "since", "until", "amount", "grade"}
    assert [f.field for f in said(since="2027-01-01")] == ["until"]
    assert [f.field for f in said(commodity="KOPRA", amount="5ikat")] == ["amount"]


def test_a_contract_for_a_village_of_another_hub_is_refused_before_it_is_sent():
    with pytest.raises(UsageError, match=r"hub 19\.02"):
        require_parties("34.02", SITE)
    with pytest.raises(UsageError, match="no village"):
        require_parties("19.02", "19.02")
    with pytest.raises(UsageError, match="neither"):
        require_parties("BULOG", SITE)
    require_parties("19.02", SITE)
