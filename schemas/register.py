"""The register: 83,762 villages and the 514 hubs they belong to.

Decides which co-op codes exist, where a village lies, on which island, and in which of the three
zones of time its hub lives. Refuses to know what any co-op has, and whether a co-op is active.

The register is asked once per report and loaded by every process, so only a code -> line index is
built; names and places are read from the line when somebody asks.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from schemas.datafile import DataError, rows, scaled, signed_micro
from schemas.identity import NO_ALIASES, Alias, CoopId, HubId, hub_of

_WIB, _WITA, _WIT = 7, 8, 9
_WIB_PROVINCES = (
    *("11", "12", "13", "14", "15", "16", "17", "18", "19", "21"),  # Sumatera and its islands
    *("31", "32", "33", "34", "35", "36", "61", "62"),  # Jawa, western Kalimantan
)
_WITA_PROVINCES = ("51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76")
_WIT_PROVINCES = ("81", "82", "91", "92", "93", "94", "95", "96")
UTC_OFFSET_HOURS: Final[dict[str, int]] = {
    **dict.fromkeys(_WIB_PROVINCES, _WIB),
    **dict.fromkeys(_WITA_PROVINCES, _WITA),
    **dict.fromkeys(_WIT_PROVINCES, _WIT),
}
"""Hours east of UTC by province: Indonesia keeps no summer time."""
ZONE_NAMES: Final = {_WIB: "WIB", _WITA: "WITA", _WIT: "WIT"}

_CODE_LENGTH: Final = 13
_DISTRICT_LENGTH: Final = 8


class Position(NamedTuple):
    """A place in millionths of a degree; `exact` is false where a kecamatan's centre stands in."""

    lat_micro: int
    lon_micro: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Hub:
    """A book: one regency or city. `island` holds most villages; it lies at its hub village."""

    code: HubId
    name: str
    province: str
    province_name: str
    kind: str
    island: str
    island_count: int
    village: CoopId
    position: Position
    population: int
    utc_offset_hours: int

    @property
    def zone(self) -> str:
        """WIB, WITA or WIT."""
        return ZONE_NAMES[self.utc_offset_hours]


@dataclass(frozen=True, slots=True)
class Village:
    """A co-op's village; `island` is None where the hub has several and nobody has said which."""

    code: CoopId
    name: str
    hub: HubId
    kecamatan: str
    lat_micro: int | None
    lon_micro: int | None
    island: str | None


class _District(NamedTuple):
    name: str
    position: Position


