"""The clock's view of Kafka: ends, committed offsets, the last tick, and sending one.

Decides how far back a log is read for its last tick (all the way, newest first) and how long
a coordinator is waited for (ten seconds). Refuses to number.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from time import sleep
from types import TracebackType
from typing import Any, Final, Self

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import GroupIdNotFoundError, KafkaError

from producers.errors import ClockError
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent
from producers.ticks import TICK_KEY, Place, Said, tick_of, tick_value

_CHUNK: Final = 500
_CHUNK_MAX: Final = 50_000
_POLL_MS: Final = 5_000
_ATTEMPTS: Final = 50
_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Track:
    """A topic that gets ticks, and the group that must have committed one before the next."""

    topic: str
    group: str


class KafkaTicks:
    """Sends ticks along tracks; `options.topic` is not used."""

    def __init__(self, options: PublisherOptions, tracks: Sequence[Track]) -> None:
        self._tracks: Final = tracks
        with ExitStack() as undo:
            self._publishers: Final = {
                track.topic: undo.enter_context(Publisher(replace(options, topic=track.topic)))
                for track in tracks
            }
            common: dict[str, Any] = {
                "bootstrap_servers": options.bootstrap,
                "client_id": options.client_id,
                "bootstrap_timeout_ms": options.max_block_ms,
                **options.security,
            }
            try:
                self._admin = KafkaAdminClient(**common)
                undo.callback(self._admin.close)
                self._consumer = KafkaConsumer(
                    group_id=None, enable_auto_commit=False, check_crcs=True, **common
                )
                undo.callback(self._consumer.close)
            except KafkaError as failed:
                raise _lost(failed) from failed
            self._undo = undo.pop_all()
        self.places: Final[tuple[Place, ...]] = tuple(
            Place(topic, partition)
            for topic, publisher in self._publishers.items()
            for partition in range(publisher.partitions)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._undo.close()

    def ends(self) -> Mapping[Place, int]:
        """Give the next offset of each partition."""
        try:
            found = self._consumer.end_offsets([TopicPartition(*place) for place in self.places])
        except KafkaError as failed:
            raise _lost(failed) from failed
        return {Place(tp.topic, tp.partition): end for tp, end in found.items()}

    def committed(self) -> Mapping[Place, int]:
        """Give the next offset the groups will read, where they ever committed."""
        out: dict[Place, int] = {}
        for track in self._tracks:
            mine = [TopicPartition(*place) for place in self.places if place.topic == track.topic]
            out |= self._committed_by(track.group, mine)
        return {place: offset for place, offset in out.items() if offset >= 0}

    def _committed_by(self, group: str, mine: Sequence[TopicPartition]) -> dict[Place, int]:
        """Ask the group's coordinator; on a new cluster it is there only after a while."""
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                found = self._admin.list_group_offsets({group: list(mine)})[group]
            except GroupIdNotFoundError:
                return {}
            except KafkaError as failed:
                if not failed.retriable or attempt == _ATTEMPTS:
                    raise _lost(failed) from failed
                sleep(_PAUSE_SECONDS)
            else:
                return {Place(tp.topic, tp.partition): at.offset for tp, at in found.items()}
        raise AssertionError("the last attempt returns or raises")

    def last_tick(self) -> Said | None:
        """Read each partition backwards until its last tick; give the highest."""
        try:
            found = [said for place in self.places if (said := self._last_in(place)) is not None]
        except KafkaError as failed:
            raise _lost(failed) from failed
        return max(found, key=lambda said: said.tick, default=None)

    def send(self, places: Sequence[Place], tick: int, at_ms: int) -> Mapping[Place, int]:
        """Send to each place; every ack or ClockError."""
        value = tick_value(tick, at_ms)
        offsets: dict[Place, int] = {}
        for topic, publisher in self._publishers.items():
            mine = [place for place in places if place.topic == topic]
            records = [Outgoing(TICK_KEY, value, place.partition, at_ms) for place in mine]
            for place, result in zip(mine, publisher.publish(records), strict=True):
                if not isinstance(result, Sent):
                    raise ClockError(
                        "LB-T002",
                        f"tick {tick} not confirmed by {topic}/{place.partition}: {result.why}",
                        "Start the clock again when the broker is well; it goes on numbering.",
                    )
                offsets[place] = result.offset
        return offsets

    def _last_in(self, place: Place) -> Said | None:
        tp = TopicPartition(*place)
        self._consumer.assign([tp])
        begin = self._consumer.beginning_offsets([tp])[tp]
        end = self._consumer.end_offsets([tp])[tp]
        chunk = _CHUNK
        while end > begin:
            start = max(begin, end - chunk)
            found = self._newest(tp, start, end)
            if found is not None:
                return found
            end, chunk = start, min(_CHUNK_MAX, chunk * 10)
        return None

    def _newest(self, tp: TopicPartition, start: int, end: int) -> Said | None:
        """Give the last tick at offsets `start` to `end` - 1."""
        self._consumer.seek(tp, start)
        newest: Said | None = None
        while self._consumer.position(tp) < end:
            polled = self._consumer.poll(timeout_ms=_POLL_MS)
            if not polled:
                raise ClockError("LB-T004", f"{tp.topic}/{tp.partition} cannot be read to its end")
            for record in polled.get(tp, ()):
                said = tick_of(record.key, record.value) if record.offset < end else None
                newest = said or newest
        return newest


def _lost(failed: KafkaError) -> ClockError:
    return ClockError(
        "LB-T004",
        f"the broker does not answer the clock ({type(failed).__name__}: {failed})",
        "Look at the broker (`lumbung doctor`).",
    )
