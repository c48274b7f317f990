"""One partition of the events, walked in the order of offsets: every record judged anew.

Decides by the checker's own reading which verdict each record must have, folds what is kept
into the books, and holds each verdict against the ledger. What depends on what was said before
(a unit that does not fit an order, a count beyond what is kept) is taken from the ledger where
the facts allow it. Refuses to know matches, but tells whoever listens when a record was folded.
"""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from deploy.verify import pacts, refusals
from deploy.verify.bodies import BodyReader
from deploy.verify.books import CoopBook
from deploy.verify.findings import COUNTED, JUDGED, Report, place
from deploy.verify.gates import Gate, Use
from deploy.verify.goods import Reference
from deploy.verify.ledger import Judgement, Ledger
from deploy.verify.letters import Letters
from deploy.verify.lines import LINES_MAX, Line, LineReader
from deploy.verify.log import Log, LogRecord
from deploy.verify.messages import Message, request
from deploy.verify.sayings import Saying, read
from deploy.verify.shapes import CONTRACT, DECISION, GAP, PROFILE, REPORT, TICK
from deploy.verify.wording import expected_words, fingerprint

_ONE_OF_BOTH: Final = frozenset({"duplicate", "rejected"})


class Moment(NamedTuple):
    """What has just been folded: its version, the tick's number, the decision carried out.

    0 when it was no tick, None when it was no such decision; `asked` is a request of the market.
    """

    version: int
    tick: int = 0
    did: Saying | None = None
    asked: Message | None = None


