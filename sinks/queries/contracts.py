"""Decides which lines of contracts may be matched on a day, from what partners said last.

A contract has its days, and of one tag the newest holds. It may ask for permits; who holds which
is in the newest profile of each co-op. A hub has nothing but contracts; what it was brought under
one is not there for others. Refuses to know voids: the hub worker's matches are what counts.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Select, select

from schemas.commodity import UNGRADED
from schemas.events import Contract, Profile
from sinks.queries.shown import Shown
from sinks.rows import JudgementRow
from sinks.tables import TABLES

_JUDGED: Final = TABLES[JudgementRow].c
_CONTRACT: Final = "lumbung.contract.v1"
_PROFILE: Final = "lumbung.profile.v1"
_HUB_LENGTH: Final = len("19.02")


class OnContracts(NamedTuple):
    """Names of offers and needs that contracts speak of: those open on a day, and all others.

    `asks` are the permits that open lines ask for, `holds` by co-op those that it holds; where no
    line asks, nothing is read of these.
    """

    open: frozenset[str]
    shut: frozenset[str]
    asks: Mapping[str, list[str]]
    holds: Mapping[str, list[str]]

    def may(self, rows: Iterable[Shown], name: str) -> list[Shown]:
        """The rows that may be matched; `name` is the column that names the line."""
        return [self._bound(row, name) for row in rows if self._may(str(row[name]))]

    def _bound(self, row: Shown, name: str) -> Shown:
        """A row with the permits that bind it; nearly always as it is."""
        if not self.asks:
            return row
        bound = {"asks": self.asks.get(str(row[name])), "holds": self.holds.get(str(row["coop"]))}
        return row | {name: permits for name, permits in bound.items() if permits}

    def _may(self, line: str) -> bool:
        if len(line.partition("|")[0]) == _HUB_LENGTH:
            return line in self.open
        return line not in self.shut


def on_contracts(connection: Connection, today: date) -> OnContracts:
    """Read all contracts; the newest saying of each tag decides."""
    newest: dict[tuple[str, str], Contract] = {}
    every: set[str] = set()
    for text in connection.scalars(_said(_CONTRACT)):
        said = msgspec.json.decode(text, type=Contract)
        newest[said.actor, said.contract] = said
        every.add(_line(said))
    held = {_line(said): said.permits for said in newest.values() if _is_open(said, today)}
    asks = {line: permits for line, permits in held.items() if permits}
    holds = _holders(connection) if asks else {}
    return OnContracts(frozenset(held), frozenset(every - held.keys()), asks, holds)


def _holders(connection: Connection) -> dict[str, list[str]]:
    """What the newest profile of each co-op says that it holds."""
    found: dict[str, list[str]] = {}
    for text in connection.scalars(_said(_PROFILE)):
        said = msgspec.json.decode(text, type=Profile)
        found[said.coop] = said.permits
    return found


def _said(kind: str) -> Select[Any]:
    """The bodies of all accepted events of a type, the newest last."""
    return (
        select(_JUDGED.body)
        .where(_JUDGED.event_type == kind, _JUDGED.verdict == "accepted")
        .order_by(_JUDGED.occurred_ms, _JUDGED.device, _JUDGED.sequence)
    )


def _is_open(said: Contract, today: date) -> bool:
    return said.since <= today <= said.until


def _line(said: Contract) -> str:
    if said.direction == "buy":
        return f"{said.actor}|{said.contract}"
    return f"{said.actor}|{said.commodity}|{said.grade or UNGRADED}|{said.contract}"
