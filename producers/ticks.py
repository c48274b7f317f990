"""Ticks: how time becomes a record, and which partitions may have the next one.

Decides a tick's bytes and that tick n+1 goes only where everything up to tick n is committed.
Refuses to know Kafka and the wall clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from producers.address import TICK_KEY
from schemas.events import Tick

TICK_TYPE: Final = "lumbung.tick.v1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

__all__ = ["TICK_KEY", "TICK_TYPE", "Place", "Said", "ready", "tick_of", "tick_value"]


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Said:
    """A tick that was sent: its number and its moment (ms UTC)."""

    tick: int
    at_ms: int


class _Envelope(msgspec.Struct, frozen=True):
    specversion: str
    type: str
    id: str
    source: str
    time: datetime
    data: Tick


_decode: Final = msgspec.json.Decoder(_Envelope).decode


def tick_value(tick: int, at_ms: int) -> bytes:
    """Give the bytes of tick 1, 2, 3 ... at a moment."""
    at = _EPOCH + timedelta(milliseconds=at_ms)
    return msgspec.json.encode(
        _Envelope("1.0", TICK_TYPE, f"tick:{tick}", "/clock", at, Tick(tick=tick))
    )


def tick_of(key: bytes | None, value: bytes | None) -> Said | None:
    """Read a record as a tick; None when it is none."""
    if key != TICK_KEY or value is None:
        return None
    try:
        found = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if found.type != TICK_TYPE or found.data.tick < 1 or found.time.tzinfo is None:
        return None
    since = found.time - _EPOCH
    at_ms = since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000
    return Said(found.data.tick, at_ms)


def ready(
    places: Iterable[Place], last: Mapping[Place, int], committed: Mapping[Place, int]
) -> list[Place]:
    """Give the places whose group has committed past the offset of their last tick.

    `last` lacks a place that never had a tick; `committed` holds the next offset the group will
    read.
    """
    return [
        place for place in places if place not in last or committed.get(place, -1) > last[place]
    ]
