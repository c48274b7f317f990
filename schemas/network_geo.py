"""Distance between two places on the globe, exact to the metre and the same on every machine.

Decides only that. Refuses to know what lies at the places and how one travels.
"""

from math import cos, isqrt, radians, sin
from typing import Final, NamedTuple

from schemas.quantity import MICRO

_EARTH_RADIUS_CM: Final = 637_100_880


class Point(NamedTuple):
    """A place in space, in whole centimetres from the centre of the earth."""

    x: int
    y: int
    z: int


def point(lat_micro: int, lon_micro: int) -> Point:
    """Place a point given in millionths of a degree."""
    lat, lon = radians(lat_micro / MICRO), radians(lon_micro / MICRO)
    across = _EARTH_RADIUS_CM * cos(lat)
    x, y = round(across * cos(lon)), round(across * sin(lon))
    return Point(x, y, round(_EARTH_RADIUS_CM * sin(lat)))


def metres(a: Point, b: Point) -> int:
    """Give the great-circle distance, to the nearest metre up to 5,000 km.

    The arc over a chord c is c + c^3/24R^2 + 3c^5/640R^4 + 5c^7/7168R^6 + 35c^9/294912R^8 + ...;
    the rest is 8 metres in 5,000 km and 3 centimetres in 3,000.
    """
    square = (a.x - b.x) ** 2 + (a.y - b.y) ** 2 + (a.z - b.z) ** 2
    chord = isqrt(square)
    radius = _EARTH_RADIUS_CM**2
    third = chord * square // (24 * radius)
    fifth = 3 * chord * square**2 // (640 * radius**2)
    seventh = 5 * chord * square**3 // (7168 * radius**3)
    ninth = 35 * chord * square**4 // (294_912 * radius**4)
    return (chord + third + fifth + seventh + ninth + 50) // 100
