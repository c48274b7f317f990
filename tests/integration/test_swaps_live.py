"""Rings of goods out of a warehouse, where money finds no match; the file stays as it is."""

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from deploy.cli_swaps import swaps
from deploy.errors import UsageError
from deploy.live_swaps import UnknownRing, barter_of, left_over, proposed
from sinks.engines import reading
from sinks.queries.open_lines import open_lines
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.door import lumbung
from tests.support.warehouses import fresh

THIRD, FOURTH = "19.02.01.1002", "19.02.01.1005"
DAY = date(2026, 11, 22)
RICE, FISH, SALT = "BERAS-MED", "IKAN-ASIN", "GULA-AREN"
PRICE = {RICE: 13_000, FISH: 75_000, SALT: 31_000}
"""The middle of the catalogue's bands."""


def says(n: int, coop: str, has: tuple[str, int], wants: tuple[str, int]) -> bytes:
    """What a co-op has, a little dear, and what it asks for at a little less than it costs."""
    goods, kg = has
    position = derived.position(
        n + 1, str(kg), commodity=goods, grade="UNGRADED", floor_price=PRICE[goods] * 11 // 10
    )
    goods, kg = wants
    asks: dict[str, Any] = {"order": f"PO-{n}", "order_id": f"{coop}|PO-{n}", "needed_day": -1}
    order = derived.order(
        n + 1, str(kg), commodity=goods, ceiling_price=PRICE[goods] * 9 // 10, **asks
    )
    return derived.ledger(n, coop=coop, positions=[position], orders=[order])


PAIR = (says(0, COOP, (RICE, 600), (FISH, 100)), says(1, OTHER, (FISH, 100), (RICE, 600)))
OTHERS = (
    says(2, THIRD, (FISH, 90), (SALT, 200)),
    says(3, FOURTH, (SALT, 200), (FISH, 90)),
)


def warehouse(folder: Path, *said: bytes) -> str:
    url = fresh(folder)
    with open_warehouse(url) as opened:
        write(opened, laid(said))
    return url


def rings(folder: Path, said: tuple[bytes, ...], *refused: str) -> dict[tuple[str, ...], str]:
    with reading(warehouse(folder, *said)) as connection:
        left = left_over(open_lines(connection, DAY), DAY, lambda _: None)
    barter, _ = barter_of(left, DAY)
    return {ring.parties: ring.id for ring in proposed(barter, refused).cycles}


def test_goods_that_money_does_not_match_are_swapped_and_a_no_solves_the_rest_again(
    tmp_path: Path,
):
    first = rings(tmp_path, (*PAIR, *OTHERS))
    assert set(first) == {(COOP, OTHER), (THIRD, FOURTH)}
    again = rings(tmp_path, (*PAIR, *OTHERS), first[COOP, OTHER])
    assert again == {(THIRD, FOURTH): first[THIRD, FOURTH]}
    named = rings(tmp_path, (*PAIR, *OTHERS), f"{OTHER},{COOP}", f"{THIRD},{FOURTH}")
    assert (COOP, OTHER) not in named
    assert (THIRD, FOURTH) not in named
    with pytest.raises(UnknownRing):
        rings(tmp_path, PAIR, "AAAAAAAAAAAAAAAA")


def test_what_money_matches_is_not_swapped(tmp_path: Path):
    fish = derived.order(
        3, "100", order="PO-9", order_id=f"{THIRD}|PO-9", commodity=FISH, ceiling_price=90_000
    )
    assert rings(tmp_path, (*PAIR, derived.ledger(2, coop=THIRD, orders=[fish]))) == {}


def test_the_door_tells_rings_in_both_languages_and_leaves_every_byte(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    url = warehouse(tmp_path, *PAIR)
    before = (tmp_path / "warehouse.db").read_bytes()
    words = ("swaps", "--warehouse", url, "--now", DAY.isoformat())
    door = lumbung(*words, "--json")
    assert "money leaves" in door.err
    found = door.json()
    (ring,) = found["proposals"]
    assert (ring["parties"], found["exact"], found["rings"]) == ([COOP, OTHER], True, 1)
    assert [(m["giver"], m["commodity"], m["price"]) for m in ring["moves"]] == [
        (COOP, RICE, 13_000),
        (OTHER, FISH, 75_000),
    ]
    assert sum(cash["amount"] for cash in ring["cash"]) == 0
    day = datetime.combine(DAY, time(), UTC)
    swaps(limit=1, now=day, warehouse=url)
    told = capsys.readouterr().out
    assert ring["why"]["id"] in told
    assert ring["why"]["en"] in told
    swaps(refuse=[ring["swap"]], now=day, warehouse=url)
    assert "No ring of goods" in capsys.readouterr().out
    with pytest.raises(UsageError, match="LB-U014"):
        swaps(refuse=["AAAAAAAAAAAAAAAA"], now=day, warehouse=url)
    assert capsys.readouterr().out == ""
    assert (tmp_path / "warehouse.db").read_bytes() == before
