"""`lumbung report` and `import`: a clerk speaks; the outbox keeps it until Kafka has it."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli_check import kafka_of
from deploy.errors import EXIT_CHECK, EXIT_DEPENDENCY, DependencyError, UsageError
from deploy.options import Data, Kafka
from deploy.provision import provision, require_kafka
from deploy.settings import Settings, load
from deploy.wiring import all_topics, now_ms
from producers.compose import Composed, Composer, Fault
from producers.delivery import deliver
from producers.errors import PublishError
from producers.goods import Goods
from producers.outbox import Draft
from producers.outbox_store import Outbox
from producers.publisher import Publisher, PublisherOptions
from producers.say import say, say_text
from producers.spreadsheet import Import, Rules, Verdict, read_sheet, summary
from producers.spreadsheet_file import open_sheet
from schemas import reference
from schemas.topics import EVENTS

DEVICE: Final = "cli"
report_app: Final = typer.Typer(
    name="report",
    no_args_is_help=True,
    help="Say something for a co-op: stock, orders, a message.",
)
CoopArg = Annotated[str, typer.Argument(help="Village code, such as 19.02.01.2003.")]
GoodsArg = Annotated[str, typer.Argument(help="Code or name: KELAPA, lada putih.")]
Amount = Annotated[str, typer.Argument(help="120kg, 1.500kg (Indonesian numbers), 0,5ton.")]
Grade = Annotated[str, typer.Option(help="Grade; absent is ungraded.")]
Price = Annotated[str, typer.Option(help="Whole rupiah per base unit.")]
Day = Annotated[str, typer.Option(help="A day, 2026-12-01.")]
Lot = Annotated[str, typer.Option(help="Lot; absent is the unnamed one.")]
Locale = Annotated[str, typer.Option(help="How numbers are written: id or en.")]


@report_app.command()
def stock(
    coop: CoopArg,
    goods: GoodsArg,
    amount: Amount,
    *,
    kind: Annotated[
        str, typer.Option(help="hitung (count), masuk (in), keluar (out).")
    ] = "hitung",
    grade: Grade = "",
    lot: Lot = "",
    floor_price: Price = "",
    expires_on: Day = "",
    reason: str = "",
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Count stock, or say what came in or went out."""
    fields = {"commodity": goods, "amount": amount, "grade": grade, "lot": lot, "reason": reason,
              "floor_price": floor_price, "expires_on": expires_on}  # fmt: skip
    _spoken(coop, lambda at: _say(kind, fields, coop, at, locale), data, kafka)