class Walk:
    """One partition: its gates, its books, and its sense of time."""

    def __init__(
        self,
        topic: str,
        place_of: tuple[int, int],
        known: Reference,
        ledger: Ledger,
        report: Report,
    ) -> None:
        self._topic, self._at, self._known = topic, place_of, known
        self._ledger, self._report = ledger, report
        self.reader: Final = LineReader(known)
        self._bodies = BodyReader(known, self.reader, f"{topic}/{place_of[0]}/")
        self.letters: Final = Letters(topic, report)
        self.books: Final[dict[str, CoopBook]] = {}
        self.gates: Final[dict[tuple[str, str], Gate]] = {}
        self.mended: Final[dict[str, str]] = {}
        self.as_of_ms = 0
        self.tick = 0
        self.last = -1

    def run(self, log: Log, folded: Callable[["Walk", Moment], None]) -> None:
        """Judge every record; `folded` is called after each that changes something."""
        count = 0
        for record in log.records(self._topic, self._at[0]):
            count += 1
            self.last = record.offset
            if not self.as_of_ms:
                self.as_of_ms = record.timestamp
            self._one(record, folded)
        self._report.count("records", count)
        self._report.count("read", count)
        self._ledger.settle()

    def book(self, actor: str) -> CoopBook:
        """The book of an actor, made when it is new."""
        found = self.books.get(actor)
        if found is None:
            found = self.books[actor] = CoopBook()
        return found

    def rows_of(self, log: Log, actor: str) -> dict[str, tuple[Any, ...]]:
        """What the ledger's rows of one co-op must be, by line id, from its reports read again."""
        book, rows = self.book(actor), {}
        places = book.offsets()
        for record in log.records(self._topic, self._at[0], min(places, default=0)):
            said = read(record, self._at[1], self._known) if record.offset in places else None
            if said is not None:
                for parts in pacts.lines_of(said, book, self.reader, self._known):
                    for line in expected_words(said.id, parts or ()):
                        rows[line[0]] = (*line[1:6], said.device, said.sequence, said.time_ms)
            if record.offset >= max(places, default=0):
                break
        return rows

    # -------------------------------------------------------------- one record
    def _one(self, record: LogRecord, folded: Callable[["Walk", Moment], None]) -> None:
        asked = request(record, self._at[1])
        if asked is not None:
            self._report.count("requests")
            self._ledger.pass_over(record.offset, "a request of the market")
            folded(self, Moment(record.offset + 1, asked=asked))
            return
        said = read(record, self._at[1], self._known)
        if said is not None and said.type == TICK:
            self._report.count("ticks")
            self._ledger.pass_over(record.offset, "a tick")
            if said.sequence > self.tick:
                self.tick, self.as_of_ms = said.sequence, max(self.as_of_ms, said.time_ms)
                folded(self, Moment(record.offset + 1, self.tick))
            return
        self._report.held(JUDGED)
        judged = self._ledger.verdict(record.offset)
        if judged is None:
            name = self._name(record.offset)
            self._report.breach(
                JUDGED, "a record is in none of accepted, duplicate and rejected", name
            )
        elif said is None or not self._is_sound(said):
            self._whole(record, judged, {"rejected"}, "its envelope or its body is unsound")
        else:
            self._said(record, said, judged)
            done = said.type == DECISION and judged.verdict == "accepted"
            folded(self, Moment(record.offset + 1, did=said if done else None))
        if judged is not None:
            self._report.count(judged.verdict)

    def _is_sound(self, said: Saying) -> bool:
        lines = said.data.get("lines", ("one",))
        return 1 <= len(lines) <= LINES_MAX and self._bodies.is_sound(said)

    def _whole(
        self, record: LogRecord, judged: Judgement, allowed: set[str] | frozenset[str], why: str
    ) -> None:
        if judged.verdict not in allowed:
            self._breach(
                COUNTED, why, (record, judged), " or ".join(sorted(allowed)), judged.verdict
            )
        if judged.verdict == "rejected":
            if not judged.reason:
                self._breach(JUDGED, "a rejection gives no reason", (record, judged))
            self.letters.whole(record, judged.reason)

    def _said(self, record: LogRecord, said: Saying, judged: Judgement) -> None:
        self._report.held(COUNTED)
        who = (said.id, said.actor, said.hub, said.device, said.sequence, said.time_ms)
        if judged.who != who or judged.recorded_ms != record.timestamp:
            self._breach(
                JUDGED,
                "the ledger tells another speaker or time",
                (record, judged),
                (*who, record.timestamp),
                (*judged.who, judged.recorded_ms),
            )
        content, name = said.content(), (said.actor, said.device)
        gate = self.gates.get(name, Gate())
        match use := gate.look(said.sequence, content):
            case Use.FRESH:
                self._fresh(record, said, judged, content)
            case Use.SAME | Use.OLD:
                self._repeated(record, said, judged, {"duplicate"}, use)
            case Use.OTHER | Use.TOO_FAR:
                self._repeated(record, said, judged, {"rejected"}, use)
            case Use.GIVEN_UP:
                self._repeated(record, said, judged, _ONE_OF_BOTH, use)

    def _repeated(
        self,
        record: LogRecord,
        said: Saying,
        judged: Judgement,
        allowed: set[str] | frozenset[str],
        use: Use,
    ) -> None:
        gate = self.gates.get((said.actor, said.device), Gate())
        first = gate.first_use(said.sequence)
        since = "" if first is None else f" (first by {self._name(first)})"
        self._whole(record, judged, allowed, f"{said.id} is {use.value}{since}")

    # -------------------------------------------------------------- a saying that is new
    def _fresh(self, record: LogRecord, said: Saying, judged: Judgement, content: int) -> None:
        book = self.book(said.actor)
        if judged.verdict == "rejected" and judged.reason:
            # Turned away at the gate: only a co-op with very many devices may be.
            if not refusals.too_many_devices(book, said.device, judged.reason):
                self._breach(
                    COUNTED,
                    f"{said.id} is fresh and sound",
                    (record, judged),
                    "accepted",
                    judged.reason,
                )
            self.letters.whole(record, judged.reason)
            return
        book.heard(said, record.offset)
        gate = self.gates.setdefault((said.actor, said.device), Gate())
        gate.use(said.sequence, content, record.offset)
        if said.type == REPORT:
            verdict = self._lines(record, said, judged, book)
        else:
            verdict = self._body(record, said, judged, book)
        if judged.verdict != verdict:
            self._breach(
                COUNTED, f"{said.id} is fresh and sound", (record, judged), verdict, judged.verdict
            )
        if judged.refused:
            self.letters.lines(record, said.id, judged)
            self._report.count("refused_lines", len(judged.refused))

    def _lines(self, record: LogRecord, said: Saying, judged: Judgement, book: CoopBook) -> str:
        refused, letter = dict(judged.refused), said.data["repairs"]
        open_ = not letter or self._is_open(record, said, judged, refused)
        lines = self.reader.read(said, book.packs) if open_ else []
        kept: list[Line] = []
        facts = refusals.Facts(said, book, self.reader, self.as_of_ms)
        for n, parts in enumerate(lines, 1):
            reason = refused.pop(n, None)
            if parts is not None and reason is None:
                book.take(said, parts)
                kept += parts
            elif parts is None and reason is None:
                what = f"line {n} of {said.id} is unsound and was kept"
                self._breach(JUDGED, what, (record, judged), "refused", "kept")
            elif parts is not None and not refusals.allowed(parts[0], str(reason), facts):
                what = f"line {n} of {said.id} is sound and was refused"
                self._breach(JUDGED, what, (record, judged), "kept", reason)
        if refused:
            self._breach(
                JUDGED, f"lines that {said.id} does not have", (record, judged), "", refused
            )
        if letter and kept:
            self.mended[letter] = said.id
        self._shown(record, said, judged, kept)
        return "accepted" if kept else "rejected"

    def _shown(self, record: LogRecord, said: Saying, judged: Judgement, kept: list[Line]) -> None:
        """The ledger tells the lines that were kept, and no others."""
        book = self.book(said.actor)
        self._report.count("lines", len({line.n for line in kept}))
        words = expected_words(said.id, kept)
        self._report.count("ledger_lines", len(words))
        if words != judged.lines:
            what = f"the ledger tells other lines of {said.id}"
            self._breach(JUDGED, what, (record, judged), *_apart(words, judged.lines))
        book.rows[0] += len(words)
        book.rows[1] += sum([fingerprint(line, said) for line in words])

    def _is_open(
        self, record: LogRecord, said: Saying, judged: Judgement, refused: dict[int, str]
    ) -> bool:
        """Whether the dead letter that a report mends was mended by none before it."""
        letter, reason = said.data["repairs"], refused.pop(0, None)
        first = self.mended.get(letter)
        if first is None and refusals.too_many_mended(self.mended, said.actor, reason):
            return False
        if reason != (None if first is None else refusals.ALREADY_REPAIRED):
            what = f"{said.id} mends {letter}, which {first or 'nobody'} had mended"
            expected = "kept" if first is None else "refused"
            self._breach(COUNTED, what, (record, judged), expected, reason)
        return first is None

    def _body(self, record: LogRecord, said: Saying, judged: Judgement, book: CoopBook) -> str:
        reason = next((reason for _, reason in judged.refused), None)
        if said.type == CONTRACT:
            self._contract(record, said, judged, book)
        elif reason is None and said.type == PROFILE:
            self._profile(said, book)
        elif said.type == GAP:
            gate = self.gates[said.actor, said.device]
            if gate.give_up(said.data["first"], said.data["last"]) != (reason is None):
                self._breach(JUDGED, "a gap of that reach", (record, judged), "", reason or "kept")
        elif reason is not None and reason not in refusals.OF_A_BODY:
            self._breach(
                JUDGED, f"{said.id} is sound and was refused", (record, judged), "", reason
            )
        return "accepted" if reason is None else "rejected"

    def _contract(
        self, record: LogRecord, said: Saying, judged: Judgement, book: CoopBook
    ) -> None:
        """A contract says one line, as a report would; it is kept or refused with that."""
        line = pacts.line_of(said.data, self.reader, self._known)
        facts = refusals.Facts(said, book, self.reader, self.as_of_ms)
        for _, reason in judged.refused:
            if not refusals.allowed(line, reason, facts):
                what = f"{said.id} is sound and was refused"
                self._breach(JUDGED, what, (record, judged), "", reason)
        kept = [] if judged.refused else [line]
        if kept:
            book.take(said, kept)
            key = (said.time_ms, said.device, said.sequence, line.n, 0)
            book.pacts.append(pacts.pact_of(key, said.data))
        self._shown(record, said, judged, kept)

    def _profile(self, said: Saying, book: CoopBook) -> None:
        key = (said.time_ms, said.device, said.sequence, 0, 0)
        if book.packs_key is None or key > book.packs_key:
            book.packs_key, book.packs = key, self._bodies.packs(said.data) or {}
            book.permits = pacts.same_words(said.data["permits"])
            book.outlet = said.data["outlet"]

    # -------------------------------------------------------------- names
    def _name(self, offset: int) -> str:
        return place(self._topic, self._at[0], offset)

    def _judged_at(self, judged: Judgement) -> str:
        return self._ledger.at(judged.at)

    def _breach(
        self,
        check: str,
        what: str,
        where: tuple[LogRecord, Judgement],
        expected: Any = "",
        found: Any = "",
    ) -> None:
        places = (self._name(where[0].offset), self._judged_at(where[1]))
        self._report.breach(check, what, *places, expected=expected, found=found)


def _apart(words: tuple[Any, ...], told: tuple[Any, ...]) -> tuple[Any, Any]:
    """The first line in which two readings differ."""
    pairs = zip_longest(words, told, fillvalue="no such line")
    return next((one, other) for one, other in pairs if one != other)
