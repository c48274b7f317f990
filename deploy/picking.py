"""The options that choose dead letters, and the moments they may name."""

import re
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from deploy.errors import UsageError
from deploy.replay import parse_moment
from deploy.wiring import now_ms
from sinks.queries.letters import Selection

Reason = Annotated[str, typer.Option(help="Only this reason, such as unknown_unit.")]
Coop = Annotated[str, typer.Option(help="Co-op, such as 19.02.01.2003.")]
Hub = Annotated[str, typer.Option(help="Hub, such as 19.02.")]
Since = Annotated[str, typer.Option(help="From then on: 2h, 3d, or 2026-11-22T07:00:00+07:00.")]
Until = Annotated[str, typer.Option(help="Before then, said likewise.")]
Limit = Annotated[int, typer.Option(help="Rows at most.")]

_AGO: Final = re.compile(r"([0-9]{1,6})([smhd])")
_UNIT_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Chosen:
    """The options as they were said."""

    reason: str = ""
    coop: str = ""
    hub: str = ""
    since: str = ""
    until: str = ""
    limit: int = 100

    @property
    def all(self) -> bool:
        """Whether nothing was said that leaves any letter out."""
        return not (self.reason or self.coop or self.hub or self.since or self.until)


def selection(chosen: Chosen, *, identity: str = "", unrepaired: bool = False) -> Selection:
    """What the warehouse is asked for; UsageError LB-U003 for what is no moment."""
    return Selection(
        identity=identity,
        reason=chosen.reason,
        coop=chosen.coop,
        hub=chosen.hub,
        since_ms=moment(chosen.since),
        until_ms=moment(chosen.until),
        unrepaired=unrepaired,
        limit=chosen.limit,
    )


def moment(text: str) -> int:
    """So long ago, or a time with its offset, as ms UTC; 0 when nothing was said."""
    if not text:
        return 0
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now_ms() - int(ago[1]) * _UNIT_MS[ago[2]]
    try:
        return parse_moment(text)
    except UsageError as wrong:
        raise UsageError(
            wrong.code, wrong.what, "For example 2h, 3d, or 2026-11-22T07:00:00+07:00"
        ) from wrong
