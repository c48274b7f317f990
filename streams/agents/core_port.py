"""What the worker asks of the pure core, and nothing of how the core does it.

Decides the shape of the one seam between the shell and the arithmetic. `streams.core.partition`
meets it by structure alone; the tests meet it with counters.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeAlias

StateRows: TypeAlias = list[tuple[bytes, bytes | None]]
Outputs: TypeAlias = list[tuple[str, list[tuple[bytes, bytes]]]]
Away: TypeAlias = list[tuple[str, int, list[tuple[bytes, bytes]]]]
"""(topic, partition, rows), in partitions that others write to as well."""

TICK: Final = b"tick"


class Record(Protocol):
    """One record of a log, as the client library hands it over."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def timestamp(self) -> int:
        """Milliseconds UTC since 1970, as Kafka has them."""

    @property
    def key(self) -> bytes | None:
        """The raw key."""

    @property
    def value(self) -> bytes | None:
        """The raw value; None is a tombstone."""


class Effects(Protocol):
    """What a stretch of a run changes, state first, and where the next stretch begins."""

    @property
    def next(self) -> int:
        """Index in the run after the last record folded."""

    @property
    def state(self) -> StateRows:
        """Changelog rows that fit one record batch, `applied` last; None is a tombstone."""

    @property
    def outputs(self) -> Outputs:
        """(topic, rows), to be sent to the partition that belongs to the source's."""

    @property
    def away(self) -> Away:
        """What is said into logs of others, after the outputs; absolute, so it may come twice."""

    @property
    def judged(self) -> int:
        """How many records of the stretch were judged, ticks left out."""

    @property
    def refused(self) -> Sequence[int]:
        """Which of those, from 0 and rising, were refused: whole, or every line of them."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Figures of the stretch: the name of a counter, or `name{label=value,...}`."""


class PartitionFold(Protocol):
    """The state of one partition and the pure function that moves it."""

    @property
    def applied(self) -> int:
        """The last input offset in the state, -1 when there is none; known after `restore`."""

    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take a changelog record; False: it is older than what is held, which stays."""

    def settle(self) -> None:
        """Rebuild what is derived from the state, after records were restored."""

    def fold(self, run: Sequence[Record], start: int) -> Effects:
        """Apply records from index `start`; one at or below `applied` is only emitted again."""

    def reign(self, generation: int) -> None:
        """A tenure begins, under this generation of the consumer group; 0: it is not known."""

    def announce(self, committed: int) -> Outputs:
        """What must be said of every key whose version is above `committed` (an offset)."""

    def announce_away(self, committed: int) -> Away:
        """The same of what is said into logs of others."""

    def encode(self, key: bytes) -> bytes | None:
        """The changelog value of a key as it stands; None: no such key."""
