"""Decides what the warehouse knows of a decision: the match it is about, and how it was judged."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from sinks.queries.awaited import with_awaited
from sinks.queries.shown import Shown, everything, rows, view
from sinks.rows import DeadLetterRow, JudgementRow
from sinks.tables import TABLES

_MATCHES = view("v_match", "match_id")
_HISTORY = view("v_match_history", "match_id", "step")


class Verdict(NamedTuple):
    """How a saying was judged; `reason` and `field` are empty when it was accepted whole."""

    accepted: bool
    reason: str
    field: str


def match_of(connection: Connection, name: str) -> Shown | None:
    """Give a match as `get matches` lists it; None when the warehouse has none of that id."""
    found = rows(connection, everything(_MATCHES).where(_MATCHES.c.match_id == name))
    return with_awaited(connection, found)[0] if found else None


def history_of(connection: Connection, name: str) -> list[Shown]:
    """Give the life of a match so far, step by step."""
    asked = everything(_HISTORY).where(_HISTORY.c.match_id == name)
    return rows(connection, asked.order_by(_HISTORY.c.step))


def verdict(connection: Connection, event_id: str) -> Verdict | None:
    """Give how a saying was judged; None while nobody has."""
    judged, letters = TABLES[JudgementRow].c, TABLES[DeadLetterRow].c
    found = connection.execute(
        select(judged.verdict, judged.reason).where(judged.event_id == event_id)
    ).first()
    if found is None:
        return None
    letter = connection.execute(
        select(letters.reason, letters.field).where(letters.identity == f"{event_id}#0")
    ).first()
    if letter is not None:
        return Verdict(accepted=False, reason=str(letter.reason), field=str(letter.field))
    return Verdict(found.verdict != "rejected", str(found.reason), field="")
