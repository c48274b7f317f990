"""The records of a breach, read again and shortened to what can be shown.

Decides which bytes of a long record a reader should see: its beginning, and the surroundings of
the rarest word that the breach speaks of. Refuses to know what a record means.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from deploy.verify.findings import Breach, Seen
from deploy.verify.log import Log, LogRecord

RECORDS_MAX: Final = 6
VALUE_MAX: Final = 600
KEY_MAX: Final = 200
_AROUND: Final = 200
_HEAD: Final = 180
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:#_-]{3,}")


def with_records(breach: Breach, log: Log) -> Breach:
    """The breach together with the first records it names."""
    words = f"{breach.what} {breach.found} {breach.expected}"
    found = [
        Seen(
            topic,
            record.partition,
            record.offset,
            shortened(record.key, "", KEY_MAX),
            shortened(record.value, words, VALUE_MAX),
        )
        for topic, record in _records(breach, log)
    ]
    return replace(breach, records=tuple(found))


def _records(breach: Breach, log: Log) -> Iterator[tuple[str, LogRecord]]:
    for name in breach.places[:RECORDS_MAX]:
        topic, *numbers = name.rsplit("/", 2)
        if len(numbers) != 2 or not all(number.isdigit() for number in numbers):  # noqa: PLR2004 - partition, offset
            continue  # a place that is a whole partition
        partition, offset = map(int, numbers)
        for record in log.records(topic, partition, offset):
            if record.offset == offset:  # compaction may have taken it since
                yield topic, record
            break


def shortened(raw: bytes | None, words: str, longest: int) -> str:
    """Bytes as text that a person can read: what no text can hold is escaped."""
    if raw is None:
        return "(none)"
    text = raw.decode("utf-8", "backslashreplace")
    text = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)
    if len(text) <= longest:
        return text
    at = _spot(text, words)
    if at < _HEAD + _AROUND:
        return f"{text[:longest]}… ({len(raw)} bytes)"
    middle = text[at - _AROUND : at + _AROUND]
    return f"{text[:_HEAD]} … {middle} … ({len(raw)} bytes)"


def _spot(text: str, words: str) -> int:
    """Where the rarest word of the breach stands in a text, 0 when none does."""
    counted = {word: text.count(word) for word in set(_WORD.findall(words))}
    there = sorted((times, -len(word), word) for word, times in counted.items() if times)
    return text.find(there[0][2]) if there else 0
