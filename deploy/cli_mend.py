"""`lumbung dlq edit` and `replay`: a dead letter mended by hand, or said again as it was.

Decides what is sent and that every letter sent is noted in the audit. What would only come back is
not sent. Refuses to judge: `mend` does, by the workers' own judge.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy import audit, mend, shown
from deploy.cli_say import deliver_all, outbox_of, ready_kafka
from deploy.errors import EXIT_CHECK, CheckFailed, UsageError
from deploy.mend import Bench, Document, Fault, Repair
from deploy.options import Data, Kafka, Output, WarehouseUrl
from deploy.picking import Chosen, Coop, Hub, Limit, Reason, Since, Until, selection
from deploy.redrive import Redrive, Verdict, counted, verdicts
from deploy.settings import Settings, load
from deploy.wiring import now_ms
from producers.publisher import Publisher, PublisherOptions
from schemas.topics import EVENTS
from sinks.engines import reading
from sinks.queries.letters import Letter, Selection, letters, newest_profile

RATE: float = 50.0
DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge, and send nothing.")]


# ------------------------------------------------------------------ edit
def edit(
    identity: Annotated[str, typer.Argument(help="As `lumbung dlq list` shows it.")],
    *,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", help="unit=KG; of a whole report lines.1.unit=KG; n:=2 is JSON."),
    ] = None,
    unsets: Annotated[
        list[str] | None, typer.Option("--unset", help="A field to leave out.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The mended JSON, - for standard input.")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Say it as a new report that repairs no letter.")
    ] = False,
    dry_run: DryRun = False,
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Repair a dead letter: a new report of its co-op, accepted once.

    Without --set, --unset or --file your editor ($VISUAL, $EDITOR) opens on the line, or on co-op,
    time and lines of a whole report. The repair speaks of the time at which the original was said.
    """
    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings = load(flags).settings
    with reading(settings.warehouse_url) as connection:
        letter = _letter(letters(connection, Selection(identity=identity)), identity)
        bench = Bench(
            settings.kafka.partitions, now_ms(), lambda coop: newest_profile(connection, coop)
        )
        made = _made(bench, letter, (sets or [], unsets or [], file), bound=not anew)
    if dry_run:
        typer.echo(f"diterima / would be accepted: {len(made.lines)} lines of {made.coop}")
        return
    _said(settings, letter, made)


def _letter(found: list[Letter], identity: str) -> Letter:
    if not found:
        typer.echo(f"no dead letter is called {identity}", err=True)
        raise typer.Exit(EXIT_CHECK)
    letter = found[0]
    if letter.repaired_by:
        raise CheckFailed(
            "LB-D001",
            f"{identity} was repaired already, by {letter.repaired_by}",
            "A letter is repaired once; what is still wrong is said by a new report.",
        )
    return letter


def _made(
    bench: Bench, letter: Letter, by: tuple[list[str], list[str], Path | None], *, bound: bool
) -> Repair:
    """The repair, by options, a file or the editor; it is edited again while it is faulty."""
    sets, unsets, file = by
    document = mend.document_of(letter, bench.now_ms)
    by_hand = not (sets or unsets or file)
    if file is not None:
        document = _parsed(sys.stdin.read() if str(file) == "-" else _text(file))
    text = json.dumps(mend.changed(document, sets, unsets), ensure_ascii=False, indent=2)
    while True:
        text = _edited(text) if by_hand else text
        document = _parsed(text)
        coop = str(document.get("coop") or letter.coop)
        if bound and not bench.is_within_reach(letter, coop):
            raise CheckFailed(
                "LB-D003",
                f"{letter.identity} lies in another partition than the book of {coop}",
                "There it could not be kept to one repair. With --anew it is said as a new"
                " report that repairs no letter: then see to it that nobody else does so too.",
            )
        made = bench.repaired(letter, document, bound=bound)
        if isinstance(made, Repair):
            return made
        _tell(made)
        if not (by_hand and sys.stdin.isatty() and typer.confirm("ubah lagi / edit again?")):
            raise typer.Exit(EXIT_CHECK)


def _tell(faults: list[Fault]) -> None:
    for fault in faults:
        where = fault.field or "-"
        typer.echo(f"{where}: {fault.reason}: {fault.words_id} / {fault.words_en}", err=True)


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as failed:
        raise UsageError("LB-U001", f"{file} cannot be read: {failed}", "Name a file.") from failed


