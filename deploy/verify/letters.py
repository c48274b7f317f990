"""Dead letters: one for every record and every line that was not kept, with its own bytes.

Collects what must be there while the log is walked, and compares it with the topic. Refuses to
know why something was refused; a reason must only be there and be the ledger's.
"""

from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from deploy.verify.derived import Source
from deploy.verify.findings import LETTERS, Report, place
from deploy.verify.ledger import Judgement
from deploy.verify.log import Log, LogRecord

LETTER_TYPE = "lumbung.dead-letter.v1"


class Letter(NamedTuple):
    """What a letter must say; `payload` is a digest of the original bytes."""

    partition: int
    offset: int
    line: int
    reason: str
    payload: bytes


class _Lines(msgspec.Struct):
    lines: list[msgspec.Raw]


class _Reports(msgspec.Struct):
    data: _Lines


class _Letter(msgspec.Struct):
    identity: str
    topic: str
    partition: int
    offset: int
    reason: str
    payload: bytes
    line: int = 0


_lines_of = msgspec.json.Decoder(_Reports).decode


class _Record(msgspec.Struct):
    data: _Letter


_letter_of = msgspec.json.Decoder(_Record).decode


def digest(payload: bytes) -> bytes:
    """What stands for the bytes of a letter."""
    return blake2b(payload, digest_size=16).digest()


class Letters:
    """The letters that one partition of the events must have led to."""

    def __init__(self, topic: str, report: Report) -> None:
        self._topic, self._report = topic, report
        self.expected: dict[str, Letter] = {}
        self._topics: dict[str, str] = {}

    def whole(self, record: LogRecord, reason: str) -> None:
        """A record was not kept at all."""
        payload = digest(record.value or b"")
        identity = place(self._topic, record.partition, record.offset)
        self.expected[identity] = Letter(record.partition, record.offset, 0, reason, payload)

    def market(self, record: LogRecord, topic: str) -> None:
        """A record of the market that nobody could take; no ledger says why: any reason does."""
        identity = place(topic, record.partition, record.offset)
        payload = digest(record.value or b"")
        self.expected[identity] = Letter(record.partition, record.offset, 0, "", payload)
        self._topics[identity] = topic

    def lines(self, record: LogRecord, event_id: str, judged: Judgement) -> None:
        """Lines of a record (0: its body) were not kept."""
        raw = (
            _lines_of(record.value or b"").data.lines if any(n for n, _ in judged.refused) else []
        )
        for n, reason in judged.refused:
            if n > len(raw):
                continue  # a line that was never said: the walk has named it
            payload = digest(bytes(raw[n - 1]) if n else record.value or b"")
            self.expected.setdefault(
                f"{event_id}#{n}", Letter(record.partition, record.offset, n, reason, payload)
            )

    def reasons(self) -> list[str]:
        """Why each record or line of the events was not kept; the market's letters count apart."""
        held = self.expected.items()
        return [letter.reason for name, letter in held if name not in self._topics]

    def compare(self, log: Log, topic: str, partition: int) -> None:
        """Hold the topic of dead letters against what must be in it."""
        seen: dict[str, int] = {}
        source = Source(topic, partition, self._report, LETTERS)
        for found in source.read(log, _letter_of):
            letter: _Letter = found.said.data
            self._one(letter, found.record, source.at(found.record.offset))
            seen[letter.identity] = min(letter.offset, seen.get(letter.identity, letter.offset))
        self._report.held(LETTERS, len(self.expected))
        for identity, wanted in self.expected.items():
            if identity not in seen:
                self._report.breach(
                    LETTERS,
                    f"nothing in {topic} tells of {identity}",
                    place(self._topics.get(identity, self._topic), partition, wanted.offset),
                    expected=f"a dead letter, reason {wanted.reason or 'any'}",
                    found="none",
                )

    def _one(self, letter: _Letter, record: LogRecord, at: str) -> None:
        wanted = self.expected.get(letter.identity)
        source = place(letter.topic, letter.partition, letter.offset)
        if wanted is None:
            self._report.breach(
                LETTERS, f"{letter.identity} was kept and is a dead letter too", at, source
            )
            return
        topic = self._topics.get(letter.identity, self._topic)
        if not wanted.reason and letter.reason:
            wanted = self.expected[letter.identity] = wanted._replace(reason=letter.reason)
        said: tuple[Any, ...] = (letter.partition, letter.offset, letter.line, letter.reason)
        if not letter.reason or letter.topic != topic or said != wanted[:4]:
            self._report.breach(
                LETTERS,
                f"the dead letter {letter.identity} speaks of something else",
                at,
                source,
                expected=wanted[:4],
                found=said,
            )
        if digest(letter.payload) != wanted.payload:
            self._report.breach(
                LETTERS,
                f"the dead letter {letter.identity} does not hold the bytes that were said",
                at,
                source,
                found=letter.payload,
            )
        if record.key != letter.identity.encode():
            self._report.breach(LETTERS, f"{letter.identity} is not the key of its letter", at)
