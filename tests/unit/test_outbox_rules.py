import msgspec
import pytest

from producers.outbox import BACKOFF_MAX_MS, Draft, backoff_ms, due_after
from producers.speech import local_time, portions, report_value
from schemas.events import BYTES_MAX, LINES_MAX, Issued, Received

COOP = "19.02.01.1005"
SAID_MS = 1_795_305_600_123


def test_back_off_doubles_from_a_second_and_stops_at_five_minutes():
    assert [backoff_ms(n) for n in (0, 1, 2, 3, 9, 10, 100, 10**6)] == [
        0,
        1_000,
        2_000,
        4_000,
        256_000,
        BACKOFF_MAX_MS,
        BACKOFF_MAX_MS,
        BACKOFF_MAX_MS,
    ]
    assert due_after(2, 10_000) == 12_000


def test_a_drafts_id_is_its_co_op_device_and_sequence():
    assert Draft(COOP, "hp1", 42, b"").id == f"{COOP}:hp1:42"


@pytest.mark.parametrize(
    ("coop", "shown"),
    [
        ("19.02.01.1005", "2026-11-22T07:00:00.123000+07:00"),
        ("65.03.01.2001", "2026-11-22T08:00:00.123000+08:00"),
        ("94.01.01.2001", "2026-11-22T09:00:00.123000+09:00"),
        ("99.99.99.9999", "2026-11-22T07:00:00.123000+07:00"),
    ],
)
def test_a_report_bears_its_villages_own_time(coop, shown):
    assert local_time(coop, SAID_MS).isoformat() == shown
    line = Received(commodity="TELUR", quantity="1", unit="KG")
    assert msgspec.json.decode(report_value(coop, "hp1", 1, [line], SAID_MS))["time"] == shown


def test_lines_are_portioned_by_number_and_by_size_without_losing_one():
    short = [Received(commodity="TELUR", quantity=str(n), unit="KG") for n in range(1, 450)]
    assert [len(part) for part in portions(short)] == [200, 200, 49]
    long = [
        Issued(commodity="TELUR", quantity=str(n), unit="KG", reason="\u0000" * 200)
        for n in range(1, 200)
    ]
    parts = list(portions(long))
    assert len(parts) > 1
    assert [line for part in parts for line in part] == long
    assert all(len(part) <= LINES_MAX for part in parts)
    assert all(len(report_value(COOP, "hp1", 1, part, SAID_MS)) <= BYTES_MAX for part in parts)


def test_no_lines_make_no_portion():
    assert list(portions([])) == []