@report_app.command()
def order(
    coop: CoopArg,
    goods: GoodsArg,
    amount: Amount,
    *,
    number: Annotated[
        str, typer.Option("--order", help="Order number; absent: by the clock.")
    ] = "",
    grade: Grade = "",
    ceiling_price: Price = "",
    needed_by: Day = "",
    priority: Annotated[str, typer.Option(help="normal, staple or emergency.")] = "",
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Order goods."""
    fields = {
        "commodity": goods,
        "amount": amount,
        "order": number,
        "grade": grade,
        "ceiling_price": ceiling_price,
        "needed_by": needed_by,
        "priority": priority,
    }
    _spoken(coop, lambda at: _say("pesan", fields, coop, at, locale), data, kafka)


@report_app.command()
def cancel(
    coop: CoopArg,
    number: Annotated[str, typer.Argument(help="Order number.")],
    reason: str = "",
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Withdraw an order."""
    fields = {"order": number, "reason": reason}
    _spoken(coop, lambda at: _say("batal", fields, coop, at, "id"), data, kafka)


@report_app.command()
def text(
    coop: CoopArg,
    words: Annotated[list[str], typer.Argument(help="STOK LADA 120KG, as in a text message.")],
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Say one line the way a text message does."""
    said = " ".join(words)

    def compose(at: int) -> Composed | list[Fault]:
        return say_text(said, coop=coop, said_ms=at, composer=_composer("id"))

    _spoken(coop, compose, data, kafka)


@report_app.command()
def send(data: Data = None, kafka: Kafka = None) -> None:
    """Send what is still owed; nothing new is said."""
    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    with outbox_of(settings) as outbox:
        deliver_all(settings, outbox)


def _composer(locale: Any) -> Composer:
    return Composer(Goods(reference.catalogue(), reference.units()), locale)


def _say(kind: str, fields: Any, coop: str, at: int, locale: str) -> Composed | list[Fault]:
    said = {name: value for name, value in fields.items() if value}
    return say(kind, said, coop=coop, said_ms=at, composer=_composer(locale))


def send_one(
    settings: Settings, actor: str, value_of: Callable[[int, int], bytes], read_back: str
) -> str:
    """Keep a saying under the actor's next number, show it, send all that is owed; its id.

    `value_of` gives its bytes from the number and the moment in ms.
    """
    at = now_ms()
    with outbox_of(settings) as outbox:
        draft = outbox.keep_next(actor, DEVICE, lambda number: value_of(number, at))
        typer.echo(f"{draft.id}  {read_back}", err=True)
        deliver_all(settings, outbox)
    return draft.id


def require_village(coop: str) -> None:
    """Raises UsageError LB-U020 unless it is one."""
    if not reference.register().is_coop(coop):
        raise UsageError(
            "LB-U020", f"{coop} is no village", "Village codes look like 19.02.01.2003."
        )


def require_actor(actor: str) -> None:
    """Raises UsageError LB-U021 unless it is a village or a hub."""
    register = reference.register()
    if not (register.is_coop(actor) or register.is_hub(actor)):
        raise UsageError(
            "LB-U021",
            f"{actor} is neither a village nor a hub",
            "Villages look like 19.02.01.2003, hubs like 19.02.",
        )


def _spoken(
    coop: str, compose: Callable[[int], Composed | list[Fault]], data: Data, kafka: Kafka
) -> None:
    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    require_village(coop)
    at = now_ms()
    found = compose(at)
    if isinstance(found, list):
        faulty(found)
        raise typer.Exit(EXIT_CHECK)
    with outbox_of(settings) as outbox:
        draft = outbox.say(coop, DEVICE, [found.line], at)
        typer.echo(f"{draft.id}  {found.read_back}", err=True)
        for note in (found.note_id, found.note_en):
            if note:
                typer.echo(note, err=True)
        deliver_all(settings, outbox)
    typer.echo(draft.id)


def faulty(faults: Sequence[Fault]) -> None:
    """Tell every fault of what was filled in, on stderr."""
    for fault in faults:
        typer.echo(f"{fault.field or '-'}: {fault.said_id} / {fault.said_en}", err=True)


@contextmanager
def outbox_of(settings: Settings) -> Iterator[Outbox]:
    """The outbox of a data folder."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with Outbox(settings.data_dir / "outbox.db") as outbox:
        yield outbox


def deliver_all(settings: Settings, outbox: Outbox) -> None:
    """Send all that is owed; what is not acknowledged stays, and the exit code says so."""
    try:
        with (
            ready_kafka(settings) as bootstrap,
            Publisher(PublisherOptions(bootstrap, EVENTS, client_id="lumbung-cli")) as sender,
        ):
            done = deliver(outbox, sender, reference.register(), now=now_ms)
        why = done.why
    except (PublishError, DependencyError) as failed:
        why = str(failed)
    owed = len(outbox.pending())
    if owed:
        typer.echo(f"belum terkirim / not sent yet: {owed} ({why})", err=True)
        typer.echo("They stay in the outbox; `lumbung report send` sends what is owed.", err=True)
        raise typer.Exit(EXIT_DEPENDENCY)


@contextmanager
def ready_kafka(settings: Settings) -> Iterator[str]:
    """The Kafka to speak to; the embedded one of a new data folder gets its topics first."""
    with kafka_of(settings) as bootstrap:
        if settings.kafka.bootstrap is None:
            made = provision(bootstrap, all_topics(settings), partitions=settings.kafka.partitions)
            for growth in made.grown:
                typer.echo(str(growth), err=True)
        else:
            require_kafka(bootstrap)  # at once, where a publisher would try for ten seconds
        yield bootstrap


def import_(
    file: Annotated[Path, typer.Argument(help="A table: FILE.csv or FILE.xlsx.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Judge every row, send nothing.")
    ] = False,
    coop: Annotated[str, typer.Option(help="The co-op of rows that name none.")] = "",
    locale: Locale = "id",
    data: Data = None,
    kafka: Kafka = None,
) -> None:
    """Import a table of stock and orders: a verdict for every row, and all rows or none are sent.

    Columns: koperasi, komoditas, jumlah, satuan, mutu, lot, harga_minimal, kedaluwarsa, jenis,
    tanggal, batas_harga, butuh_sebelum, pesanan (or their English names). The same file twice
    changes nothing.
    """
    settings = load({"data_dir": data, "kafka.bootstrap": kafka}).settings
    rules = Rules(_composer(locale), reference.register().is_coop, now_ms(), locale, coop)  # type: ignore[arg-type]  # open_sheet refuses others
    found = read_sheet(open_sheet(file, locale=locale), rules)
    _verdicts(found)
    if not found.sound:
        typer.echo("tidak ada yang dikirim / nothing was sent: mend the rows above", err=True)
        raise typer.Exit(EXIT_CHECK)
    if dry_run:
        return
    with outbox_of(settings) as outbox:
        kept: list[Draft] = outbox.keep(found.drafts)
        deliver_all(settings, outbox)
    typer.echo(f"terkirim / sent: {len(kept)} reports", err=True)


def _verdicts(found: Import) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("row", "coop", "verdict", "what"):
        table.add_column(name, overflow="fold")
    for verdict in found.verdicts:
        table.add_row(str(verdict.row), verdict.coop or "–", *_words(verdict))
    console = Console(soft_wrap=not sys.stdout.isatty())
    console.print(table)
    counted = ", ".join(f"{name} {n}" for name, n in summary(found).items())
    typer.echo(counted, err=True)


def _words(verdict: Verdict) -> tuple[str, str]:
    if verdict.composed is not None:
        return "ok", f"{verdict.composed.read_back} {verdict.composed.note_id}".strip()
    return "SALAH", "; ".join(f"{f.field}: {f.said_id} / {f.said_en}" for f in verdict.faults)