def _parsed(text: str) -> Document:
    try:
        document = json.loads(text)
    except ValueError as wrong:
        raise CheckFailed("LB-D004", f"this is no JSON: {wrong}", "Nothing was sent.") from wrong
    if not isinstance(document, dict):
        raise CheckFailed("LB-D004", "this is no JSON object", "Nothing was sent.")
    return document


def _edited(text: str) -> str:
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "letter.json"
        path.write_text(text + "\n", "utf-8")
        try:
            done = subprocess.run([*words, str(path)], check=False).returncode
        except OSError as failed:
            raise UsageError(
                "LB-U031", f"no editor {words[0]}: {failed}", "Set EDITOR, or use --set or --file."
            ) from failed
        if done:
            raise UsageError("LB-U031", f"{words[0]} ended with {done}", "Nothing was sent.")
        return path.read_text("utf-8")


def _said(settings: Settings, letter: Letter, made: Repair) -> None:
    with outbox_of(settings) as outbox:
        named = f'"repairs":"{letter.identity}"'.encode()
        owed = [draft for draft in outbox.pending() if made.repairs and named in draft.value]
        if owed:  # said before and not yet sent: it must not be said twice
            draft = owed[0]
        else:
            draft = outbox.say(
                made.coop, mend.DEVICE, made.lines, made.said_ms, repairs=made.repairs
            )
            what = "edit" if made.repairs else "anew"
            facts = {"letter": letter.identity, "reason": letter.reason, "report": draft.id}
            audit.note(settings.data_dir, what, **facts)
        deliver_all(settings, outbox)
    typer.echo(draft.id)


# ------------------------------------------------------------------ replay
def replay(
    identities: Annotated[
        list[str] | None, typer.Argument(help="Letters; or choose them by options.")
    ] = None,
    *,
    reason: Reason = "",
    coop: Coop = "",
    hub: Hub = "",
    since: Since = "",
    until: Until = "",
    limit: Limit = 100_000,
    every: Annotated[
        bool, typer.Option("--all", help="Choose every letter that nobody has repaired.")
    ] = False,
    rate: Annotated[float, typer.Option(help="Letters a second; 0: no limit.")] = RATE,
    dry_run: DryRun = False,
    output: Output = "table",
    data: Data = None,
    kafka: Kafka = None,
    warehouse: WarehouseUrl = None,
) -> None:
    """Say letters again as they were, after what refused them has changed.

    A whole record goes out byte for byte; a line goes out as a repair of its letter, accepted
    once. What would be refused again stays where it is. Prints counts per verdict as JSON; with
    --dry-run what would become of each letter.
    """
    flags = {"data_dir": data, "kafka.bootstrap": kafka, "warehouse.url": warehouse}
    settings = load(flags).settings
    chosen = Chosen(reason, coop, hub, since, until, limit)
    if chosen.all and not identities and not every:
        raise UsageError("LB-U032", "no letters were chosen", "Name some, or say --all.")
    found = _found(settings, chosen, identities or [], settings.kafka.partitions)
    if dry_run:
        shown.write([verdict.row() for verdict in found], output)
        typer.echo(json.dumps(counted(found)), err=True)
        return
    sendable = [verdict for verdict in found if verdict.sendable]
    if sendable:
        _send(settings, sendable, rate)
    typer.echo(json.dumps({"sent": len(sendable), **counted(found)}))


def _send(settings: Settings, sendable: list[Verdict], rate: float) -> None:
    with (
        outbox_of(settings) as outbox,
        ready_kafka(settings) as bootstrap,
        Publisher(PublisherOptions(bootstrap, EVENTS, client_id="lumbung-dlq")) as sender,
    ):
        Redrive(settings.data_dir, outbox, sender, rate).run(sendable)


def _found(
    settings: Settings, chosen: Chosen, identities: list[str], partitions: int
) -> list[Verdict]:
    """Every letter chosen, with what would become of it now."""
    with reading(settings.warehouse_url) as connection:
        rows: list[Letter] = []
        for identity in identities:
            named = letters(connection, selection(chosen, identity=identity))
            if not named:
                typer.echo(f"no dead letter is called {identity}", err=True)
                raise typer.Exit(EXIT_CHECK)
            rows += named
        if not identities:
            rows = letters(connection, selection(chosen, unrepaired=True))
        profiles: dict[str, Any] = {}

        def profile_of(coop: str) -> str | None:
            if coop not in profiles:
                profiles[coop] = newest_profile(connection, coop)
            found: str | None = profiles[coop]
            return found

        return verdicts(connection, rows, Bench(partitions, now_ms(), profile_of))
