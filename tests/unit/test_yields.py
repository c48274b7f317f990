"""Yields of single hubs: what a file may say, and what the market makes of it."""

from pathlib import Path
from typing import Any

import pytest

from deploy.errors import ConfigError
from deploy.settings import load
from deploy.yields_file import yields_of
from schemas import reference
from schemas.datafile import DataError
from schemas.quantity import MICRO
from streams.core.interchange import market_solving
from streams.core.interchange.market_building import recipes_of
from streams.core.interchange.market_round import Problem
from streams.core.interchange.market_solving import Exchange, Manner
from streams.core.interchange.terms import Interchange
from streams.core.lines import Options
from tests.support import networks
from tests.support.lines import GOODS, TODAY, need, offer

HEADER = "hub,recipe,output_per_input"
BELITUNG, JAKARTA = "19.02", "31.72"


def read(*lines: str) -> dict[tuple[str, str], int]:
    return dict(reference.yields_of("\n".join((HEADER, *lines)).encode(), "y.csv"))


def test_belitung_declares_four_nuts_to_a_kilogram_of_copra() -> None:
    assert reference.yields()[BELITUNG, "R40"] == MICRO // 4


def test_remarks_and_further_columns_mean_nothing() -> None:
    text = "# ours\nnote,hub,output_per_input,recipe\nx,19.02,0.3,R40\n"
    assert reference.yields_of(text.encode(), "y.csv") == {(BELITUNG, "R40"): 300_000}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["99.99,R40,0.25"], "row 1, hub: '99.99' is no hub"),
        (["19.02,R40,0.25", "19.02,R999,0.25"], "row 2, recipe: 'R999' is not in"),
        (["19.02,R40,0.25", "19.02,R40,0.2"], "row 2: R40 at 19.02 stands twice"),
        (["19.02,R40,4"], "row 1, output_per_input: '4' is not within ten times of 0.2"),
        (["19.02,R40,0"], "'0' is not within ten times"),
        (["19.02,R40,-1"], "'-1' is not within ten times"),
        (["19.02,R40"], "2 of 3 fields"),
    ],
)
def test_a_fault_is_told_with_its_row_and_field(lines: list[str], told: str) -> None:
    with pytest.raises(DataError, match=told.replace("(", r"\(")):
        read(*lines)


def test_a_file_without_its_columns_or_in_another_code_is_refused() -> None:
    with pytest.raises(DataError, match="the header must name"):
        reference.yields_of(b"a,b\n1,2\n", "y.csv")
    with pytest.raises(DataError, match="not UTF-8"):
        reference.yields_of(b"\xff\xfe", "y.csv")


def test_an_operator_names_a_file_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(f"{HEADER}\n19.02,R40,0.22\n")
    told = load({"market.yields": own}, folder=tmp_path).settings
    assert yields_of(told) == {(BELITUNG, "R40"): 220_000}
    assert yields_of(load(folder=tmp_path).settings) == reference.yields()
    own.write_text(f"{HEADER}\n19.02,R40,22\n")
    with pytest.raises(ConfigError, match=r"LB-C003: market\.yields: .*row 1"):
        yields_of(told)
    own.unlink()
    with pytest.raises(ConfigError, match=r"LB-C001: market\.yields cannot be read"):
        yields_of(told)


def nuts_for_copra(manner: Manner, giver: str = BELITUNG) -> Interchange:
    goods: dict[str, Any] = {"family": "KELAPA", "floor": 1_000, "coop": "giver"}
    nuts = offer("o", 6_000, hub=giver, commodity="KELAPA", grade="UNGRADED", **goods)
    copra: dict[str, Any] = {"family": "KELAPA", "ceiling": 30_000, "coop": "taker"}
    wanted = need("n", 1_000, hub=JAKARTA, commodity="KOPRA", **copra)
    asked = Problem("KELAPA", [nuts], [wanted], Options(bonuses=False, goods=GOODS), TODAY)
    return Exchange(networks.nation(), manner)(asked)


def test_four_thousand_coconuts_of_belitung_fill_a_tonne_of_copra() -> None:
    recipes = recipes_of(reference.catalogue())
    (plain,) = nuts_for_copra(Manner(recipes=recipes)).shipments
    manner = Manner(recipes=recipes, yields=reference.yields())
    found = nuts_for_copra(manner)
    (own,) = found.shipments
    assert (plain.given, plain.quantity) == (5_000 * MICRO, 1_000 * MICRO)
    assert (own.given, own.quantity) == (4_000 * MICRO, 1_000 * MICRO)
    assert [(p.process.hub, p.process.yield_micro) for p in own.parts if p.process] == [
        (BELITUNG, MICRO // 4)
    ]
    assert (found.certified, found.gap) == (True, 0)


def test_another_hub_keeps_the_yield_of_the_country() -> None:
    manner = Manner(recipes=recipes_of(reference.catalogue()), yields=reference.yields())
    (shipment,) = nuts_for_copra(manner, "64.02").shipments
    assert shipment.given == 5_000 * MICRO


def test_among_many_hubs_nobody_promises_more_than_a_mill_makes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(market_solving, "HUBS_ALONE_MAX", 1)
    recipes = recipes_of(reference.catalogue())
    for own, mill in ((250_000, BELITUNG), (150_000, JAKARTA)):
        manner = Manner(recipes=recipes, yields={(BELITUNG, "R40"): own})
        (shipment,) = nuts_for_copra(manner).shipments
        (part,) = shipment.parts
        assert part.process is not None
        assert (part.process.hub, part.process.yield_micro) == (mill, 200_000)
