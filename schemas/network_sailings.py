"""What sails: the calendar of ferries, boats and ships, a file that an operator edits.

Decides whether an edited file is sound, and says of each fault the line, the field and what to do,
all of them at once. Refuses to know what a way costs in the end and which is best: what is not in
this file does not sail, and where nothing sails nothing is matched.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, cast

from schemas.datafile import DataError
from schemas.network_calendar import Calendar, parse_calendar
from schemas.quantity import MICRO, parse_quantity

Vessel = Literal["ferry", "boat", "sea"]
Basis = Literal["estimated", "observed"]

COLUMNS: Final = (
    *("route", "mode", "from", "to", "departs", "days"),
    *("capacity_tonnes", "tariff_idr_per_tonne", "basis"),
)
"""Columns that must be there, in any order; others are remarks."""
SAILINGS_MAX: Final = 5_000
BYTES_MAX: Final = 2_000_000
DAYS_MAX: Final = 60
CAPACITY_TONNES_MAX: Final = 100_000
TARIFF_IDR_MAX: Final = 50_000_000
ROUTE_MAX: Final = 32

_MINUTES_A_DAY: Final = 24 * 60
_KG_PER_TONNE: Final = 1000


class Sailing(NamedTuple):
    """One crossing that somebody offers; the tariff is without loading and unloading."""

    route: str
    mode: Vessel
    origin: str
    target: str
    calendar: Calendar
    minutes: int
    capacity_kg: int
    tariff_idr: int
    basis: Basis


class Trouble(NamedTuple):
    """One fault of an edited file; line 1 is the header, line 0 the whole file."""

    line: int
    field: str
    found: str
    advice_id: str
    advice_en: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        return f"{where}, {self.field}: {self.found!r}; {self.advice_en} / {self.advice_id}"


@dataclass(frozen=True, slots=True)
class _Column:
    read: Callable[[str], object]
    advice_id: str
    advice_en: str


def read_sailings(
    data: bytes, knows: Callable[[str], bool]
) -> tuple[tuple[Sailing, ...], tuple[Trouble, ...]]:
    """Read a calendar; with any trouble there are no sailings.

    `knows` says whether a code is that of a port or a hub. Columns may be parted by `,` or `;`;
    lines that begin with `#` are remarks.
    """
    found: list[Sailing] = []
    troubles: list[Trouble] = []
    seen: dict[tuple[object, ...], int] = {}
    for read in _read(data, knows):
        if isinstance(read, Trouble):
            troubles.append(read)
            continue
        line, sailing = read
        key = (sailing.route, sailing.origin, sailing.target, sailing.calendar)
        first = seen.setdefault(key, line)
        if first != line:
            troubles.append(
                Trouble(
                    line,
                    "route",
                    sailing.route,
                    f"sama dengan baris {first}: hapus salah satu",
                    f"the same as line {first}: delete one of them",
                )
            )
        found.append(sailing)
    return (() if troubles else tuple(found)), tuple(troubles)


def shipped_sailings(data: bytes, knows: Callable[[str], bool]) -> tuple[Sailing, ...]:
    """Read the shipped calendar; DataError naming the first fault when it is broken."""
    found, troubles = read_sailings(data, knows)
    if troubles:
        raise DataError(f"sailings.csv, {troubles[0]}")
    return found


def _read(data: bytes, knows: Callable[[str], bool]) -> Iterator[tuple[int, Sailing] | Trouble]:
    text = _text(data)
    if isinstance(text, Trouble):
        yield text
        return
    lines = [(at, row.rstrip("\r")) for at, row in enumerate(text.split("\n"), 1) if row.strip()]
    lines = [(at, row) for at, row in lines if not row.startswith(("#", '"#'))]
    if not lines or len(lines) > SAILINGS_MAX + 1:
        advice = f"1 sampai {SAILINGS_MAX} pelayaran", f"give 1 to {SAILINGS_MAX} sailings"
        yield Trouble(0, "rows", str(max(0, len(lines) - 1)), *advice)
        return
    (head, header), *rest = lines
    parting = ";" if header.count(";") > header.count(",") else ","
    names = [name.lower() for name in _cells(header, parting)]
    if absent := [name for name in COLUMNS if names.count(name) != 1]:
        for name in absent:
            advice = f"tulis kolom {name} tepat sekali", f"write the column {name} exactly once"
            yield Trouble(head, name, header[:80], *advice)
        return
    for at, row in rest:
        fields = _cells(row, parting)
        if len(fields) != len(names):
            advice = f"harus {len(names)} kolom", f"it must have {len(names)} columns"
            yield Trouble(at, "row", f"{len(fields)}", *advice)
        else:
            yield from _sailing(at, dict(zip(names, fields, strict=True)), knows)


def _cells(row: str, parting: str) -> list[str]:
    """Part a line into cells; a line the csv reader refuses has none."""
    try:
        return [cell.strip() for cell in next(csv.reader([row], delimiter=parting))]
    except csv.Error:
        return []


def _text(data: bytes) -> str | Trouble:
    if len(data) > BYTES_MAX:
        advice = f"paling besar {BYTES_MAX} bita", f"at most {BYTES_MAX} bytes"
        return Trouble(0, "size", str(len(data)), *advice)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        advice = "simpan sebagai CSV UTF-8", "save it as CSV UTF-8"
        return Trouble(data[: broken.start].count(b"\n") + 1, "encoding", "", *advice)


def _sailing(
    line: int, row: Mapping[str, str], knows: Callable[[str], bool]
) -> Iterator[tuple[int, Sailing] | Trouble]:
    read = {name: column.read(row[name]) for name, column in _COLUMNS.items()}
    read |= {end: row[end] if knows(row[end]) else None for end in ("from", "to")}
    sound = True
    for name, value in read.items():
        if value is None:
            sound = False
            told = _COLUMNS.get(name, _PLACE)
            yield Trouble(line, name, row[name][:80], told.advice_id, told.advice_en)
    if sound and row["from"] == row["to"]:
        sound = False
        advice = "asal dan tujuan harus berbeda", "must differ from where it leaves"
        yield Trouble(line, "to", row["to"], *advice)
    if sound:
        yield (
            line,
            Sailing(
                route=row["route"],
                mode=cast("Vessel", read["mode"]),
                origin=row["from"],
                target=row["to"],
                calendar=cast("Calendar", read["departs"]),
                minutes=cast("int", read["days"]),
                capacity_kg=cast("int", read["capacity_tonnes"]),
                tariff_idr=cast("int", read["tariff_idr_per_tonne"]),
                basis=cast("Basis", read["basis"]),
            ),
        )


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda text: text if text in words else None


def _route(text: str) -> str | None:
    return text if text.isprintable() and 0 < len(text) <= ROUTE_MAX else None


def _minutes(text: str) -> int | None:
    micro = parse_quantity(text)
    if micro is None or not 0 < micro <= DAYS_MAX * MICRO:
        return None
    return -(-micro * _MINUTES_A_DAY // MICRO)


def _capacity_kg(text: str) -> int | None:
    micro = parse_quantity(text)
    if micro is None or not 0 < micro <= CAPACITY_TONNES_MAX * MICRO:
        return None
    return micro * _KG_PER_TONNE // MICRO or None


def _tariff(text: str) -> int | None:
    micro = parse_quantity(text)
    if micro is None or micro % MICRO or micro > TARIFF_IDR_MAX * MICRO:
        return None
    return micro // MICRO


_PLACE: Final = _Column(
    str,
    "pakai kode pelabuhan dari ports.csv (IDTPP) atau kode hub (19.02)",
    "use a port code of ports.csv (IDTPP) or a hub code (19.02)",
)
_COLUMNS: Final = {
    "route": _Column(_route, f"1 sampai {ROUTE_MAX} huruf", f"1 to {ROUTE_MAX} characters"),
    "mode": _Column(
        _one_of("ferry", "boat", "sea"), "tulis ferry, boat atau sea", "ferry, boat or sea"
    ),
    "departs": _Column(
        parse_calendar,
        "tulis harian, hari (Sen Kam), tanggal (2026-12-01) atau 2026-01-05/14 (tiap 14 hari)",
        "write daily, weekdays (Mon Thu), dates (2026-12-01) or 2026-01-05/14 (every 14 days)",
    ),
    "days": _Column(
        _minutes, f"lebih dari 0 sampai {DAYS_MAX} hari", f"more than 0, up to {DAYS_MAX} days"
    ),
    "capacity_tonnes": _Column(
        _capacity_kg,
        f"lebih dari 0 sampai {CAPACITY_TONNES_MAX} ton",
        f"more than 0, up to {CAPACITY_TONNES_MAX} tonnes",
    ),
    "tariff_idr_per_tonne": _Column(
        _tariff,
        f"rupiah bulat per ton, tanpa titik ribuan, sampai {TARIFF_IDR_MAX}",
        f"whole rupiah per tonne, no thousands separator, up to {TARIFF_IDR_MAX}",
    ),
    "basis": _Column(
        _one_of("estimated", "observed"),
        "tulis observed bila tarif pernah dibayar, selain itu estimated",
        "write observed when somebody paid this tariff, else estimated",
    ),
}
