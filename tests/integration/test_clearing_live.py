"""What a warehouse's matches leave owed, and what of it cancels out; the file stays as it is."""

from pathlib import Path
from typing import Any

from sinks.engines import reading
from sinks.queries.owed import unpaid
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.door import lumbung
from tests.support.warehouses import fresh

THIRD = "19.02.01.1002"


def matched(n: int, giver: str, taker: str, state: str, **more: Any) -> bytes:
    """A match of 50 kg at 100,000 of which all was received, unless more is said."""
    fields = {
        "match_id": f"ABCDEFGHIJKLMNO{n}",
        "offer": f"{giver}|LADA-PUTIH|A|",
        "need": f"{taker}|PO-{n}",
        "order": f"PO-{n}",
        "from_coop": giver,
        "to_coop": taker,
        "quantity": "50",
        "shipped_quantity": "50",
        "received_quantity": "50",
        "held_quantity": "0",
    }
    steps = ("proposed", "accepted", "shipped", state)
    return derived.match(n, state, steps=steps, **fields | more)


RING = (
    matched(2, COOP, OTHER, "received"),
    matched(3, OTHER, THIRD, "short", received_quantity="30", refused_quantity="20"),
    matched(4, THIRD, COOP, "claimed", payment="claimed", price=80_000),
)
BESIDE = (
    matched(5, COOP, THIRD, "paid", payment="confirmed"),
    matched(6, COOP, THIRD, "short", received_quantity="0", refused_quantity="50"),
    matched(7, COOP, THIRD, "shipped", received_quantity="20"),
)


def warehouse(folder: Path, *matches: bytes) -> str:
    url = fresh(folder)
    with open_warehouse(url) as opened:
        write(opened, laid(matches))
    return url


def test_only_what_was_received_and_is_not_confirmed_as_paid_is_owed(tmp_path: Path):
    with reading(warehouse(tmp_path, *RING, *BESIDE)) as connection:
        found = unpaid(connection)
    assert [(m.match_id[-1], m.state, m.received_micro // 10**6) for m in found] == [
        ("2", "received", 50),
        ("3", "short", 30),
        ("4", "claimed", 50),
    ]


def test_what_a_recipe_made_is_owed_in_what_was_given_for_it(tmp_path: Path):
    made = matched(
        2, COOP, OTHER, "received", tier=2, quantity="4000", to_quantity="1000",
        shipped_quantity="4000", received_quantity="1000", price=1_000, buyer_price=4_900,
    )  # fmt: skip
    found = lumbung("clearing", "--json", "--warehouse", warehouse(tmp_path, made)).json()
    assert [debt["owed"] for debt in found["matches"]] == [4_000_000]


def test_the_door_clears_a_ring_and_leaves_every_byte_of_the_warehouse(tmp_path: Path):
    url = warehouse(tmp_path, *RING, *BESIDE)
    before = (tmp_path / "warehouse.db").read_bytes()
    found = lumbung("clearing", "--json", "--data", tmp_path).json()
    assert (found["total"], found["of"]) == (9_000_000, 12_000_000)
    assert (found["certified"], found["gap"]) == (True, 0)
    assert [(debt["cleared"], debt["left"]) for debt in found["matches"]] == [
        (3_000_000, 2_000_000),
        (3_000_000, 0),
        (3_000_000, 1_000_000),
    ]
    told = lumbung("clearing", "--warehouse", url)
    assert told.code == 0
    assert "Rp 9,000,000 of Rp 12,000,000 need not be paid (proven the most, gap 0)" in told.out
    assert "Lumbung tidak memindahkan uang" in told.out
    assert "tanyakan dulu" in told.out
    assert "3 matches" in told.err
    assert (tmp_path / "warehouse.db").read_bytes() == before


def test_where_nothing_clears_the_door_says_so(tmp_path: Path):
    (tmp_path / "none").mkdir()
    none = lumbung("clearing", "--warehouse", warehouse(tmp_path / "none"))
    assert (none.code, "Nothing is owed" in none.out) == (0, True)
    (tmp_path / "line").mkdir()
    line = lumbung("clearing", "--warehouse", warehouse(tmp_path / "line", *RING[:2]))
    assert (line.code, "no ring lies in these debts" in line.out) == (0, True)
    assert lumbung("clearing", "--data", tmp_path / "nowhere").code == 4
