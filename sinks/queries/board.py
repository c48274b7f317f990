"""Decides the live table of the demo: one line per hub, and how it is counted.

Everything is counted from the rows as they stand, so it is true at every moment of a replay.
Refuses to know how it is drawn and how old a time is: the reader has a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, func, select

from sinks.queries.shown import view
from sinks.queries.summary import counts_by
from sinks.rows import DeadLetterRow, HeardRow, JudgementRow, MatchRow
from sinks.tables import COOPERATIVE, HUB, TABLES

LIVE: Final = ("draft", "proposed", "countered", "accepted", "shipped")


@dataclass(frozen=True, slots=True)
class HubLine:
    """A hub at this moment; `last_report_ms` 0 when nobody has spoken."""

    hub: str
    name: str
    lines: int
    coops_heard: int
    offers_open: int
    needs_open: int
    matches: int
    matches_live: int
    dead_letters: int
    last_report_ms: int


def board(connection: Connection, hubs: Sequence[str] = ()) -> list[HubLine]:
    """Give a line for each of `hubs` in their order, or for every hub that was heard of."""
    counted = {name: counts_by(connection, asked) for name, asked in _counts().items()}
    names = counts_names(connection)
    chosen = hubs or sorted(set().union(*counted.values()) - {""})
    return [
        HubLine(
            hub=hub,
            name=names.get(hub, ""),
            **{name: counts.get(hub, 0) for name, counts in counted.items()},
        )
        for hub in chosen
    ]


def lives(connection: Connection) -> dict[tuple[int, str], int]:
    """Count matches by tier (1 inside a hub, 2 between hubs) and state."""
    match = TABLES[MatchRow].c
    asked = select(match.tier, match.state, func.count()).group_by(match.tier, match.state)
    return {(int(tier), str(state)): int(n) for tier, state, n in connection.execute(asked)}


def counts_names(connection: Connection) -> dict[str, str]:
    """Give the hubs' names by code."""
    return {str(hub): str(name) for hub, name in connection.execute(select(HUB.c.hub, HUB.c.name))}


def _counts() -> dict[str, Select[Any]]:
    judged, heard = TABLES[JudgementRow].c, TABLES[HeardRow].c
    match, letter = TABLES[MatchRow].c, TABLES[DeadLetterRow]
    positions, orders = view("v_position", "hub", "available"), view("v_order", "hub", "open")
    of_coop = letter.outerjoin(COOPERATIVE, COOPERATIVE.c.coop == letter.c.coop)
    hub_of_letter = func.coalesce(COOPERATIVE.c.hub, "")
    n = func.count()
    return {
        "lines": select(judged.hub, func.sum(judged.line_count))
        .where(judged.verdict == "accepted")
        .group_by(judged.hub),
        "coops_heard": select(heard.hub, n).group_by(heard.hub),
        "offers_open": _grouped(positions, positions.c.available > 0),
        "needs_open": _grouped(orders, orders.c.open > 0),
        "matches": select(match.to_hub, n).group_by(match.to_hub),
        "matches_live": select(match.to_hub, n)
        .where(match.state.in_(LIVE))
        .group_by(match.to_hub),
        "dead_letters": select(hub_of_letter, n).select_from(of_coop).group_by(hub_of_letter),
        "last_report_ms": select(heard.hub, func.max(heard.occurred_ms)).group_by(heard.hub),
    }


def _grouped(of: Any, test: Any) -> Select[Any]:
    return select(of.c.hub, func.count()).where(test).group_by(of.c.hub)
