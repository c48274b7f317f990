"""Decides what a person sees of a running system: a line a hub, new matches, what is wrong."""

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
_COLOURS: Final = {State.RUNNING: "green", State.WAITING: "yellow", State.FAILED: "bold red"}


@dataclass(slots=True)
class Sight:
    """What is known at one moment."""

    now_ms: int
    hubs: list[HubLine] = field(default_factory=list)
    matches: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    processes: tuple[Shown, ...] = ()
    note: str = ""


def screen(sight: Sight) -> RenderableType:
    """The whole screen."""
    parts: list[RenderableType] = [_processes(sight.processes), _hubs(sight)]
    if sight.matches:
        parts.append(_matches(sight.matches))
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


def _matches(rows: list[dict[str, Any]]) -> Table:
    table = Table(
        box=None, header_style="bold", pad_edge=False, title="newest matches", title_justify="left"
    )
    for name in ("match", "what", "from", "to", "seller nets", "way"):
        table.add_column(name)
    for row in rows:
        table.add_row(
            row["match_id"],
            f"{cell(row['quantity'])} {row['unit']} {row['commodity']}",
            row["from_coop"],
            row["to_coop"],
            f"Rp{row['price']}",
            f"Rp{row['leg_cost']} {row['leg_mode']}",
        )
    return table


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
