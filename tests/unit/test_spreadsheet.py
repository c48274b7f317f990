from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import msgspec
import pytest

from producers.compose import Composer
from producers.fields import Cell
from producers.goods import Goods
from producers.outbox import Draft
from producers.spreadsheet import Rules, Sheet, read_sheet, summary
from schemas import reference
from schemas.identity import CoopId, partition_of
from schemas.judged import Judged
from schemas.validation import Judge

NOW_MS = 1_795_305_600_123
COOP, OTHER = "19.02.01.1005", "34.02.08.2005"
HEADER = ("koperasi", "komoditas", "jumlah", "satuan", "jenis", "pesanan")


@pytest.fixture(scope="module")
def rules():
    composer = Composer(Goods(reference.catalogue(), reference.units()))
    return Rules(composer, reference.register().is_coop, NOW_MS)


def sheet(
    *rows: Sequence[Cell], header: Sequence[Cell] = HEADER, digest: str = "1a2b3c4d"
) -> Sheet:
    return Sheet([header, *rows], digest)


def lines_of(draft: Draft) -> list[dict[str, str]]:
    lines: list[dict[str, str]] = msgspec.json.decode(draft.value)["data"]["lines"]
    return lines


def test_rows_become_one_report_for_each_co_op(rules):
    found = read_sheet(
        sheet(
            (COOP, "lada putih", "1.500", "kg", "", ""),
            (OTHER, "telur", "30", "butir", "keluar", ""),
            (COOP, "kelapa", "4.000", "butir", "hitung", ""),
        ),
        rules,
    )
    assert found.sound
    assert [draft.id for draft in found.drafts] == [
        f"{COOP}:imp-1a2b3c4d:1",
        f"{OTHER}:imp-1a2b3c4d:1",
    ]
    assert [line["quantity"] for line in lines_of(found.drafts[0])] == ["1500", "4000"]
    assert summary(found) == {"rows": 3, "sound": 3, "bad": 0, "reports": 2}


def test_the_judge_accepts_what_the_table_calls_sound(rules):
    found = read_sheet(
        sheet(
            (COOP, "lada putih", "1.500", "kg", "", ""),
            (COOP, "beras medium", "2", "ton", "pesan", "PO-17"),
            (COOP, "beras medium", "2", "ton", "pesan", ""),
            (COOP, "", "", "", "batal", "PO-16"),
        ),
        rules,
    )
    register = reference.register()
    judge = Judge(reference.catalogue(), reference.units(), register, 16)
    for draft in found.drafts:
        judged = judge.judge(
            draft.value,
            key=draft.coop.encode(),
            timestamp_ms=NOW_MS,
            partition=partition_of(register.hub_of(CoopId(draft.coop)), 16),
        )
        assert isinstance(judged, Judged)
        assert not judged.rejections
        assert len(judged.lines) == 4


def test_the_same_table_makes_the_same_reports(rules):
    rows = [(COOP, "telur", str(n), "kg", "masuk", "") for n in range(1, 30)]
    assert read_sheet(sheet(*rows), rules).drafts == read_sheet(sheet(*rows), rules).drafts


def test_two_hundred_and_one_rows_make_two_reports(rules):
    rows = [(COOP, "telur", str(n), "kg", "masuk", "") for n in range(1, 202)]
    drafts = read_sheet(sheet(*rows), rules).drafts
    assert [len(lines_of(draft)) for draft in drafts] == [200, 1]
    assert [draft.sequence for draft in drafts] == [1, 2]


def test_every_row_gets_its_own_verdict_with_its_number(rules):
    found = read_sheet(
        sheet(
            (COOP, "lada", "1,500", "kg", "", ""),
            (COOP, "telur", "12", "kg", "", ""),
            ("", "", "", "", "", ""),
            ("19.02", "telur", "12", "kg", "", ""),
            (COOP, "telur", "-3", "kg", "", ""),
            (COOP, "telur", "3", "kg", "lempar", ""),
        ),
        rules,
    )
    assert [(v.row, v.sound) for v in found.verdicts] == [
        (2, False),
        (3, True),
        (5, False),
        (6, False),
        (7, False),
    ]
    assert [[f.field for f in v.faults] for v in found.verdicts] == [
        ["commodity", "quantity"],
        [],
        ["coop"],
        ["quantity"],
        ["kind"],
    ]
    assert not found.sound
    assert len(found.drafts) == 1


@pytest.mark.parametrize("cell", ["=1+1", "+62812", "@x", "-1", "  =HYPERLINK(1)"])
def test_a_cell_that_looks_like_a_formula_is_refused(rules, cell):
    found = read_sheet(sheet((COOP, cell, "1", "kg", "", "")), rules)
    assert [fault.field for fault in found.verdicts[0].faults] == ["commodity"]
    assert "rumus" in found.verdicts[0].faults[0].said_id


def test_numbers_and_days_stored_by_a_workbook_need_no_locale(rules):
    header = ("komoditas", "jumlah", "satuan", "harga_minimal", "tanggal", "koperasi")
    row = ("LADA-PUTIH", Decimal("1.5"), "TON", 110_000, datetime(2026, 11, 22, 7), COOP)  # noqa: DTZ001 - as openpyxl gives it
    found = read_sheet(sheet(row, header=header), rules)
    assert found.sound
    event = msgspec.json.decode(found.drafts[0].value)
    assert event["time"] == "2026-11-22T07:00:00+07:00"
    assert event["data"]["lines"][0]["quantity"] == "1.5"
    assert event["data"]["lines"][0]["floor_price"] == "110000"


def test_english_headers_and_a_given_co_op_are_understood():
    composer = Composer(Goods(reference.catalogue(), reference.units()), "en")
    rules = Rules(composer, reference.register().is_coop, NOW_MS, locale="en", coop=COOP)
    found = read_sheet(
        sheet(("White pepper", "1,500", "KG"), header=("Commodity", "Quantity", "Unit")), rules
    )
    assert found.sound
    assert found.drafts[0].coop == COOP


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "kosong"),
        ([HEADER], "tidak ada baris"),
        ([("koperasi", "warna", "komoditas"), (COOP, "x", "telur")], "'warna' tidak dikenal"),
        ([("koperasi", "jumlah"), (COOP, "1")], "commodity tidak ada"),
        ([(*HEADER, "Jumlah"), (COOP, "telur", "1", "kg", "", "", "2")], "dua kali"),
    ],
)
def test_a_table_that_is_none_says_what_is_wrong_with_its_head(rules, rows, said):
    found = read_sheet(Sheet(rows, "00000000"), rules)
    assert not found.sound
    assert not found.drafts
    assert said in found.verdicts[0].faults[0].said_id


def test_an_unquoted_decimal_comma_is_seen_as_a_cell_too_many(rules):
    found = read_sheet(sheet((COOP, "telur", "0", "kg", "", "", "5")), rules)
    assert "desimal koma" in found.verdicts[0].faults[0].said_id


def test_orders_without_a_number_are_named_by_file_and_row(rules):
    found = read_sheet(sheet((COOP, "telur", "1", "kg", "pesan", "")), rules)
    assert lines_of(found.drafts[0])[0]["order"] == "IMP-1A2B3C4D-2"