class Register:
    """Villages and hubs over the bytes of the shipped files."""

    def __init__(
        self,
        villages_gz: bytes,
        districts_csv: bytes,
        regions_csv: bytes,
        islands_csv: bytes,
        aliases: Mapping[str, Alias] = NO_ALIASES,
    ) -> None:
        header, *lines = gzip.decompress(villages_gz).decode("utf-8").rstrip("\n").split("\n")
        if header != "code,name,lat,lon":
            raise DataError(f"villages.csv.gz: header {header!r}")
        self._lines: Final = lines
        self._at: Final = {line[:_CODE_LENGTH]: at for at, line in enumerate(lines)}
        self._districts_csv: Final = districts_csv
        self._regions_csv: Final = regions_csv
        self._islands_csv: Final = islands_csv
        self._aliases: Final = aliases

    def __len__(self) -> int:
        return len(self._at)

    def is_coop(self, code: str) -> bool:
        """Whether a village has this code."""
        return code in self._at

    def is_hub(self, code: str) -> bool:
        """Whether a regency or city has this code."""
        return code in self.hubs

    def hub_of(self, coop: CoopId, on: date | None = None) -> HubId:
        """Give the book of a co-op, through the table of renamed regions (`schemas.identity`)."""
        return hub_of(coop, self._aliases, on)

    def village(self, code: str) -> Village | None:
        """Give a village by its code, None when there is none."""
        at = self._at.get(code)
        if at is None:
            return None
        name, lat, lon = _fields(self._lines[at])
        coop = CoopId(code)
        return Village(
            code=coop,
            name=name,
            hub=self.hub_of(coop),
            kecamatan=self._districts[code[:_DISTRICT_LENGTH]].name,
            lat_micro=signed_micro(lat, code) if lat and lon else None,
            lon_micro=signed_micro(lon, code) if lat and lon else None,
            island=self.island(code),
        )

    def position(self, code: str) -> Position:
        """Give where a village lies, or its kecamatan's centre; KeyError for no village."""
        _, lat, lon = _fields(self._lines[self._at[code]])
        if lat and lon:
            return Position(signed_micro(lat, code), signed_micro(lon, code), exact=True)
        return self._districts[code[:_DISTRICT_LENGTH]].position

    def island(self, code: str) -> str | None:
        """Give the island of a village: as recorded, else its hub's only one, else None."""
        recorded = self._islands.get(code)
        if recorded is not None:
            return recorded
        hub = self.hubs.get(HubId(code[:5]))
        return hub.island if hub is not None and hub.island_count == 1 else None

    def coops_of(self, hub: str) -> tuple[CoopId, ...]:
        """List the co-ops of a book, in the order of their codes."""
        return self._members.get(HubId(hub), ())

    @cached_property
    def hubs(self) -> dict[HubId, Hub]:
        """All hubs by code."""
        table = list(rows(self._regions_csv, "regions.csv"))
        provinces = {row["code"]: row["name"] for row in table if row["level"] == "province"}
        return {
            HubId(row["code"]): _hub(row, provinces[row["parent"]])
            for row in table
            if row["level"] == "regency"
        }

    @cached_property
    def _members(self) -> dict[HubId, tuple[CoopId, ...]]:
        members: dict[HubId, list[CoopId]] = {}
        for code in self._at:
            members.setdefault(self.hub_of(CoopId(code)), []).append(CoopId(code))
        return {hub: tuple(sorted(coops)) for hub, coops in members.items()}

    @cached_property
    def _districts(self) -> dict[str, _District]:
        return {
            row["code"]: _District(row["name"], _place(row["lat"], row["lon"], exact=False))
            for row in rows(self._districts_csv, "districts.csv")
        }

    @cached_property
    def _islands(self) -> dict[str, str]:
        return {
            row["code"]: row["island"] for row in rows(self._islands_csv, "village_islands.csv")
        }


def parse_aliases(data: bytes) -> dict[str, Alias]:
    """Read region_aliases.csv as code prefix -> alias; DataError when it is broken."""
    try:
        return {
            row["prefix"]: Alias(HubId(row["book"]), date.fromisoformat(row["since"]))
            for row in rows(data, "region_aliases.csv")
        }
    except (KeyError, ValueError) as broken:
        raise DataError(f"region_aliases.csv: {broken}") from broken


def _fields(line: str) -> tuple[str, str, str]:
    """Part a line `code,name,lat,lon`; a name with a comma in it stands in double quotes."""
    name, lat, lon = line[_CODE_LENGTH + 1 :].rsplit(",", 2)
    return (name[1:-1].replace('""', '"') if name.startswith('"') else name), lat, lon


def _place(lat: str, lon: str, *, exact: bool) -> Position:
    return Position(signed_micro(lat, "latitude"), signed_micro(lon, "longitude"), exact)


def _hub(row: Mapping[str, str], province_name: str) -> Hub:
    return Hub(
        code=HubId(row["code"]),
        name=row["name"],
        province=row["parent"],
        province_name=province_name,
        kind=row["kind"],
        island=row["island"],
        island_count=scaled(row["n_islands"], 1, "regions.csv"),
        village=CoopId(row["hub_village"]),
        position=_place(row["hub_lat"], row["hub_lon"], exact=True),
        population=scaled(row["population"], 1, "regions.csv"),
        utc_offset_hours=UTC_OFFSET_HOURS[row["parent"]],
    )
