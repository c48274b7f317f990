"""What is kept of contracts, for how long, and that another worker finds all of it again."""

import msgspec
import pytest

from schemas.errors import Reason
from schemas.records import version_of
from streams.core import contracts, state
from tests.support.core_desk import restored
from tests.support.core_logs import DAY, HOUR, HUB, NOON, A, day, profile, tick
from tests.support.partners import Hub, buy, supply, wants


def test_a_worker_that_takes_over_says_every_total_in_the_version_it_had():
    since, until = day(NOON + DAY), day(NOON + 2 * DAY)
    log = [
        buy("PABRIK-1", 200, since=since, until=until),
        supply("BULOG-7", 100, n=2, since=since, until=until, permits=["NIB"]),
        profile(A, 1, outlet=True, permits=["nib"]),
        wants(A, "PO-1", 20),
        *(tick(n + 1, NOON + n * DAY) for n in range(5)),
    ]
    for cut in range(1, len(log) + 1):
        desk = Hub().feed(*log[:cut])
        other = restored(desk.batches)
        mine, theirs = (core._view.totals.by_key for core in (desk.core, other))
        assert {k: (t.cells, t.version) for k, t in theirs.items() if t.cells} == {
            k: (t.cells, t.version) for k, t in mine.items() if t.cells
        }
        assert other._book.dirty == desk.core._book.dirty


def test_state_from_before_contracts_reads_on():
    coop = state.Coop(version=version_of(0, 7), packs={"KELAPA|PETI": 5})
    whole = state.decode(b"coop/x", state.encode(coop))
    names = state.Coop.__struct_fields__
    assert names[-3:] == ("contracts", "outlet", "permits")
    short = msgspec.msgpack.encode([getattr(coop, name) for name in names[:-3]])
    assert state.decode(b"coop/x", short) == whole


def test_an_actor_has_room_for_so_many_contracts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(contracts, "TERMS_MAX", 2)
    log = [supply(f"T-{n}", 5, n=n) for n in range(1, 4)]
    desk = Hub().feed(*log)
    assert desk.verdicts() == ["accepted", "accepted", "rejected"]
    assert desk.reasons() == [Reason.STATE_TOO_LARGE]
    assert desk.of("lumbung.dead-letter.v1")[0]["identity"] == f"{HUB}:mitra:3#0"


def test_terms_that_nothing_stands_on_go_once_nothing_can_bring_them_back():
    later = NOON + 60 * DAY
    desk = Hub().feed(supply("T-1", 5), supply("T-1", 6, NOON + HOUR, n=2))
    for n in range(3):
        desk.feed(tick(n + 1, later + n * HOUR))
    desk.feed(supply("T-2", 5, later, n=3))
    terms = desk.core._book.coops[HUB].contracts
    assert sorted(terms) == ["mitra|2", "mitra|3"]
