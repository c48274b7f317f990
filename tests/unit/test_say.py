from datetime import date

import pytest

from producers.compose import Composed, Composer
from producers.goods import Goods
from producers.say import OPTIONS, order_named_by, say, say_text
from schemas import reference
from schemas.events import Cancelled, Counted, Issued, Placed, Planned, Received

COOP = "19.02.01.1005"
SAID_MS = 1_795_305_600_123


@pytest.fixture(scope="module")
def composer():
    return Composer(Goods(reference.catalogue(), reference.units()))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("STOK LADA-PUTIH 120KG", Counted(commodity="LADA-PUTIH", quantity="120", unit="KG")),
        ("stok lada putih 1.500 kg", Counted(commodity="LADA-PUTIH", quantity="1500", unit="KG")),
        (
            "STOK LADA-PUTIH 120 KG MUTU A LOT nov-1 HARGA 110.000 EXP 2027-05-01",
            Counted(
                commodity="LADA-PUTIH",
                quantity="120",
                unit="KG",
                grade="A",
                lot="NOV-1",
                floor_price="110000",
                expires_on=date(2027, 5, 1),
            ),
        ),
        (
            "MASUK IKAN-TENGGIRI 0,5 TON KET tangkapan malam",
            Received(
                commodity="IKAN-TENGGIRI", quantity="0.5", unit="TON", reason="tangkapan malam"
            ),
        ),
        ("KELUAR TELUR 30 BUTIR", Issued(commodity="TELUR", quantity="30", unit="BUTIR")),
        (
            "RENCANA BERAS-MED 3 TON SIAP 10 Mar 2027",
            Planned(commodity="BERAS-MED", quantity="3", unit="TON", ready_on=date(2027, 3, 10)),
        ),
        (
            "PESAN BERAS MEDIUM 2 TON MAKS 14000 SEBELUM 2026-12-01 NO PO-17 PRIORITAS pokok",
            Placed(
                order="PO-17",
                commodity="BERAS-MED",
                quantity="2",
                unit="TON",
                ceiling_price="14000",
                needed_by=date(2026, 12, 1),
                priority="staple",
            ),
        ),
        ("BATAL PO-16 ALASAN salah ketik", Cancelled(order="PO-16", reason="salah ketik")),
        ("BATAL PO-16", Cancelled(order="PO-16")),
    ],
)
def test_a_text_message_becomes_its_line(composer, text, line):
    found = say_text(text, coop=COOP, said_ms=SAID_MS, composer=composer)
    assert isinstance(found, Composed)
    assert found.line == line


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("HALO", "kind"),
        ("", "kind"),
        ("STOK " + "X" * 500, "kind"),
        ("STOK LADA-PUTIH", "quantity"),
        ("STOK 120KG", "quantity"),
        ("STOK LADA 120KG", "commodity"),
        ("STOK LADA-PUTIH 1.5 KG", "quantity"),
        ("STOK LADA-PUTIH 12 EMBER", "unit"),
        ("STOK LADA-PUTIH 12 KG MUTU Z", "grade"),
        ("STOK LADA-PUTIH 12 KG ANEH", ""),
        ("STOK LADA-PUTIH 12 KG HARGA 10,5", "floor_price"),
        ("STOK LADA-PUTIH 12 KG MAKS 9", "ceiling_price"),
        ("MASUK LADA-PUTIH 0 KG", "quantity"),
        ("RENCANA BERAS-MED 3 TON", "ready_on"),
        ("BATAL", "kind"),
    ],
)
def test_a_text_message_that_is_not_clear_names_the_fault(composer, text, field):
    found = say_text(text, coop=COOP, said_ms=SAID_MS, composer=composer)
    assert isinstance(found, list)
    assert [fault.field for fault in found] == [field]
    assert all(fault.said_id and fault.said_en for fault in found)


def test_all_faults_of_a_message_are_told_at_once(composer):
    found = say_text("MASUK LADA 1,500 KG", coop=COOP, said_ms=SAID_MS, composer=composer)
    assert isinstance(found, list)
    assert [fault.field for fault in found] == ["commodity", "quantity"]


def test_an_order_without_a_number_is_named_by_its_moment(composer):
    found = say(
        "order",
        {"commodity": "beras medium", "amount": "2ton"},
        coop=COOP,
        said_ms=SAID_MS,
        composer=composer,
    )
    assert isinstance(found, Composed)
    assert isinstance(found.line, Placed)
    assert found.line.order == order_named_by(COOP, SAID_MS) == "P20261122-070000-123"


def test_the_command_form_reads_english_numbers_when_told_to():
    english = Composer(Goods(reference.catalogue(), reference.units()), "en")
    found = say(
        "stock",
        {"commodity": "white pepper", "amount": "1,500.5 kg"},
        coop=COOP,
        said_ms=SAID_MS,
        composer=english,
    )
    assert isinstance(found, Composed)
    assert found.line == Counted(commodity="LADA-PUTIH", quantity="1500.5", unit="KG")
    assert found.read_back == "stock.counted 1,500.5 KG LADA-PUTIH"


def test_no_option_word_is_a_unit():
    units, codes = reference.units(), reference.catalogue().commodities
    names = {name for code in codes for name in units.names(code)}
    assert not names & OPTIONS.keys()
