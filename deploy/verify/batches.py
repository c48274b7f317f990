"""Kafka's record batches, read in one go: offset, time, key and value, and nothing else.

The client's own reading makes six objects a record and asks each for its headers; a checker of
millions of records needs none of that. Leans on two names inside kafka-python (the class that
unpacks a fetch, and where a batch keeps its bytes); a test compares the outcome with the
client's own. Refuses to know what a record means.
"""

from collections.abc import Iterator
from typing import Any, Final

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from deploy.verify.log import LogRecord

_MAGIC: Final = 2
_MORE: Final = 0x80


class QuickRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """What a consumer's fetch is unpacked by; gives `LogRecord`s."""

    def _unpack_records(self, tp: Any, records: Any, *_: object) -> Iterator[LogRecord]:
        while (batch := records.next_batch()) is not None:
            if batch.magic != _MAGIC:
                raise CorruptRecordError(f"{tp} holds records of format {batch.magic}")
            if not batch.is_control_batch:
                for record in records_in(batch, tp.partition):
                    self.next_fetch_offset = record.offset + 1
                    yield record
            # Compaction may have taken the last records of a batch, not its last offset.
            self.next_fetch_offset = batch.next_offset
        self.drain()


def records_in(batch: Any, partition: int) -> Iterator[LogRecord]:
    """The records of one batch of format 2."""
    batch._maybe_uncompress()  # noqa: SLF001 - there is no public way to its bytes
    buffer, at = bytes(batch._buffer), batch._pos  # noqa: SLF001 - as above
    offset, first = batch.base_offset, batch.first_timestamp
    appended = batch.max_timestamp if batch.timestamp_type else None
    for _ in range(batch.records_count):
        length, at = varint(buffer, at)
        end = at + length
        delta, at = varint(buffer, at + 1)  # one byte of attributes, unused by Kafka
        place, at = varint(buffer, at)
        size, at = varint(buffer, at)
        key = None if size < 0 else buffer[at : at + size]
        size, at = varint(buffer, at if size < 0 else at + size)
        value = None if size < 0 else buffer[at : at + size]
        if at + size > end:
            raise CorruptRecordError(f"a record at {offset + place} is longer than it says")
        moment = first + delta if appended is None else appended
        yield LogRecord(partition, offset + place, moment, key, value)
        at = end  # past the headers


def varint(buffer: bytes, at: int) -> tuple[int, int]:
    """A zigzag number of 7 bits a byte, and where it ends."""
    value = buffer[at]
    at += 1
    if value >= _MORE:
        value -= _MORE
        shift = 7
        while (byte := buffer[at]) >= _MORE:
            value |= (byte - _MORE) << shift
            shift += 7
            at += 1
        value |= byte << shift
        at += 1
    return (value >> 1) ^ -(value & 1), at
