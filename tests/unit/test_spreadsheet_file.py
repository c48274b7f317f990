from decimal import Decimal

import openpyxl
import pytest

from producers.errors import SheetError
from producers.spreadsheet_file import open_sheet

TEXT = 'koperasi;komoditas;jumlah\n19.02.01.1005;telur;"0,5"\n'
ROWS = [["koperasi", "komoditas", "jumlah"], ["19.02.01.1005", "telur", "0,5"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_csv_is_read_in_every_marked_encoding(tmp_path, encoding):
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    file = tmp_path / "a.csv"
    file.write_bytes(marks.get(encoding, b"") + TEXT.encode(encoding))
    assert open_sheet(file).rows == ROWS


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_found_by_the_header(tmp_path, separator):
    file = tmp_path / "a.csv"
    file.write_text(TEXT.replace(";", separator), encoding="utf-8")
    assert open_sheet(file).rows == ROWS


def test_the_line_by_which_excel_tells_the_separator_is_obeyed_and_keeps_row_numbers(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("sep=;\n" + TEXT, encoding="utf-8")
    assert open_sheet(file).rows == [[], *ROWS]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("koperasi;jumlah\nkopi caf\xe9;1".encode("latin-1"), "LB-S005"),
        ("koperasi;jumlah\n".encode("utf-16-le"), "LB-S005"),
        (b'koperasi;jumlah\n"open;1\n', "LB-S004"),
    ],
)
def test_a_csv_that_cannot_be_read_says_why(tmp_path, data, code):
    file = tmp_path / "a.csv"
    file.write_bytes(data)
    with pytest.raises(SheetError) as failed:
        open_sheet(file)
    assert failed.value.code == code
    assert failed.value.remedy


def test_a_workbook_gives_exact_numbers_and_unworked_formulas_as_text(tmp_path):
    book = openpyxl.Workbook()
    table = book.active
    table.append(["koperasi", "jumlah", "harga"])
    table.append(["19.02.01.1005", 0.1 + 0.2, 14000])
    table.append(["19.02.01.1005", "=B2*2", None])
    file = tmp_path / "a.xlsx"
    book.save(file)
    rows = open_sheet(file).rows
    assert rows[1] == ["19.02.01.1005", Decimal("0.3"), 14000]
    assert rows[2] == ["19.02.01.1005", "=B2*2"]


def test_a_broken_workbook_says_so(tmp_path):
    file = tmp_path / "a.xlsx"
    file.write_bytes(b"PK\x03\x04 no zip at all")
    with pytest.raises(SheetError) as failed:
        open_sheet(file)
    assert failed.value.code == "LB-S006"


def test_other_kinds_of_files_and_missing_ones_are_refused(tmp_path):
    with pytest.raises(SheetError):
        open_sheet(tmp_path / "a.pdf")
    with pytest.raises(SheetError) as failed:
        open_sheet(tmp_path / "none.csv")
    assert failed.value.code == "LB-S002"


def test_the_digest_names_the_content_and_the_locale(tmp_path):
    file, copy = tmp_path / "a.csv", tmp_path / "b.csv"
    file.write_text(TEXT, encoding="utf-8")
    copy.write_text(TEXT, encoding="utf-8")
    assert open_sheet(file).digest == open_sheet(copy).digest
    assert open_sheet(file).digest != open_sheet(file, locale="en").digest
    copy.write_text(TEXT + "\n", encoding="utf-8")
    assert open_sheet(file).digest != open_sheet(copy).digest
