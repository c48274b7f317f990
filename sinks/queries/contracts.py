"""Decides which lines of contracts may be matched on a day, from what partners said last.

A contract has its days, and of one tag the newest holds. What asks for permits is left out here:
who holds which, only its hub knows. A hub has nothing but contracts; what it was brought under one
is not there for others. Refuses to know voids: the hub worker's matches are what counts.
"""

from collections.abc import Iterable
from datetime import date
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from schemas.commodity import UNGRADED
from schemas.events import Contract
from sinks.queries.shown import Shown
from sinks.rows import JudgementRow
from sinks.tables import TABLES

_JUDGED: Final = TABLES[JudgementRow].c
_CONTRACT: Final = "lumbung.contract.v1"
_HUB_LENGTH: Final = len("19.02")


class OnContracts(NamedTuple):
    """Names of offers and needs that contracts speak of: those open on a day, and all others."""

    open: frozenset[str]
    shut: frozenset[str]

    def may(self, rows: Iterable[Shown], name: str) -> list[Shown]:
        """The rows that may be matched; `name` is the column that names the line."""
        return [row for row in rows if self._may(str(row[name]))]

    def _may(self, line: str) -> bool:
        if len(line.partition("|")[0]) == _HUB_LENGTH:
            return line in self.open
        return line not in self.shut


def on_contracts(connection: Connection, today: date) -> OnContracts:
    """Read all contracts; the newest saying of each tag decides."""
    asked = (
        select(_JUDGED.body)
        .where(_JUDGED.event_type == _CONTRACT, _JUDGED.verdict == "accepted")
        .order_by(_JUDGED.occurred_ms, _JUDGED.device, _JUDGED.sequence)
    )
    newest: dict[tuple[str, str], Contract] = {}
    every: set[str] = set()
    for text in connection.scalars(asked):
        said = msgspec.json.decode(text, type=Contract)
        newest[said.actor, said.contract] = said
        every.add(_line(said))
    held = frozenset(_line(said) for said in newest.values() if _is_open(said, today))
    return OnContracts(held, frozenset(every - held))


def _is_open(said: Contract, today: date) -> bool:
    return said.since <= today <= said.until and not said.permits


def _line(said: Contract) -> str:
    if said.direction == "buy":
        return f"{said.actor}|{said.contract}"
    return f"{said.actor}|{said.commodity}|{said.grade or UNGRADED}|{said.contract}"
