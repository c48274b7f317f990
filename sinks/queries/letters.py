"""Decides which dead letters are chosen, and what else is known of each: when it was said.

A letter of a line knows only the line; the time it speaks of lies with the judgement of its
report. Refuses to know what is to be done with a letter.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, and_, func, select

from sinks.rows import DeadLetterRow, JudgementRow, RepairRow
from sinks.tables import COOPERATIVE, TABLES

_LETTER: Final = TABLES[DeadLetterRow].c
_REPAIR: Final = TABLES[RepairRow].c
_JUDGED: Final = TABLES[JudgementRow].c
_PROFILE: Final = "lumbung.profile.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which letters; empty means all. Times are those of Kafka's record, ms UTC; until is open."""

    identity: str = ""
    reason: str = ""
    coop: str = ""
    hub: str = ""
    since_ms: int = 0
    until_ms: int = 0
    unrepaired: bool = False
    limit: int = 100


class Letter(NamedTuple):
    """One dead letter; `line` 0 speaks of a whole record, `repaired_by` is "" while nobody has.

    `said_ms` is when its report was said, 0 when that could not be read.
    """

    identity: str
    topic: str
    partition: int
    offset: int
    line: int
    reason: str
    field: str
    coop: str
    recorded_ms: int
    payload: bytes
    repaired_by: str
    said_ms: int
    event_type: str


def letters(connection: Connection, wanted: Selection) -> list[Letter]:
    """The letters chosen, newest first."""
    columns = [_LETTER[name] for name in Letter._fields[:10]]
    asked: Select[Any] = (
        select(
            *columns,
            func.coalesce(_REPAIR.event_id, ""),
            func.coalesce(_JUDGED.occurred_ms, 0),
            func.coalesce(_JUDGED.event_type, ""),
        )
        .select_from(
            TABLES[DeadLetterRow]
            .outerjoin(TABLES[RepairRow], _REPAIR.identity == _LETTER.identity)
            .outerjoin(
                TABLES[JudgementRow],
                and_(_JUDGED.partition == _LETTER.partition, _JUDGED.offset == _LETTER.offset),
            )
        )
        .where(*_tests(wanted))
        .order_by(_LETTER.recorded_ms.desc(), _LETTER.identity)
        .limit(wanted.limit)
    )
    found = connection.execute(asked)
    return [Letter._make((*row[:9], bytes(row[9]), *row[10:])) for row in found]


def _tests(wanted: Selection) -> Iterator[Any]:
    for name in ("identity", "reason", "coop"):
        if getattr(wanted, name):
            yield _LETTER[name] == getattr(wanted, name)
    if wanted.hub:
        yield _LETTER.coop.in_(select(COOPERATIVE.c.coop).where(COOPERATIVE.c.hub == wanted.hub))
    if wanted.since_ms:
        yield _LETTER.recorded_ms >= wanted.since_ms
    if wanted.until_ms:
        yield _LETTER.recorded_ms < wanted.until_ms
    if wanted.unrepaired:
        yield _REPAIR.event_id.is_(None)


def accepted(connection: Connection, events: Iterable[str]) -> frozenset[str]:
    """Those of some events that were accepted: said again they are duplicates."""
    names = list(events)
    found: set[str] = set()
    for at in range(0, len(names), 500):  # databases bound how many values a question may name
        part = names[at : at + 500]
        asked = select(_JUDGED.event_id).where(
            _JUDGED.event_id.in_(part), _JUDGED.verdict == "accepted"
        )
        found.update(connection.scalars(asked))
    return frozenset(found)


def newest_profile(connection: Connection, coop: str) -> str | None:
    """The body of the newest profile that a co-op said, as JSON."""
    asked = (
        select(_JUDGED.body)
        .where(_JUDGED.coop == coop, _JUDGED.event_type == _PROFILE, _JUDGED.verdict == "accepted")
        .order_by(_JUDGED.occurred_ms.desc(), _JUDGED.device.desc(), _JUDGED.sequence.desc())
        .limit(1)
    )
    found: str | None = connection.scalars(asked).first()
    return found
