"""An officer's decision on its way: checked against the warehouse where there is one, then sent.

Decides what is refused before it is sent (a decision that is no decision, an actor that is not a
party) and how what became of it is told. Refuses to judge a match's life: the hub worker does, and
knows more than a warehouse that is a second behind.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import typer

from deploy.cli_say import DEVICE, faulty, require_actor, send_one
from deploy.errors import EXIT_CHECK, EXIT_DEPENDENCY, UsageError
from deploy.settings import Settings, load
from producers.decision import BY, GIVER, TAKER, decided
from producers.numerals import Locale
from producers.speech import decision_value
from schemas.errors import Reason
from schemas.reason_words import REASON_WORDS
from sinks.engines import reading
from sinks.errors import SinkError, WarehouseMissing
from sinks.queries.decided import Verdict, match_of, verdict

_LOOK_SECONDS: Final = 0.2
_LOCALES: Final[Mapping[str, Locale]] = {"id": "id", "en": "en"}
_PARTY: Final = {GIVER: ("from_coop", "from_hub"), TAKER: ("to_coop", "to_hub")}
_SIDES: Final = {
    GIVER: "yang memberi barang / who gives the goods",
    TAKER: "yang menerima barang / who takes them",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed; `said` holds the fields of the decision as on the wire."""

    action: str
    match: str
    actor: str
    said: Mapping[str, Any]
    wait_seconds: float = 0.0
    locale: str = "id"


def decide(wanted: Wanted, flags: Mapping[str, Any]) -> None:
    """Check a decision, keep it in the outbox, send it; its id goes to standard output."""
    settings = load(flags).settings
    if wanted.locale not in _LOCALES:
        raise UsageError("LB-U013", f"{wanted.locale!r} is no way to write numbers", "id or en.")
    require_actor(wanted.actor)
    found = decided(
        wanted.action, wanted.match, wanted.actor, wanted.said, _LOCALES[wanted.locale]
    )
    if isinstance(found, list):
        faulty(found)
        raise typer.Exit(EXIT_CHECK)
    match = _known(settings, wanted.match)
    if match is not None:
        require_party(match, wanted.actor, wanted.action)

    def value_of(number: int, at: int) -> bytes:
        return decision_value(found.said(DEVICE, number), at)

    said = send_one(settings, found.actor, value_of, f"{found.match}  {found.read_back}")
    if wanted.wait_seconds > 0:
        _tell(_awaited(settings, said, wanted.wait_seconds), wanted, settings)
    typer.echo(said)


def require_party(match: Mapping[str, Any], actor: str, action: str) -> None:
    """Raises UsageError LB-U022 unless the actor may speak on this match, as its row tells.

    A hub may for its co-ops; whether they gave it a mandate only its worker knows.
    """
    may = {side for side, columns in _PARTY.items() if actor in {match[c] for c in columns}}
    if may & set(BY[action]):
        return
    parties = "; ".join(
        f"{_SIDES[side]}: {match[coop]} (hub {match[hub]})" for side, (coop, hub) in _PARTY.items()
    )
    if not may:
        raise UsageError("LB-U022", f"{actor} is no party of {match['match_id']}", parties)
    whose = _SIDES[BY[action][0]]
    raise UsageError("LB-U022", f"{action}: {whose}, and {actor} is not on that side", parties)


def _known(settings: Settings, match: str) -> Mapping[str, Any] | None:
    """The match as the warehouse has it; None without a warehouse, or when it is not there yet."""
    try:
        with reading(settings.warehouse_url) as connection:
            found = match_of(connection, match)
    except WarehouseMissing:
        return None
    except SinkError as failed:
        typer.echo(f"{failed.what}: not checked beforehand", err=True)
        return None
    if found is None:
        typer.echo(f"{match}: not in the warehouse (yet); not checked beforehand", err=True)
    return found


def _awaited(settings: Settings, said: str, seconds: float) -> Verdict | None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with reading(settings.warehouse_url) as connection:
                found = verdict(connection, said)
        except WarehouseMissing:
            found = None
        if found is not None or time.monotonic() > deadline:
            return found
        time.sleep(_LOOK_SECONDS)


def _tell(found: Verdict | None, wanted: Wanted, settings: Settings) -> None:
    """What became of it, on stderr; exit code 5 when it was refused, 4 when nobody has said."""
    if found is None:
        typer.echo(
            "terkirim, belum dijawab / sent, and not judged in time: are a worker and a sink "
            "running? `lumbung trace` tells later",
            err=True,
        )
        raise typer.Exit(EXIT_DEPENDENCY)
    if not found.accepted:
        id_, en = REASON_WORDS[Reason(found.reason)]
        typer.echo(f"ditolak / refused: {found.reason} ({found.field}): {id_} / {en}", err=True)
        raise typer.Exit(EXIT_CHECK)
    match = _known(settings, wanted.match)
    state = "" if match is None else f": {wanted.match} {match['state']}"
    typer.echo(f"diterima / accepted{state}", err=True)
