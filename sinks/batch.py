"""Decides what one transaction holds: the row that wins of every name, and the offsets reached.

Several versions of one key that arrive together cost one SQL row. Refuses to know SQL and Kafka.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from schemas.records import EPOCH_STEP
from sinks.reading import rows_of
from sinks.rows import LOWEST_BY, SHAPES, FaultRow, Row, Rule

Place = tuple[str, int]
"""A topic and one of its partitions."""


class Reached(NamedTuple):
    """The next offset to read, and the highest epoch that a record spoke of (-1: none did)."""

    next_offset: int
    epoch: int


class Received(Protocol):
    """What is needed of a record; kafka-python's fits."""

    @property
    def topic(self) -> str:
        """Where it was read."""

    @property
    def partition(self) -> int:
        """Which of its partitions."""

    @property
    def offset(self) -> int:
        """Its place in that."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""


def _newest(row: Any, before: Any) -> bool:
    return bool(row.version >= before.version)


def _judged(row: Any, before: Any) -> bool:
    return bool((row.version, before.verdict) > (before.version, row.verdict))


_WINS: Final[Mapping[Rule, Callable[[Any, Any], bool]]] = {
    Rule.NEWEST: _newest,
    Rule.JUDGED: _judged,
}


def _lowest_by(name: str) -> Callable[[Any, Any], bool]:
    return lambda row, before: bool(getattr(row, name) < getattr(before, name))


def _latest(row: Any, before: Any) -> Any:
    return row._replace(
        occurred_ms=max(row.occurred_ms, before.occurred_ms),
        recorded_ms=max(row.recorded_ms, before.recorded_ms),
    )


_RULES: Final[dict[type[Row], tuple[int, Callable[[Any, Any], bool] | None]]] = {
    shape: (
        said.keys,
        _lowest_by(LOWEST_BY[shape]) if said.rule is Rule.LOWEST else _WINS.get(said.rule),
    )
    for shape, said in SHAPES.items()
}


@dataclass(slots=True)
class Batch:
    """Rows by kind and name, and the places reached; grows by `add`, bounded by its maker."""

    rows: dict[type[Row], dict[tuple[Any, ...], Row]] = field(
        default_factory=lambda: {shape: {} for shape in SHAPES}
    )
    reached: dict[Place, Reached] = field(default_factory=dict)
    records: int = 0

    @property
    def faults(self) -> int:
        """How many records could not be read."""
        return len(self.rows[FaultRow])

    def take(self, received: Iterable[Received], known: Mapping[Place, Reached]) -> None:
        """Read records in the order of their offsets; one below what is `known` is left out."""
        for record in received:
            place = (record.topic, record.partition)
            at = self.reached.get(place) or known.get(place)
            if at is not None and record.offset < at.next_offset:
                continue
            rows = rows_of(*place, record.offset, record.key, record.value)
            epoch = getattr(rows[0], "version", -1) // EPOCH_STEP
            epoch = max(epoch, -1 if at is None else at.epoch)
            self.reached[place] = Reached(record.offset + 1, epoch)
            self.records += 1
            self.add(rows)

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows in; of two with one name the winner stays."""
        for row in rows:
            shape = type(row)
            keys, wins = _RULES[shape]
            held = self.rows[shape]
            name = row[:keys]
            before = held.get(name)
            if before is None:
                held[name] = row
            elif wins is None:
                held[name] = _latest(row, before)
            elif wins(row, before):
                held[name] = row
