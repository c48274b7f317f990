"""Dead letters said again as they were: what would become of each, and the sending at a rate.

Decides that a whole record goes out byte for byte, to the place its own bytes name, and a line as
a repair of its letter with the line unchanged; that the oldest goes first; and that each is noted
in the audit once Kafka has it. Stopped at any point it may be run again: a record said twice is a
duplicate, a letter is repaired once.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Connection

from deploy import audit, mend
from deploy.errors import DependencyError
from deploy.mend import Bench, Repair
from deploy.wiring import now_ms
from producers.address import Address, address_of
from producers.delivery import deliver
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Publisher
from schemas import reference
from schemas.errors import Reason, Rejection
from schemas.market import TYPES as BETWEEN_HUBS
from schemas.market import type_of
from sinks.queries.letters import Letter, accepted

ACCEPTED: Final = "accepted"
DUPLICATE: Final = "duplicate"
CLOCK: Final = "of_the_clock"
MARKET: Final = "of_the_market"
_BATCHES_A_SECOND: Final = 5
_BATCH_MAX: Final = 500


class Verdict(NamedTuple):
    """What would become of a letter now: accepted, duplicate or a reason.

    What the clock, hubs or the market said (of_the_clock, of_the_market) they say again by
    themselves.
    """

    letter: Letter
    now: str
    repair: Repair | None = None
    address: Address | None = None

    @property
    def sendable(self) -> bool:
        """Whether it is worth saying again."""
        return self.now == ACCEPTED

    def row(self) -> dict[str, Any]:
        """The verdict as a table shows it."""
        letter = self.letter
        return {"identity": letter.identity, "coop": letter.coop, "was": letter.reason,
                "now": self.now}  # fmt: skip


def counted(found: Sequence[Verdict]) -> dict[str, int]:
    """How many letters of each verdict."""
    return dict(Counter(verdict.now for verdict in found).most_common())


def verdicts(connection: Connection, found: Sequence[Letter], bench: Bench) -> list[Verdict]:
    """What would become of each letter, the oldest first."""
    judged = [
        _verdict(letter, bench)
        for letter in sorted(found, key=lambda each: (each.recorded_ms, each.offset, each.line))
    ]
    names = {str(verdict.now): verdict for verdict in judged if ":" in verdict.now}
    known = accepted(connection, names)
    out = []
    for verdict in judged:
        now = verdict.now
        if ":" in now:  # the id of a saying that the judge lets pass; the gate may know it
            reused = verdict.letter.reason == Reason.SEQUENCE_REUSED
            again = Reason.SEQUENCE_REUSED.value if reused else DUPLICATE
            now = again if now in known else ACCEPTED
        out.append(verdict._replace(now=now))
    return out


def _verdict(letter: Letter, bench: Bench) -> Verdict:
    if letter.repaired_by:
        return Verdict(letter, Reason.ALREADY_REPAIRED.value)
    if letter.line:
        made = bench.repaired(letter, mend.document_of(letter, bench.now_ms))
        if isinstance(made, Repair):
            return Verdict(letter, ACCEPTED, made)
        return Verdict(letter, made[0].reason)
    if "#" in letter.identity:  # its number is used: the same bytes again change nothing
        return Verdict(letter, DUPLICATE)
    return _whole(letter, bench)


def _whole(letter: Letter, bench: Bench) -> Verdict:
    address = address_of(letter.payload, reference.register(), bench.partitions)
    if address.tick:
        return Verdict(letter, CLOCK)
    if type_of(letter.payload) in BETWEEN_HUBS:
        return Verdict(letter, MARKET)
    said = bench.judged(letter.payload)
    if isinstance(said, Rejection):
        return Verdict(letter, said.reason.value)
    if said.rejections and not said.lines:
        return Verdict(letter, said.rejections[0].reason.value)
    return Verdict(letter, said.id, address=address)


@dataclass(frozen=True, slots=True)
class Redrive:
    """The sending; `rate` is letters a second, 0 for as fast as Kafka takes them."""

    folder: Path
    outbox: Outbox
    sender: Publisher
    rate: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def run(self, found: Sequence[Verdict]) -> None:
        """Send all; whoever breaks off in between may run it again."""
        size = min(_BATCH_MAX, max(1, int(self.rate / _BATCHES_A_SECOND)) if self.rate else 10**9)
        begun, done = self.clock(), 0
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        quiet = not sys.stderr.isatty()
        with Progress(*columns, console=Console(stderr=True), disable=quiet) as bars:
            task = bars.add_task("replay", total=len(found))
            for at in range(0, len(found), size):
                part = found[at : at + size]
                self._send(part)
                done += len(part)
                bars.update(task, completed=done)
                ahead = done / self.rate - (self.clock() - begun) if self.rate else 0.0
                if ahead > 0 and done < len(found):
                    self.sleep(ahead)

    def _send(self, part: Sequence[Verdict]) -> None:
        whole = [
            Outgoing(verdict.address.key, verdict.letter.payload, verdict.address.partition)
            for verdict in part
            if verdict.address is not None
        ]
        self.sender.publish_all(whole)
        said = {
            verdict.letter.identity: self._repaired(verdict.repair).id
            for verdict in part
            if verdict.repair is not None
        }
        left = deliver(self.outbox, self.sender, reference.register(), now=now_ms)
        if left.owed:
            raise DependencyError(
                "LB-D005",
                f"{left.owed} repairs are not sent yet: {left.why}",
                "They stay in the outbox; `lumbung report send` sends what is owed.",
            )
        for verdict in part:
            letter = verdict.letter
            facts = {"letter": letter.identity, "reason": letter.reason}
            report = said.get(letter.identity)
            audit.note(self.folder, "replay", **facts, **({"report": report} if report else {}))

    def _repaired(self, made: Repair) -> Any:
        return self.outbox.say(
            made.coop, mend.DEVICE, made.lines, made.said_ms, repairs=made.repairs
        )
