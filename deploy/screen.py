"""Decides what a person sees of a running system: a line a hub, matches in their lives, faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.shown import cell
from deploy.supervisor import Shown, State
from sinks.queries.board import HubLine

REGENCY: Final = "Kabupaten "
"""What most hubs are, so it need not be said; a Kota keeps its word."""
_COLUMNS: Final = (
    ("Hub", "left"), ("lines", "right"), ("heard", "right"), ("offers", "right"),
    ("needs", "right"), ("matches", "right"), ("dead", "right"), ("last", "right"),
)  # fmt: skip
TIERS: Final = {1: "inside a hub", 2: "between hubs"}
STATES: Final = (
    "draft", "proposed", "countered", "accepted", "shipped", "received", "short", "claimed",
    "paid", "rejected", "cancelled", "expired", "superseded", "no_show",
)  # fmt: skip
"""In the order of a life, then its early ends."""
_COLOURS: Final = {State.RUNNING: "green", State.WAITING: "yellow", State.FAILED: "bold red"}


@dataclass(slots=True)
class Sight:
    """What is known at one moment."""

    now_ms: int
    hubs: list[HubLine] = field(default_factory=list)
    matches: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    lives: Mapping[tuple[int, str], int] = field(default_factory=dict)
    processes: tuple[Shown, ...] = ()
    note: str = ""


def screen(sight: Sight) -> RenderableType:
    """The whole screen."""
    parts: list[RenderableType] = [_processes(sight.processes), _hubs(sight)]
    if sight.lives:
        parts.append(_lives(sight.lives))
    for tier, where in TIERS.items():
        rows = [row for row in sight.matches if row["tier"] == tier]
        if rows:
            parts.append(_matches(rows, f"newest matches {where}"))
    if sight.letters:
        parts.append(_letters(sight.letters))
    parts.append(Text(sight.note or "Ctrl-C ends everything; the data stays.", style="dim"))
    return Group(*parts)


def _processes(processes: tuple[Shown, ...]) -> Text:
    line = Text("Lumbung  ", style="bold")
    for shown in processes:
        again = f"×{shown.restarts}" if shown.restarts else ""
        line.append(f"{shown.name}{again} ", style=_COLOURS.get(shown.state, "dim"))
    return line


def _hubs(sight: Sight) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, side in _COLUMNS:
        table.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]  # left and right are sides
    for hub in sight.hubs:
        age = _age(sight.now_ms - hub.last_report_ms) if hub.last_report_ms else "–"
        figures = [getattr(hub, name) for name in _SUMMED]
        table.add_row(
            f"{hub.hub} {hub.name.removeprefix(REGENCY)}",
            *(str(n) if n else "–" for n in figures),
            age,
        )
    table.add_section()
    totals = [sum(getattr(hub, name) for hub in sight.hubs) for name in _SUMMED]
    table.add_row("all", *(str(n) for n in totals), "", style="bold")
    return table


_SUMMED: Final = (
    "lines", "coops_heard", "offers_open", "needs_open", "matches", "dead_letters",
)  # fmt: skip


def _lives(lives: Mapping[tuple[int, str], int]) -> Text:
    """How many matches stand where, inside hubs and between them; states of none are left out."""
    lines = []
    for tier, where in TIERS.items():
        counts = [(state, lives.get((tier, state), 0)) for state in STATES]
        told = "  ".join(f"{state.replace('_', ' ')} {n}" for state, n in counts if n)
        if told:
            lines.append(Text.assemble((f"{where}  ", "bold"), told))
    return Text("\n").join(lines)


def _matches(rows: list[dict[str, Any]], title: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
    for name in ("match", "from", "to", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("what", "moved", "price + way"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(
            row["match_id"],
            row["from_coop"],
            row["to_coop"],
            row["state"],
            _goods(row),
            _moved(row),
            f"Rp{row['price']} + Rp{row['leg_cost']} {row['leg_mode']}",
        )
    return table


def _goods(row: dict[str, Any]) -> str:
    """What is given, and what it becomes on the way when that is something else."""
    given = f"{cell(row['quantity'])} {row['unit']} {row['commodity']}"
    pool = f" (pool of {row['pooled']})" if row.get("pooled") else ""
    if row["to_commodity"] == row["commodity"]:
        return given + pool
    return f"{given} → {cell(row['to_quantity'])} {row['to_unit']} {row['to_commodity']}{pool}"


def _moved(row: dict[str, Any]) -> str:
    """Shipped, received and refused so far, as far as there is anything to tell."""
    told = [
        f"{word} {cell(row[f'{word}_quantity'])}"
        for word in ("shipped", "received", "refused")
        if row[f"{word}_quantity"]
    ]
    return ", ".join(told) or "–"


def _letters(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        box=None,
        header_style="bold",
        pad_edge=False,
        title="newest dead letters",
        title_justify="left",
    )
    for name in ("identity", "reason", "field"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(row["identity"], str(row["reason"]), cell(row["field"]))
    return table


def _age(ms: int) -> str:
    seconds = max(0, ms) // 1000
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
