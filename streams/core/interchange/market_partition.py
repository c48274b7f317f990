"""Decides what a run of records does to one partition of the market, and what leaves then.

The shell around `market_side`, as `streams.core.partition` is around the fold of hubs: records
become messages, or dead letters with a reason; runs are cut so that their state fits one batch;
requests leave for the partitions of their hubs, matches for the market's own.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas import topics
from schemas.decoding import read as read_saying
from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import Tick as TickBody
from schemas.identity import partition_of
from schemas.market import DONE_KEY, Done, LegTold, Residual, Retell, key_of, read, written
from schemas.records import version_of
from schemas.validation import TICK_KEY
from streams.core.ahead import Record
from streams.core.book import Good
from streams.core.dead_letters import dead_letter
from streams.core.effects import Away, Effects
from streams.core.envelope import Row
from streams.core.interchange import between_out
from streams.core.interchange.market_round import MATCH_BYTES
from streams.core.interchange.market_side import Asked, MarketSide, Tick
from streams.core.interchange.market_state import Between

STRETCH_BYTES: Final = 100 * 1024
"""A stretch of this size takes in nothing that may begin a round, which adds up to 320 KiB."""
STATE_BYTES_MAX: Final = 300 * 1024
_COUNTS: Final = {
    "greedy": "lumbung_market_rounds_total{method=greedy}",
    "shipments": "lumbung_market_shipments_total",
    "uncertified": "lumbung_market_rounds_uncertified_total",
}
_EXACT: Final = "lumbung_market_rounds_total{method=exact}"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
Word = Residual | Done | LegTold | Tick


class MarketPartition:
    """One partition of `lumbung.market.v1`: its state, and the fold over its log."""

    def __init__(
        self, number: int, partitions: int, side: MarketSide, goods: dict[str, Good]
    ) -> None:
        self.number: Final = number
        self._partitions, self._side, self._goods = partitions, side, goods
        self._bytes = 0

    @property
    def applied(self) -> int:
        """The last offset that is in the state, -1 when none is."""
        return self._side.applied

    # -------------------------------------------------------------- recovery
    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        return self._side.restore(key.decode(), value)

    def encode(self, key: bytes) -> bytes | None:
        """What the changelog should hold for a key."""
        return self._side.encode(key.decode())

    def settle(self) -> None:
        """Build what the state implies."""
        self._side.settle()

    def reign(self, generation: int) -> None:
        """A tenure begins, in this generation of the consumer group."""
        self._side.generation = generation

    # -------------------------------------------------------------- the fold
    def fold(self, run: Sequence[Record], start: int = 0) -> Effects:
        """Fold records from `start` until the run ends or the state batch is full."""
        before = dict(self._side.counts)
        letters: list[Row] = []
        refused: list[int] = []
        self._bytes, at, judged = 0, start, 0
        rounds = before["rounds"]
        while at < len(run) and (at == start or self._has_room(run[at])):
            record = run[at]
            word = self._word(record)
            if isinstance(word, Rejection):
                refused.append(judged)
                letters.append(self._letter(record, word))
                self._side.pass_over(record.offset)
            else:
                self._hear(record, word)
            judged += record.key != TICK_KEY
            at += 1
            if self._side.counts["rounds"] > rounds:
                break  # a round is much work: it is called done before the next one begins
        state, asked, shown = self._side.drain()
        outputs = [(topics.MATCHES, self._matches(shown)), (topics.DEAD_LETTER, letters)]
        return Effects(
            next=at,
            state=[(key.encode(), value) for key, value in state],
            outputs=[(topic, rows) for topic, rows in outputs if rows],
            counts=_grown(before, self._side.counts),
            judged=judged,
            refused=refused,
            away=self._away(asked),
        )

    def _has_room(self, record: Record) -> bool:
        opens = record.key == TICK_KEY or (record.key or b"").startswith(DONE_KEY)
        size = self._bytes + len(record.value or b"")
        return size < (STRETCH_BYTES if opens else STATE_BYTES_MAX)

    def _hear(self, record: Record, word: Word) -> None:
        before = len(self._side.store.changed)
        self._side.hear(record.offset, word)
        grown = len(self._side.store.changed) - before
        self._bytes += MATCH_BYTES * max(grown, isinstance(word, LegTold))
        if isinstance(word, Residual):
            self._bytes += len(record.value or b"")

    def _word(self, record: Record) -> Word | Rejection:
        """What a record says, or what is wrong with it."""
        if record.key == TICK_KEY:
            return _tick(record)
        found = read(record.value)
        if isinstance(found, Rejection):
            return found
        if not isinstance(found, Residual | Done | LegTold):
            return Rejection(Reason.UNKNOWN_TYPE, "type")
        if record.key != key_of(found):
            return Rejection(Reason.KEY_MISMATCH, "key")
        away = not isinstance(found, Done) and self._home(found.family) != self.number
        return Rejection(Reason.WRONG_PARTITION, "partition") if away else found

    def _home(self, family: str) -> int:
        return partition_of(family, self._partitions)

    def _letter(self, record: Record, fault: Rejection) -> Row:
        where = (topics.MARKET, self.number, record.offset)
        identity = "/".join(map(str, where))
        return dead_letter(identity, where, fault, record.timestamp, record.value or b"")

    # -------------------------------------------------------------- what leaves
    def announce(self, committed: int) -> list[tuple[str, list[Row]]]:
        """Every match that changed at or above the committed offset."""
        rows = self._matches(self._again(committed)[1])
        return [(topics.MATCHES, rows)] if rows else []

    def announce_away(self, committed: int) -> Away:
        """Every request that has no answer, of what changed at or above the committed offset."""
        return self._away(self._again(committed)[0])

    def _again(self, committed: int) -> tuple[list[Asked], list[Between]]:
        self._side.announce(version_of(self._side.store.now.epoch, committed - 1) + 1)
        _, asked, shown = self._side.drain()
        return asked, shown

    def _matches(self, shown: Sequence[Between]) -> list[Row]:
        as_of_ms = self._side.store.now.as_of_ms
        return [between_out.row(match, self._goods, as_of_ms) for match in shown]

    def _away(self, asked: Sequence[Asked]) -> Away:
        """Requests by partition of the events, in their order."""
        as_of_ms = self._side.store.now.as_of_ms
        found: dict[int, list[tuple[bytes, bytes]]] = {}
        for hub, request in asked:
            if isinstance(request, Retell):
                place = request.partition
            else:
                place = partition_of(hub, self._partitions)
            row = (key_of(request), written(request, as_of_ms))
            found.setdefault(place, []).append(row)
        return [(topics.EVENTS, place, rows) for place, rows in sorted(found.items())]


def _tick(record: Record) -> Tick | Rejection:
    try:
        reading = read_saying(record.value)
    except Unacceptable as fault:
        return Rejection(fault.reason, fault.field)
    if not isinstance(reading.body, TickBody) or reading.id != f"tick:{reading.body.tick}":
        return Rejection(Reason.TICK_MALFORMED, "data.tick")
    return Tick(reading.body.tick, (reading.time - _EPOCH) // _MS)


def _grown(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    """How much each count grew, under the names of the catalogue."""
    more = {kind: now[kind] - before[kind] for kind in now}
    found = {name: more[kind] for kind, name in _COUNTS.items()}
    found[_EXACT] = more["rounds"] - more["greedy"]
    return {name: number for name, number in found.items() if number}
