import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from producers.delivery import Delivered, deliver
from producers.errors import OutboxError
from producers.outbox import Draft
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Sent, Unsent
from schemas import reference
from schemas.events import Received

COOP = "19.02.01.1005"
EGGS = [Received(commodity="TELUR", quantity="12", unit="KG")]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


def test_each_device_of_each_co_op_counts_its_own_sequence(path):
    with Outbox(path) as outbox:
        said = [
            outbox.say(COOP, "hp1", EGGS, 0).sequence,
            outbox.say(COOP, "hp2", EGGS, 0).sequence,
            outbox.say(COOP, "hp1", EGGS, 0).sequence,
            outbox.say("34.02.08.2005", "hp1", EGGS, 0).sequence,
        ]
    assert said == [1, 1, 2, 1]


def test_drafts_outlive_the_process_and_go_only_when_acknowledged(path):
    with Outbox(path) as outbox:
        first, second = (outbox.say(COOP, "hp1", EGGS, at) for at in (1_000, 2_000))
        outbox.acknowledged([first])
    with Outbox(path) as outbox:
        assert outbox.pending() == [second]
        assert outbox.say(COOP, "hp1", EGGS, 3_000).sequence == 3
        assert outbox.find(COOP, "hp1", 1) == first
        assert outbox.find(COOP, "hp1", 9) is None


def test_a_failed_attempt_is_due_again_after_its_back_off(path):
    with Outbox(path) as outbox:
        outbox.tried([outbox.say(COOP, "hp1", EGGS, 0)], 10_000)
        assert outbox.pending(now_ms=10_999) == []
        (again,) = outbox.pending(now_ms=11_000)
        assert again.attempts == 1
        outbox.tried([again], 11_000)
        assert outbox.pending(now_ms=12_999) == []
        assert len(outbox.pending()) == 1


def test_an_imported_draft_keeps_its_first_bytes(path):
    with Outbox(path) as outbox:
        first = Draft(COOP, "imp-1a2b3c4d", 1, b"first")
        assert outbox.keep([first]) == [first]
        assert outbox.keep([Draft(COOP, "imp-1a2b3c4d", 1, b"second")]) == [first]
        assert outbox.pending() == [first]


def test_an_import_is_kept_whole_or_not_at_all(path):
    def drafts() -> Iterator[Draft]:
        yield Draft(COOP, "imp-1a2b3c4d", 1, b"first")
        raise RuntimeError("the reader died")

    with Outbox(path) as outbox:
        with pytest.raises(RuntimeError):
            outbox.keep(drafts())
        assert outbox.pending() == []


def test_threads_share_one_outbox_without_sharing_a_sequence(path):
    with Outbox(path) as outbox:
        said: list[int] = []

        def speak():
            said.extend(outbox.say(COOP, "hp1", EGGS, 0).sequence for _ in range(20))

        speakers = [threading.Thread(target=speak) for _ in range(4)]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join()
    assert sorted(said) == list(range(1, 81))


def failure(path: Path, **options: float) -> OutboxError:
    with pytest.raises(OutboxError) as failed:
        Outbox(path, **options)
    assert str(path) in failed.value.what
    return failed.value


def test_a_second_writer_is_told_that_the_outbox_is_in_use(path):
    with Outbox(path):
        assert failure(path, busy_seconds=0.05).code == "LB-O001"


def test_a_file_that_is_no_outbox_is_told_so(path):
    path.write_bytes(b"this is no database, and it is long enough to be read as one" * 100)
    assert failure(path).code == "LB-O002"


def test_a_damaged_outbox_is_told_so(path):
    with Outbox(path) as outbox:
        for n in range(200):
            outbox.say(COOP, "hp1", EGGS, n)
    whole = bytearray(path.read_bytes())
    for at in range(4096, len(whole), 4096):
        whole[at : at + 2000] = b"\xa5" * 2000
    path.write_bytes(whole)
    assert failure(path).code == "LB-O002"


def test_a_folder_that_is_not_there_is_told_so(tmp_path):
    assert failure(tmp_path / "none" / "outbox.db").code == "LB-O005"


def fill(outbox: Outbox) -> None:
    for n in range(1_000):
        outbox.say(COOP, "hp1", EGGS, n)


def test_a_full_disk_is_told_and_loses_nothing(path):
    with Outbox(path) as outbox:
        kept = outbox.say(COOP, "hp1", EGGS, 0)
        pages = outbox._sql.execute("PRAGMA page_count").fetchone()[0]
        outbox._sql.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OutboxError) as failed:
            fill(outbox)
        assert failed.value.code == "LB-O003"
        outbox._sql.execute("PRAGMA max_page_count = 100000")
        before = outbox.pending()
        assert before[0] == kept
        assert outbox.say(COOP, "hp1", EGGS, 0).sequence == before[-1].sequence + 1
    assert sqlite3.connect(path).execute("PRAGMA quick_check").fetchone() == ("ok",)


class Broker:
    """A sender that confirms what its script says and remembers everything it was given."""

    partitions = 16

    def __init__(self, *script: int) -> None:
        self.script = list(script)
        self.given: list[list[Outgoing]] = []

    def publish(self, records: Iterable[Outgoing]) -> list[Sent | Unsent]:
        records = list(records)
        self.given.append(records)
        taken = self.script.pop(0) if self.script else len(records)
        return [
            Sent(record.partition, n, 0) if n < taken else Unsent("no answer in time")
            for n, record in enumerate(records)
        ]


def test_delivery_sends_the_same_bytes_until_the_broker_confirms(path):
    register = reference.register()
    with Outbox(path) as outbox:
        drafts = [outbox.say(COOP, "hp1", EGGS, n) for n in range(3)]
        broker = Broker(1)
        first = deliver(outbox, broker, register, now=lambda: 1_000)
        assert first == Delivered(1, 2, "no answer in time")
        assert deliver(outbox, broker, register, now=lambda: 1_500, due_only=True) == Delivered(
            0, 0
        )
        assert deliver(outbox, broker, register, now=lambda: 2_000, due_only=True) == Delivered(
            2, 0
        )
        assert outbox.pending() == []
    values = [[record.value for record in batch] for batch in broker.given]
    assert values == [[d.value for d in drafts], [d.value for d in drafts[1:]]]
    assert {record.key for batch in broker.given for record in batch} == {COOP.encode()}
