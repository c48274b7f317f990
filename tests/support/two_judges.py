"""One record before both judges: the program's and the checker's, which share no code.

`ours` and `theirs` give the same form: accepted, rejected, or which lines were refused, with what
the sound lines mean. A difference is a fault of one of them.
"""

from functools import cache
from typing import Any, NamedTuple

from deploy.verify.bodies import BodyReader
from deploy.verify.books import CoopBook
from deploy.verify.goods import UNGRADED, load
from deploy.verify.lines import LINES_MAX, Asked, LineReader, Plan, Stock, Void
from deploy.verify.log import LogRecord
from deploy.verify.pacts import lines_of
from deploy.verify.sayings import read
from deploy.verify.shapes import REPORT, TICK
from schemas.errors import Rejection
from schemas.judged import OrderLine, PlanLine, StockLine
from schemas.topics import EVENTS
from schemas.validation import Judge
from tests.support.sayings import HOME, NOW_MS, PARTITIONS, judge

KNOWN = load()
LINES = LineReader(KNOWN)


class Record(NamedTuple):
    """What a judge is given."""

    value: bytes | None
    key: bytes | None
    partition: int = HOME
    timestamp_ms: int = NOW_MS


class Verdict(NamedTuple):
    """Rejected, or who said it, when, what holds of it and which lines do not."""

    accepted: bool
    who: tuple[Any, ...] = ()
    lines: tuple[tuple[Any, ...], ...] = ()
    refused: tuple[int, ...] = ()

    @property
    def word(self) -> str:
        """The verdict as the corpus calls it."""
        if not self.accepted:
            return "rejected"
        return "line_rejected" if self.refused else "accepted"


REJECTED = Verdict(accepted=False)


@cache
def one_judge() -> Judge:
    """The program's judge, which many records go before."""
    return judge()


@cache
def _bodies(partition: int) -> BodyReader:
    return BodyReader(KNOWN, LINES, f"{EVENTS}/{partition}/")


def judged(record: Record) -> Any:
    """What the program says, with its reason."""
    return one_judge().judge(
        record.value,
        key=record.key,
        timestamp_ms=record.timestamp_ms,
        partition=record.partition,
    )


def ours(record: Record) -> Verdict:
    """The program's verdict."""
    found = judged(record)
    if isinstance(found, Rejection):
        return REJECTED
    who = (found.type, found.id, found.actor, found.hub, found.device, found.sequence)
    lines = tuple(map(_meaning, found.lines))
    refused = tuple(fault.line for fault in found.rejections)
    return Verdict(accepted=True, who=(*who, found.time_ms), lines=lines, refused=refused)


def _meaning(line: Any) -> tuple[Any, ...]:
    if isinstance(line, StockLine):
        said, terms = line.terms, None
        if said is not None:
            terms = _said((said.floor, said.expires_day, said.min_lot, said.keep))
        goods = (line.commodity, line.grade or UNGRADED, line.lot, line.quantity)
        return (line.n, line.part, line.kind, *goods, terms)
    if isinstance(line, PlanLine):
        goods = (line.commodity, line.grade or UNGRADED, line.lot, line.quantity)
        return (line.n, *goods, line.ready_day)
    if isinstance(line, OrderLine):
        asks = (line.ceiling, line.needed_day, line.priority, line.market, line.min_lot)
        grade = line.grade or (UNGRADED if line.kind == "p" else "")
        return (line.n, line.kind, line.order, line.revision, line.commodity, grade,
                line.quantity, line.unit if line.kind == "a" else "", *asks)  # fmt: skip
    return (line.n, line.device, line.sequence, line.line)


def _said(terms: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Terms that say nothing are no terms."""
    return None if terms == (-1, -1, 0, 0) else terms


def theirs(record: Record) -> Verdict:
    """The checker's verdict."""
    said = read(
        LogRecord(record.partition, 0, record.timestamp_ms, record.key, record.value),
        PARTITIONS,
        KNOWN,
    )
    if said is None:
        return REJECTED
    who = (said.type, said.id, said.actor, said.hub, said.device, said.sequence, said.time_ms)
    if said.type != TICK and not _bodies(record.partition).is_sound(said):
        return REJECTED
    if said.type == REPORT and not 1 <= len(said.data["lines"]) <= LINES_MAX:
        return REJECTED
    read_lines = lines_of(said, CoopBook(), LINES, KNOWN)
    lines = tuple(_their_meaning(line) for parts in read_lines for line in parts or ())
    refused = tuple(n for n, parts in enumerate(read_lines, 1) if parts is None)
    return Verdict(accepted=True, who=who, lines=lines, refused=refused)


def _their_meaning(line: Any) -> tuple[Any, ...]:
    match line:
        case Stock():
            goods = (line.commodity, line.grade, line.lot, line.quantity)
            return (line.n, line.part, line.kind, *goods, _said(line.terms))
        case Plan():
            return (line.n, line.commodity, line.grade, line.lot, line.quantity, line.day)
        case Asked():
            terms = (line.ceiling, line.needed, line.priority, line.market, line.min_lot)
            return (line.n, line.kind, line.order, line.revision, line.commodity, line.grade,
                    line.quantity, line.unit if line.kind == "a" else "", *terms)  # fmt: skip
        case Void():
            return (line.n, line.device, line.sequence, line.line)
        case _:
            raise AssertionError(line)
