"""Anybody can ask why: of matches, orders and goods in a warehouse, which stays as it is."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli_why import why
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.door import Answer, lumbung
from tests.support.warehouses import fresh

FAR, FAR_HUB = "19.01.01.2001", "19.01"
PEPPER, ORDER = f"{COOP}|LADA-PUTIH|A|", f"{OTHER}|PO-17"
FISH = f"{COOP}|IKAN-TONGKOL|A|"
DAY = "2026-11-22"
DAY_NUMBER = 20_779
TWO_DAYS = DAY_NUMBER + 2
LATER = 20_900


def warehouse(folder: Path, *records: bytes) -> str:
    folder.mkdir(exist_ok=True)
    url = fresh(folder)
    with open_warehouse(url) as opened:
        write(opened, laid(records))
    return url


def stock(*positions: Any) -> bytes:
    return derived.ledger(0, positions=list(positions))


def wanted(*orders: Any) -> bytes:
    return derived.ledger(1, coop=OTHER, orders=list(orders))


def far(*orders: Any) -> bytes:
    return derived.ledger(2, coop=FAR, hub=FAR_HUB, orders=list(orders))


def pepper(**other: Any) -> Any:
    return derived.position(1, floor_price=100_000, **other)


def fish(**other: Any) -> Any:
    fields: dict[str, Any] = {
        "commodity": "IKAN-TONGKOL",
        "floor_price": 10_000,
        "expires_day": TWO_DAYS,
    }
    return derived.position(1, **fields | other)


def fish_order(**other: Any) -> Any:
    fields: dict[str, Any] = {
        "order_id": f"{FAR}|PO-17",
        "commodity": "IKAN-TONGKOL",
        "ceiling_price": 60_000,
        "needed_day": LATER,
    }
    return derived.order(2, **fields | other)


WHY = typer.Typer()
WHY.command()(why)


def ask(url: str, *words: str, day: str = DAY) -> Answer:
    """The verb inside this process: one reads the shipped network once."""
    done = CliRunner().invoke(WHY, [*words, "--warehouse", url, "--now", day])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Answer(done.exit_code, done.stdout, done.stderr)


def line(url: str, name: str, *words: str) -> dict[str, Any]:
    (found,) = ask(url, name, "-o", "json", *words).json()["lines"]
    return dict(found)


def reason(found: dict[str, Any], where: str) -> dict[str, Any]:
    return next(dict(each) for each in found["reasons"] if each["where"] == where)


def test_fish_of_two_days_and_a_ship_that_comes_in_three_is_told_with_that_reason(tmp_path: Path):
    url = warehouse(tmp_path, stock(fish()), far(fish_order()))
    before = (tmp_path / "warehouse.db").read_bytes()
    found = line(url, FISH)
    assert (found["state"], found["left"]) == ("unmatched", "120")
    assert reason(found, "hub")["reason"] == "no_need"
    ship = reason(found, "between")
    assert (ship["reason"], ship["partner"]) == ("sailing", f"{FAR}|PO-17")
    assert ship["figures"]["arrives_day"] == DAY_NUMBER + 3
    assert "the goods live 2 days" in ship["miss"]["en"]
    told = ask(url, FISH).out
    assert "Kapal tiba 3 hari lagi, padahal barang hanya tahan 2 hari" in told
    assert "The ship arrives in 3 days" in ask(url, f"{FAR}|PO-17", "--lang", "en").out
    assert (tmp_path / "warehouse.db").read_bytes() == before


def test_a_lot_too_small_and_a_grade_too_low_are_told_with_their_distance(tmp_path: Path):
    lot = warehouse(tmp_path / "lot", stock(pepper(min_lot="170")), wanted(derived.order(2)))
    small = reason(line(lot, ORDER), "hub")
    assert (small["reason"], small["partner"]) == ("min_lot", PEPPER)
    assert small["miss"]["en"] == "Too small by 120 kilogram."
    grade = warehouse(
        tmp_path / "grade", stock(pepper(grade="B")), wanted(derived.order(2, grade="A"))
    )
    assert reason(line(grade, ORDER), "hub")["reason"] == "grade"
    assert "Mutu B tidak diterima" in ask(grade, ORDER).out


def test_who_is_not_cleared_for_both_sides_learns_no_figure_and_no_name_of_the_other(
    tmp_path: Path,
):
    url = warehouse(tmp_path, stock(pepper()), wanted(derived.order(2, ceiling_price=90_123)))
    exact = ask(url, ORDER).out
    assert "Rp 100.000" in exact
    assert COOP in exact
    assert ask(url, ORDER, "--role", "officer").out == exact
    own = ask(url, ORDER, "--role", "coop").out
    assert "Rp 90.123" in own
    assert "Rp 107.000 sampai Rp 160.000" in own
    assert "100.000" not in own
    assert COOP not in own
    over_sea = warehouse(
        tmp_path / "sea", stock(fish(expires_day=LATER)), far(fish_order(ceiling_price=9_123))
    )
    assert "9.123" in ask(over_sea, FISH).out
    officer = ask(over_sea, FISH, "--role", "officer").out
    assert "9.123" not in officer
    assert FAR not in officer
    assert "Rp 10.000" in officer


def test_what_is_matched_is_told_with_whom_and_what_is_left_is_told_why(tmp_path: Path):
    whole = warehouse(
        tmp_path / "whole", stock(pepper()), wanted(derived.order(2)),
        derived.match(5, held_quantity="50", to_quantity="50"),
    )  # fmt: skip
    found = line(whole, ORDER)
    assert (found["state"], found["left"], found["reasons"]) == ("matched", "0", [])
    assert [(m["match"], m["coop"]) for m in found["matched"]] == [("ABCDEFGHIJKLMNOP", COOP)]
    assert "Semuanya sudah cocok" in ask(whole, ORDER).out
    part = line(whole, PEPPER)
    assert (part["state"], part["left"]) == ("unmatched", "70")
    assert reason(part, "hub")["reason"] == "filled"
    assert reason(part, "between")["reason"] == "no_need"
    fresh_one = line(
        warehouse(tmp_path / "next", stock(pepper()), wanted(derived.order(2))), ORDER
    )
    assert fresh_one["state"] == "next_round"
    assert [(n["line"], n["quantity"]) for n in fresh_one["next"]] == [(PEPPER, "50")]


def test_a_pair_that_was_refused_a_short_while_ago_rests(tmp_path: Path):
    refused = derived.match(5, "rejected", held_quantity="0", steps=("proposed", "rejected"))
    url = warehouse(tmp_path, stock(pepper()), wanted(derived.order(2)), refused)
    (rests,) = ask(url, ORDER, "-o", "json", day="2026-11-18").json()["lines"]
    assert reason(rests, "hub")["reason"] == "held_back"
    (again,) = ask(url, ORDER, "-o", "json", day="2026-11-25").json()["lines"]
    assert again["state"] == "next_round"


@pytest.mark.parametrize(
    ("asked", "words"), [("unanswered", "has not said"), ("count_wanted", "Count it and say so")]
)
def test_goods_whose_owner_never_said_that_they_are_there_rest_and_serve_nobody(
    tmp_path: Path, asked: str, words: str
):
    silent = derived.why_not(5, [PEPPER], kind="offer", coop=COOP, reason=asked)
    url = warehouse(tmp_path, stock(pepper()), wanted(derived.order(2)), silent)
    found = line(url, PEPPER)
    assert (found["state"], found["left"]) == ("unmatched", "120")
    assert [each["reason"] for each in found["reasons"]] == [asked]
    assert words in ask(url, PEPPER, "--lang", "en").out
    assert words in ask(url, PEPPER, "--lang", "en", "--role", "coop").out
    assert {each["reason"] for each in line(url, ORDER)["reasons"]} == {"no_offer"}


def test_goods_that_are_not_traded_freely_say_why_they_never_enter(tmp_path: Path):
    never = ("BIJIH-TIMAH", "LPG-3KG", "OBAT-AMOKSISILIN")
    held = [derived.position(1, commodity=code, grade="UNGRADED") for code in never]
    url = warehouse(tmp_path, stock(*held))
    for code in never:
        found = line(url, f"{COOP}|{code}|UNGRADED|")
        assert (found["state"], found["left"]) == ("barred", "120")
        assert [each["reason"] for each in found["reasons"]] == ["trade"]
    rows = ask(url, "--all", "-o", "json").json()
    assert {(row["commodity"], row["in_hub"], row["between"]) for row in rows} == {
        (code, "trade", "trade") for code in never
    }


def test_a_match_tells_why_this_one_and_to_a_party_not_what_lies_between(tmp_path: Path):
    url = warehouse(tmp_path, stock(pepper()), wanted(derived.order(2)), derived.match(5))
    assert "paling dekat" in ask(url, "ABCDEFGHIJKLMNOP").out
    (whole,) = ask(url, "ABCDEFGHIJKLMNOP", "-o", "json").json()["matches"]
    assert whole["surplus"] == 500_000
    (party,) = ask(url, "ABCDEFGHIJKLMNOP", "-o", "json", "--role", "coop").json()["matches"]
    assert party["surplus"] is None
    assert "the seller nets Rp100000" in party["why_en"]
    assert "500000" not in str(party)


def test_all_that_waits_is_told_line_by_line_and_every_family_is_solved_once(tmp_path: Path):
    url = warehouse(
        tmp_path,
        stock(pepper(), fish(), derived.position(1, commodity="KOPRA")),
        wanted(derived.order(2, ceiling_price=90_000)),
        far(fish_order()),
    )
    done = ask(url, "--all", "-o", "csv")
    assert done.err.splitlines() == ["IKAN-TONGKOL: 2", "KELAPA: 1", "LADA-BASAH: 2"]
    rows = {row["line"]: row for row in csv.DictReader(io.StringIO(done.out))}
    assert set(rows) == {PEPPER, ORDER, FISH, f"{FAR}|PO-17", f"{COOP}|KOPRA|A|"}
    assert (rows[PEPPER]["in_hub"], rows[PEPPER]["between"]) == ("price", "no_need")
    assert rows[FISH]["between"] == "sailing"
    assert rows[f"{COOP}|KOPRA|A|"]["between"] == "no_need"
    for row in rows.values():
        assert row["in_hub_why"] != row["in_hub_why_en"] != ""
    one = ask(url, "--all", "--hub", FAR_HUB, "--commodity", "IKAN-TONGKOL", "-o", "ndjson")
    assert (one.out.count("\n"), one.err.splitlines()) == (1, ["IKAN-TONGKOL: 1"])


def test_a_name_that_nothing_has_ends_with_five_and_what_to_do(tmp_path: Path):
    url = warehouse(tmp_path, stock(pepper()))
    for words, remedy in (
        (("PO-99",), "lumbung get"),
        (("--all", "--hub", "99.99"), "lumbung get hubs"),
        (("--all", "--commodity", "PERMATA"), "lumbung get supply"),
    ):
        done = ask(url, *words)
        assert (done.code, done.out) == (5, "")
        assert remedy in done.err
    door = lumbung("why", "PO-99", "--warehouse", url)
    assert (door.code, door.out, "lumbung get" in door.err) == (5, "", True)
    assert ask(url).code == 2
    assert ask(url, "PO-99", "--all").code == 2
    assert ask(url, "PO-99", "-o", "csv").code == 2
    assert ask(url, "PO-99", "--hub", "19.02").code == 2
