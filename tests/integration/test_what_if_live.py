"""What a change would do to what is open in a warehouse; the warehouse stays as it is."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.cli_what_if import compared
from deploy.live_problem import live_problems
from schemas.changes import parse_changes
from schemas.problem import ProblemError
from sinks.engines import reading
from sinks.queries.open_lines import OpenLines, open_lines
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.door import lumbung
from tests.support.warehouses import fresh

OFFER, NEED = f"{COOP}|LADA-PUTIH|A|", f"{OTHER}|PO-17"
DAY = datetime(2026, 11, 22, tzinfo=UTC)
STORY = [
    derived.ledger(
        0,
        positions=[
            derived.position(1, floor_price=100_000, keep="20"),
            derived.position(1, commodity="BIJIH-TIMAH", grade="UNGRADED"),
        ],
    ),
    derived.ledger(1, coop=OTHER, orders=[derived.order(2)]),
]


def warehouse(folder: Path, *more: bytes) -> str:
    url = fresh(folder)
    with open_warehouse(url) as opened:
        write(opened, laid([*STORY, *more]))
    return url


def lines(folder: Path, *more: bytes) -> OpenLines:
    with reading(warehouse(folder, *more)) as connection:
        return open_lines(connection, DAY.date())


def amounts(found: OpenLines) -> dict[str, float]:
    free = {row["offer"]: row["open"] for row in found.offers if row["commodity"] != "BIJIH-TIMAH"}
    return free | {row["order_id"]: row["open"] for row in found.needs}


def halved(folder: Path, *changes: dict[str, Any]) -> dict[str, Any]:
    return compared(lines(folder), parse_changes(json.dumps(changes).encode()), DAY)


def test_what_is_only_proposed_is_open_and_what_is_promised_is_not(tmp_path: Path):
    assert amounts(lines(tmp_path)) == {OFFER: 100, NEED: 50}
    (tmp_path / "b").mkdir()
    proposed = derived.match(5, held_quantity="30", quantity="30", to_quantity="30")
    assert amounts(lines(tmp_path / "b", proposed)) == {OFFER: 100, NEED: 50}
    (tmp_path / "c").mkdir()
    accepted = derived.match(
        5, "accepted", held_quantity="30", quantity="30", to_quantity="30", steps=("accepted",)
    )
    assert amounts(lines(tmp_path / "c", accepted)) == {OFFER: 70, NEED: 20}


def test_live_state_becomes_a_problem_of_each_family_without_goods_that_are_not_free(
    tmp_path: Path,
):
    ((family, problem),) = live_problems(lines(tmp_path), DAY.date())
    assert family == "LADA-BASAH"
    assert [(offer.line, offer.quantity) for offer in problem.offers] == [(OFFER, "100")]
    assert [(need.line, need.ceiling_price) for need in problem.needs] == [(NEED, 110_000)]


def test_half_an_order_is_worth_half_and_a_change_that_fits_nothing_is_an_error(tmp_path: Path):
    found = halved(tmp_path, {"change": "quantity", "of": "needs", "line": NEED, "percent": 50})
    (family,) = found["families"]
    assert family["before"] == 2 * family["after"] > 0
    assert family["certified"]
    (change,) = family["difference"]["changed"]
    assert (change["before"]["quantity"], change["after"]["quantity"]) == ("50", "25")
    (tmp_path / "again").mkdir()
    with pytest.raises(ProblemError, match="fits nothing that is open"):
        halved(tmp_path / "again", {"change": "quantity", "line": "PO-99", "percent": 50})


def test_the_door_tells_the_difference_and_leaves_every_byte_of_the_warehouse(tmp_path: Path):
    url = warehouse(tmp_path)
    before = (tmp_path / "warehouse.db").read_bytes()
    changes = tmp_path / "changes.json"
    changes.write_text(json.dumps([{"change": "later", "line": OFFER, "weeks": 2}]), "utf-8")
    words = ("what-if", changes, "--warehouse", url, "--now", "2026-11-22")
    (family,) = lumbung(*words).json()["families"]
    (change,) = family["difference"]["changed"]
    assert change["after"]["days"] - change["before"]["days"] == 14
    assert (tmp_path / "warehouse.db").read_bytes() == before
    changes.write_text('[{"change": "weather"}]', "utf-8")
    wrong = lumbung(*words)
    assert wrong.code == 2
    assert "$[0].change" in wrong.err


def test_a_problem_file_is_answered_as_it_is_and_as_it_would_be(tmp_path: Path):
    goods = {"commodity": "LADA-PUTIH", "quantity": 100}
    problem = {
        "offers": [{"line": "o", "coop": COOP, "floor_price": 100_000, **goods}],
        "needs": [{"line": "n", "coop": OTHER, "ceiling_price": 110_000, **goods}],
    }
    (tmp_path / "problem.json").write_text(json.dumps(problem), "utf-8")
    changes = tmp_path / "changes.json"
    changes.write_text('[{"change": "quantity", "line": "o", "percent": 50}]', "utf-8")
    words = ("match", tmp_path / "problem.json", "--what-if", changes)
    found = lumbung(*words).json()
    assert found["difference"]["objective"] == -50 * 10_000
    assert found["before"] == lumbung("match", tmp_path / "problem.json").json()
    changes.write_text('[{"change": "quantity", "line": "x", "percent": 50}]', "utf-8")
    wrong = lumbung(*words)
    assert (wrong.code, "changes.json: $[0]" in wrong.err) == (2, True)
    changes.unlink()
    assert lumbung(*words).code == 2


def on_contract(offset: int, tag: str, until: str, **more: Any) -> bytes:
    """What the hub says it supplies, with the lot that it counts."""
    hub = COOP[:5]
    body = {"actor": hub, "device": "mitra", "sequence": offset, "contract": tag, "site": COOP}
    body |= {"direction": "supply", "commodity": "LADA-PUTIH", "grade": "A", "quantity": "120"}
    body |= {"unit": "KG", "since": "2026-11-01", "until": until, **more}
    lot = derived.position(offset + 1, lot=tag, floor_price=100_000)
    return derived.ledger(
        offset,
        coop=hub,
        device="mitra",
        event_id=f"{hub}:mitra:{offset}",
        event_type="lumbung.contract.v1",
        body=body,
        positions=[lot],
    )


def test_a_contract_is_open_on_its_days_alone_and_a_hub_has_nothing_else(tmp_path: Path):
    brought = derived.ledger(9, coop=COOP[:5], positions=[derived.position(10, lot="")])
    said = (
        on_contract(5, "BULOG-1", "2026-12-31"),
        on_contract(6, "BULOG-2", "2026-11-21"),
        on_contract(7, "BULOG-3", "2026-12-31", permits=["NIB"]),
        brought,
    )
    found = amounts(lines(tmp_path, *said))
    opened = {f"{COOP[:5]}|LADA-PUTIH|A|BULOG-{n}" for n in (1, 3)}
    assert found.keys() == {OFFER, NEED, *opened}


def test_a_contract_and_its_partners_are_told_with_their_permits(tmp_path: Path):
    bound = on_contract(5, "BULOG-3", "2026-12-31", permits=["NIB 12"])
    more: dict[str, Any] = {"event_type": "lumbung.profile.v1", "device": "kantor"}
    profiles = [
        derived.ledger(n, coop=OTHER, occurred_ms=n, body=said(OTHER, n, permits=permits), **more)
        for n, permits in ((7, ["nib 12 "]), (6, []))
    ]
    found = lines(tmp_path, bound, *profiles)
    rows = {row["offer"]: row for row in found.offers} | {r["order_id"]: r for r in found.needs}
    partners = f"{COOP[:5]}|LADA-PUTIH|A|BULOG-3"
    assert rows[partners]["asks"] == ["NIB 12"]
    assert rows[NEED]["holds"] == ["nib 12 "]
    assert "holds" not in rows[OFFER]
    ((_, posed),) = live_problems(found, DAY.date())
    assert {o.line: o.asks for o in posed.offers} == {OFFER: [], partners: ["NIB 12"]}
    assert [n.holds for n in posed.needs] == [["nib 12 "]]


def said(coop: str, sequence: int, **more: Any) -> dict[str, Any]:
    return {"coop": coop, "device": "kantor", "sequence": sequence, **more}
