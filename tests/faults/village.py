"""The villages' sender: `python -m tests.faults.village FILE FOLDER BOOTSTRAP SECONDS NOW_MS`.

Says the lines of a file over so many seconds, each from the outbox where it can be a draft, as it
is where it cannot (rubbish, and repeats of what was acknowledged). May be killed at any moment and
goes on from what is on disk; writes `village.done` once all is acknowledged, then waits to be told
to end.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.failing import arm_from

arm_from(os.environ)  # before the rooms are imported, or their points are not bound

from producers.address import address_of  # noqa: E402 - as said above
from producers.delivery import deliver  # noqa: E402
from producers.outbox import Draft  # noqa: E402
from producers.outbox_store import Outbox  # noqa: E402
from producers.publisher import Outgoing, Publisher, PublisherOptions, Sent, Unsent  # noqa: E402
from schemas import reference  # noqa: E402
from schemas.topics import EVENTS  # noqa: E402 - as said above

_STEP_SECONDS: Final = 0.1
_REGISTER: Final = reference.register()


class Stamped:
    """A sender whose records all bear the moment of judging, as those of a replay do."""

    def __init__(self, publisher: Publisher, now_ms: int) -> None:
        self._publisher: Final = publisher
        self._now_ms: Final = now_ms

    @property
    def partitions(self) -> int:
        return self._publisher.partitions

    def publish(self, records: Sequence[Outgoing]) -> list[Sent | Unsent]:
        stamped = [Outgoing(r.key, r.value, r.partition, self._now_ms) for r in records]
        return self._publisher.publish(stamped)


def draft_of(line: bytes) -> Draft | None:
    """The line as a draft under its own number; None for what is none."""
    try:
        coop, device, sequence = json.loads(line)["id"].split(":")
        draft = Draft(coop, device, int(sequence), line)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    # An outbox addresses by the speaker; what names none in its body goes elsewhere in a replay.
    theirs = address_of(line, _REGISTER, 1).key == coop.encode()
    sound = _REGISTER.is_coop(coop) and theirs and 0 < draft.sequence < 1_000_000
    return draft if sound else None


def parted(lines: Sequence[bytes]) -> list[Draft | bytes]:
    """What goes through the outbox, and what is said as it is: rubbish, and what repeats a number.

    By the file alone, so that a life after a kill says nothing again that the outbox has settled.
    """
    seen: set[str] = set()
    found: list[Draft | bytes] = []
    for line in lines:
        draft = draft_of(line)
        if draft is None or draft.id in seen:
            found.append(line)
        else:
            seen.add(draft.id)
            found.append(draft)
    return found


def say(stretch: Sequence[Draft | bytes], outbox: Outbox, sender: Stamped) -> None:
    """Say a stretch of the file, until the broker has it all."""
    outbox.keep([each for each in stretch if isinstance(each, Draft)])
    while deliver(outbox, sender, _REGISTER, now=lambda: time.time_ns() // 1_000_000).owed:
        time.sleep(_STEP_SECONDS)
    rest = [each for each in stretch if isinstance(each, bytes)]
    while rest:
        results = sender.publish([_as_it_is(line, sender.partitions) for line in rest])
        pairs = zip(rest, results, strict=True)
        rest = [line for line, result in pairs if isinstance(result, Unsent)]


def _as_it_is(line: bytes, partitions: int) -> Outgoing:
    address = address_of(line, _REGISTER, partitions)
    return Outgoing(None if address.tick else address.key, line, address.partition)


def main(file: Path, folder: Path, bootstrap: str, seconds: float, now_ms: int) -> None:
    """Say what is not said yet."""
    lines = parted([line for line in file.read_bytes().split(b"\n") if line.strip()])
    progress, begun = folder / "village.said", folder / "village.begun"
    said = int(progress.read_text() or 0) if progress.exists() else 0
    if not begun.exists():
        begun.write_text(str(time.monotonic()))
    began = float(begun.read_text())
    options = PublisherOptions(
        bootstrap, EVENTS, client_id="villages", request_timeout_ms=3_000,
        delivery_timeout_ms=8_000,
    )  # fmt: skip
    with Outbox(folder / "outbox.db") as outbox, Publisher(options) as publisher:
        sender = Stamped(publisher, now_ms)
        while said < len(lines):
            gone = time.monotonic() - began
            to = min(len(lines), max(said + 1, int(len(lines) * gone / seconds)))
            say(lines[said:to], outbox, sender)
            said = to
            scratch = progress.with_suffix(".new")
            scratch.write_text(str(said))
            scratch.replace(progress)
            time.sleep(_STEP_SECONDS)
    (folder / "village.done").write_text("all acknowledged\n")
    while True:
        time.sleep(1.0)


if __name__ == "__main__":
    place, home, address, patience, moment = sys.argv[1:]
    main(Path(place), Path(home), address, float(patience), int(moment))
