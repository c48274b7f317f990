"""A table of rows to reports: a verdict for every row, and drafts that an import repeats exactly.

Decides which row says what, what is wrong with each, and how rows become reports (one co-op and
one moment each, at most 200 lines). Refuses to open files (`spreadsheet_file` does) and to send.

Theory of operation. A file imported twice must change nothing. So the device is named by the
file's own digest (``imp-1a2b3c4d``), sequences count its reports from 1, and orders without a
number are named by digest and row: the second import makes the same ids, which the outbox holds
and the hub has counted. A corrected file is another file, whose movements would count again; so
the caller sends the drafts only when `Import.sound`, or when a person who knows this insists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from producers.columns import NEEDED, field_of
from producers.compose import Composed, Composer, Fault
from producers.dates import read_moment
from producers.fields import Cell
from producers.numerals import Locale, Unclear
from producers.outbox import Draft
from producers.speech import portions, report_value, zone_of
from schemas.events import Line

ROWS_MAX: Final = 100_000
_FORMULA_MARKS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's cells, its header among them; `digest` is 8 hex digits of the file's bytes."""

    rows: Sequence[Sequence[Cell]]
    digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row, numbered as a person sees it in the file (the first row is 1)."""

    row: int
    coop: str
    composed: Composed | None
    faults: tuple[Fault, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the row says something that can be sent."""
        return self.composed is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """How to read a table: `coop` and `now_ms` stand in for what a row does not say."""

    composer: Composer
    is_coop: Callable[[str], bool]
    now_ms: int
    locale: Locale = "id"
    coop: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """Verdicts in the order of the rows, and the reports of the sound ones."""

    verdicts: tuple[Verdict, ...]
    drafts: tuple[Draft, ...]

    @property
    def sound(self) -> bool:
        """Whether every row can be sent; then and only then a whole import may leave."""
        return bool(self.verdicts) and all(verdict.sound for verdict in self.verdicts)


def read_sheet(sheet: Sheet, rules: Rules) -> Import:
    """Judge every row below the header and pack the sound ones into drafts (sequences from 1)."""
    table = [(n, row) for n, row in enumerate(sheet.rows, 1) if any(_said(cell) for cell in row)]
    if not table:
        return Import((_bad(1, Fault("", "tabel kosong", "the table is empty")),), ())
    (top, header), body = table[0], table[1:]
    fields = [field_of(cell) for cell in header]
    wrong = _header_faults(header, fields, body)
    if wrong:
        return Import((_bad(top, *wrong),), ())
    judged = [_judge(n, row, fields, sheet.digest, rules) for n, row in body]
    verdicts = tuple(verdict for verdict, _ in judged)
    return Import(verdicts, tuple(_drafts(judged, sheet.digest)))


def _header_faults(
    header: Sequence[Cell], fields: Sequence[str | None], body: Sequence[object]
) -> list[Fault]:
    faults = [
        Fault(
            str(cell), f"kolom {str(cell)!r} tidak dikenal", f"column {str(cell)!r} is not known"
        )
        for cell, field in zip(header, fields, strict=True)
        if field is None and _said(cell)
    ]
    named = [field for field in fields if field is not None]
    faults += [
        Fault(field, "kolom ini ada dua kali", "this column is there twice")
        for field in sorted({field for field in named if named.count(field) > 1})
    ]
    # Without goods a table can only cancel orders.
    faults += [
        Fault(field, f"kolom {field} tidak ada", f"column {field} is missing")
        for field in NEEDED
        if field not in named and "order" not in named
    ]
    if len(body) > ROWS_MAX:
        faults.append(Fault("", f"lebih dari {ROWS_MAX} baris", f"more than {ROWS_MAX} rows"))
    elif not body:
        faults.append(Fault("", "tidak ada baris data", "there is no row of data"))
    return faults


