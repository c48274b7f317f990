"""Reading the shipped tables with the standard library alone, and collecting their breaches.

Shares no code with `schemas`: a fault in our own loader must not hide a fault in the files.
"""

import csv
import gzip
import io
import math
import re
from collections import Counter
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "schemas" / "data"
BASIS = {"sourced", "estimated"}
LAT, LON = (-11.2, 6.3), (94.8, 141.2)
SOURCE_ID = re.compile(r"\b[A-Z]\d{1,2}[a-z]?\b")

Row = dict[str, str]


class Breaches(list[str]):
    """One sentence per breach; a test ends with `assert found == []`."""

    def check(self, holds: object, what: str) -> bool:
        if not holds:
            self.append(what)
        return bool(holds)

    def unique(self, rows: list[Row], *keys: str) -> None:
        seen = Counter(tuple(row[key] for key in keys) for row in rows)
        for key, times in seen.items():
            self.check(times == 1, f"{key} occurs {times} times")

    def number(
        self, row: Row, key: str, low: float | None = None, high: float | None = None
    ) -> float:
        at = list(row.values())[:3]
        try:
            value = float(row[key])
        except ValueError:
            self.append(f"{key} is not a number in {at}")
            return math.nan
        self.check(low is None or value >= low, f"{key}={value} too small in {at}")
        self.check(high is None or value <= high, f"{key}={value} too large in {at}")
        return value

    def place(self, row: Row, lat: str = "lat", lon: str = "lon") -> tuple[float, float]:
        return self.number(row, lat, *LAT), self.number(row, lon, *LON)

    def basis(self, row: Row, key: str = "basis", source: str = "source") -> None:
        at = list(row.values())[:3]
        self.check(row[key] in BASIS, f"{key}={row[key]!r} in {at}")
        ids = SOURCE_ID.findall(row.get(source) or "")
        for one in ids:
            self.check(one in known_sources(), f"source {one} is not in SOURCES.md")
        if source in row and row[key] == "sourced":
            self.check(ids, f"sourced without a source: {at}")


@cache
def table(name: str) -> list[Row]:
    """Read a shipped table; every line must have the fields of the header."""
    raw = (DATA / name).read_bytes()
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    assert "\r" not in text
    assert not text.startswith("\ufeff")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    for row in rows:
        assert None not in row, f"{name}: too many fields in {row}"
        assert None not in row.values(), f"{name}: too few fields in {row}"
    return rows


@cache
def known_sources() -> frozenset[str]:
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^\| ?([A-Z]\d{1,2}[a-z]?) ?\|", text, re.MULTILINE))


def km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle kilometres by the haversine formula."""
    la, lo, lb, lp = map(math.radians, (*a, *b))
    h = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((lp - lo) / 2) ** 2
    return 12742.0176 * math.asin(math.sqrt(h))


def at(row: Row) -> tuple[float, float]:
    return float(row["lat"]), float(row["lon"])
