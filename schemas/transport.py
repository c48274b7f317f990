"""What transport costs and how long it takes: trucks, the small boat, handling, storage.

Decides rates over a given distance, as integers: cost and time round up, and a truck's rate per
tonne holds only for a truck that is full. Refuses to know where anything lies (`schemas.legs`
does).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from schemas.datafile import DataError, micro, rows
from schemas.quantity import MICRO

Mode = Literal["here", "road", "boat", "unsure"]

LARGE_TRUCK_METRES_MIN: Final = 150_000
GRAMS_PER_TONNE: Final = 1_000_000

_TRANSFERS: Final = 2  # loading and unloading
_TRUCK_SIZES: Final = ("small", "medium", "large")
_STORAGES: Final = ("chilled", "frozen", "live", "hazardous")
_DETOURS: Final = {
    "Jawa": "jawa",
    "Sumatera": "sumatera",
    "Kalimantan": "kalimantan",
    "Sulawesi": "sulawesi",
    "Papua": "papua",
}
"""Islands whose roads have a detour of their own in the table; all the rest are `other`."""


class Leg(NamedTuple):
    """One way from place to place: rupiah per tonne, metres travelled, minutes, and how."""

    cost_per_tonne_idr: int
    metres: int
    minutes: int
    mode: Mode
    basis: str = "estimated"

    @property
    def hours(self) -> int:
        """Whole hours, rounded up."""
        return ratio_up(self.minutes, 1, 60)


@dataclass(frozen=True, slots=True)
class Truck:
    """A class of truck: rupiah per tonne, fixed and per km, and from what distance it is used."""

    payload_grams: int
    fixed_idr: int
    idr_per_km: int
    metres_min: int

    def cost(self, metres: int) -> int:
        """Give rupiah per tonne over a distance, rounded up."""
        return self.fixed_idr + ratio_up(self.idr_per_km, metres, 1000)


@dataclass(frozen=True, slots=True)
class Rates:
    """The transport table as integers; ratios and speeds (km/h) in millionths."""

    trucks: tuple[Truck, ...]  # smallest first
    boat_fixed_idr: int
    boat_idr_per_km: int
    handling_idr: int
    detours: Mapping[str, int]
    speeds: Mapping[str, int]
    storage_factors: Mapping[str, int]

    def road(self, great_circle_metres: int, island: str | None, load_grams: int) -> Leg:
        """Give the cheapest truck that the load fills; the small one always goes, full or not."""
        place = _DETOURS.get(island or "", "other")
        metres = ratio_up(great_circle_metres, self.detours[place], MICRO)
        fitting = [
            truck.cost(metres)
            for at, truck in enumerate(self.trucks)
            if at == 0 or (load_grams >= truck.payload_grams and metres >= truck.metres_min)
        ]
        cost = min(fitting) + _TRANSFERS * self.handling_idr
        speed = self.speeds["jawa" if place == "jawa" else "other"]
        return Leg(cost, metres, _minutes(metres, speed), "road")

    def boat(self, metres: int) -> Leg:
        """Give the small wooden boat over water."""
        cost = self.boat_fixed_idr + ratio_up(self.boat_idr_per_km, metres, 1000)
        total = cost + _TRANSFERS * self.handling_idr
        return Leg(total, metres, _minutes(metres, self.speeds["boat"]), "boat")


def parse_rates(data: bytes) -> Rates:
    """Read transport.csv; DataError when a figure is missing or broken."""
    table = {(row["mode"], row["param"]): row["value"] for row in rows(data, "transport.csv")}

    def ratio(mode: str, param: str) -> int:
        if (mode, param) not in table:
            raise DataError(f"transport.csv: no {mode} {param}")
        return micro(table[mode, param], f"transport.csv, {mode} {param}")

    def whole(mode: str, param: str) -> int:
        return ratio(mode, param) // MICRO

    return Rates(
        trucks=tuple(
            Truck(
                payload_grams=whole("road", f"{size}_payload") * GRAMS_PER_TONNE,
                fixed_idr=whole("road", f"{size}_fixed"),
                idr_per_km=whole("road", f"{size}_rate"),
                metres_min=LARGE_TRUCK_METRES_MIN if size == "large" else 0,
            )
            for size in _TRUCK_SIZES
        ),
        boat_fixed_idr=whole("boat", "fixed"),
        boat_idr_per_km=whole("boat", "rate"),
        handling_idr=whole("all", "handling_each_transfer"),
        detours={
            place: ratio("road", f"detour_{place}") for place in (*_DETOURS.values(), "other")
        },
        speeds={
            "jawa": ratio("road", "speed_jawa"),
            "other": ratio("road", "speed_other"),
            # The table times no small boat: it is taken to be as slow as the ferry.
            "boat": ratio("ferry", "speed"),
        },
        storage_factors={
            "ambient": MICRO,
            **{storage: ratio("all", f"{storage}_factor") for storage in _STORAGES},
        },
    )


def ratio_up(value: int, numerator: int, denominator: int) -> int:
    """Give value x numerator / denominator, rounded up."""
    return -(-value * numerator // denominator)


def _minutes(metres: int, kmh_micro: int) -> int:
    return ratio_up(metres, 60 * MICRO, 1000 * kmh_micro)