def _judge(
    n: int, row: Sequence[Cell], fields: Sequence[str | None], digest: str, rules: Rules
) -> tuple[Verdict, int]:
    """Give the row's verdict and its moment."""
    said, faults = _cells(row, fields)
    coop = str(said.pop("coop", "") or rules.coop).strip()
    if not rules.is_coop(coop):
        faults.append(_unknown_coop(coop))
    moment = _moment(said.pop("time", None), coop, rules)
    if isinstance(moment, Unclear):
        faults.append(Fault("time", moment.said_id, moment.said_en))
    if not said.get("order") and str(said.get("kind", "")).strip().lower() in _ORDERS:
        said["order"] = f"IMP-{digest.upper()}-{n}"
    composed = rules.composer.compose(said)
    if isinstance(composed, list):
        told = {fault.field for fault in faults}
        faults += [fault for fault in composed if fault.field not in told]
    if faults or isinstance(composed, list) or isinstance(moment, Unclear):
        return Verdict(n, coop, None, tuple(faults)), 0
    return Verdict(n, coop, composed), moment


_ORDERS: Final = frozenset({"pesan", "pesanan", "order", "order.placed"})


def _cells(
    row: Sequence[Cell], fields: Sequence[str | None]
) -> tuple[dict[str, Cell], list[Fault]]:
    said: dict[str, Cell] = {}
    faults: list[Fault] = []
    for at, cell in enumerate(row):
        if not _said(cell):
            continue
        field = fields[at] if at < len(fields) else None
        if field is None:
            faults.append(
                Fault(
                    "",
                    f"isi {str(cell)[:40]!r} di luar kolom; desimal koma perlu tanda kutip",
                    f"{str(cell)[:40]!r} is outside the columns; quote decimal commas",
                )
            )
        elif isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA_MARKS):
            faults.append(
                Fault(
                    field,
                    f"{cell[:40]!r} tampak seperti rumus; tulis nilainya",
                    f"{cell[:40]!r} looks like a formula; write its value",
                )
            )
        else:
            said[field] = cell
    return said, faults


def _moment(cell: Cell, coop: str, rules: Rules) -> int | Unclear:
    if cell is None:
        return rules.now_ms
    if isinstance(cell, str | date):
        return read_moment(cell, rules.locale, zone_of(coop))
    return Unclear(f"{cell} bukan tanggal", f"{cell} is not a date")


def _unknown_coop(coop: str) -> Fault:
    if not coop:
        return Fault("coop", "kode koperasi belum diisi", "the co-op's code is missing")
    return Fault(
        "coop",
        f"koperasi {coop!r} tidak ada; contoh kode 19.02.01.1005 (jangan disimpan sebagai angka)",
        f"there is no co-op {coop!r}; a code looks like 19.02.01.1005 (never stored as a number)",
    )


def _bad(row: int, *faults: Fault) -> Verdict:
    return Verdict(row, "", None, faults)


def _said(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _drafts(judged: Sequence[tuple[Verdict, int]], digest: str) -> Iterator[Draft]:
    """Group lines by co-op and moment, in the order of the rows; each co-op counts from 1."""
    groups: dict[tuple[str, int], list[Line]] = {}
    for verdict, moment in judged:
        if verdict.composed is not None:
            groups.setdefault((verdict.coop, moment), []).append(verdict.composed.line)
    device = f"imp-{digest}"
    last: dict[str, int] = {}
    for (coop, moment), lines in groups.items():
        for portion in portions(lines):
            sequence = last[coop] = last.get(coop, 0) + 1
            yield Draft(
                coop, device, sequence, report_value(coop, device, sequence, portion, moment)
            )


def summary(found: Import) -> Mapping[str, int]:
    """Count rows: all, sound, bad; and the reports they make."""
    sound = sum(verdict.sound for verdict in found.verdicts)
    return {
        "rows": len(found.verdicts),
        "sound": sound,
        "bad": len(found.verdicts) - sound,
        "reports": len(found.drafts),
    }
