"""Opens a clerk's file: CSV or XLSX bytes to the cells of one table.

Decides encodings (UTF-8 and UTF-16, with or without their mark), the separator, and bounds on
size. Refuses to guess an encoding, to run a formula (the value stored beside it is read) and to
know what a cell means.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, time
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import openpyxl

from producers.columns import known_in
from producers.errors import SheetError
from producers.fields import Cell
from producers.spreadsheet import ROWS_MAX, Sheet

BYTES_MAX: Final = 20 * 1024 * 1024
UNPACKED_MAX: Final = 200 * 1024 * 1024
COLUMNS_MAX: Final = 64
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SEPARATORS: Final = ";,\t|"
_TOLD: Final = re.compile(r"sep=[;,|]", re.IGNORECASE)


def open_sheet(path: Path, *, locale: str = "id") -> Sheet:
    """Read a file into cells; SheetError when it is no table that can be read.

    The digest is of the bytes and the locale: the same file read in another locale says other
    things.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise SheetError(
            "LB-S001", f"{path.name} is neither .csv nor .xlsx", "Save the table as CSV or XLSX."
        )
    try:
        data = path.read_bytes()
    except OSError as failed:
        raise SheetError("LB-S002", f"{path} cannot be read ({failed.strerror})") from failed
    if len(data) > BYTES_MAX:
        raise SheetError("LB-S003", f"{path.name} is larger than {BYTES_MAX} bytes", "Split it.")
    rows = reader(path.name, data)
    return Sheet(rows, sha256(data + locale.encode()).hexdigest()[:8])


def _csv(name: str, data: bytes) -> Sequence[Sequence[Cell]]:
    text = _decoded(name, data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if _TOLD.fullmatch(first.strip()):
        # The line by which Excel tells the separator says nothing else; rows keep their numbers.
        best, text = first.strip()[-1], text.replace(first, "", 1)
    else:
        best = max(
            _SEPARATORS, key=lambda mark: known_in(next(csv.reader([first], delimiter=mark), []))
        )
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=best, strict=True))
    except csv.Error as broken:
        raise SheetError(
            "LB-S004", f"{name} is no CSV: {broken}", "Look at the quotes."
        ) from broken
    return found


def _decoded(name: str, data: bytes) -> str:
    encoding = next((which for mark, which in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as broken:
        raise SheetError(
            "LB-S005",
            f"{name} is not {encoding} (byte {broken.start})",
            "Save it as CSV UTF-8 (Simpan sebagai CSV UTF-8).",
        ) from broken
    if "\0" in text:
        raise SheetError("LB-S005", f"{name} holds NUL characters", "Save it as CSV UTF-8.")
    return text


def _xlsx(name: str, data: bytes) -> Sequence[Sequence[Cell]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        if unpacked > UNPACKED_MAX:
            raise SheetError("LB-S003", f"{name} unpacks to {unpacked} bytes", "Split it.")
        values, formulas = (_first_sheet(data, stored=stored) for stored in (True, False))
    except SheetError:
        raise
    except Exception as broken:  # openpyxl lets the errors of zip, XML and its own model through
        raise SheetError(
            "LB-S006",
            f"{name} is no readable workbook ({type(broken).__name__})",
            "Save it again.",
        ) from broken
    return [
        _trimmed([_cell(value, formula) for value, formula in zip(stored, written, strict=True)])
        for stored, written in zip(values, formulas, strict=True)
    ]


def _trimmed(row: list[Cell]) -> list[Cell]:
    """Drop the empty cells to the right of the last full one."""
    while row and row[-1] is None:
        row.pop()
    return row


def _first_sheet(data: bytes, *, stored: bool) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=stored)
    try:
        table = book.worksheets[0]
        return list(table.iter_rows(max_row=ROWS_MAX + 2, max_col=COLUMNS_MAX, values_only=True))
    finally:
        book.close()


def _cell(value: Any, written: Any) -> Cell:
    """A stored number becomes a decimal of the 15 digits a workbook shows, a time of day text."""
    if value is None and written is not None:
        return str(written)  # a formula nobody has worked out: its own text, refused as one
    if isinstance(value, float):
        return Decimal(f"{value:.15g}")
    if isinstance(value, bool | time):
        return str(value)
    if value is None or isinstance(value, str | int | date):
        return value
    return str(value)


_READERS: Final[dict[str, Callable[[str, bytes], Sequence[Sequence[Cell]]]]] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".xlsx": _xlsx,
    ".xlsm": _xlsx,
}
