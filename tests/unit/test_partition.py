"""A partition is a function of its log: what it writes down, what it says again, where it cuts."""

import json
from base64 import b64decode
from dataclasses import replace

import pytest

from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MATCHES
from streams.core import batch as batches
from streams.core import partition as module
from streams.core import plain
from streams.core.sayings import ENTRIES_MAX
from streams.core.state import APPLIED, Applied, Coop, decode, encode
from tests.support.core_desk import Desk, partition, restored, said_once
from tests.support.core_logs import (
    DAY,
    HUB,
    NOON,
    A,
    B,
    Saying,
    counted,
    decision,
    issued,
    line,
    placed,
    received,
    records,
    report,
    tick,
    voided,
)

BAD = Saying(b"x", b"{broken")
PAIR = (
    report(A, 1, counted(500, floor_price="5000")),
    report(B, 1, placed("PO-1", 200, ceiling_price="9000")),
)


def test_every_record_is_accepted_duplicate_or_rejected() -> None:
    half = report(A, 2, counted(5), counted(5, "NO-SUCH-GOODS"))
    none = report(A, 3, counted(5, "NO-SUCH-GOODS"))
    desk = Desk().feed(PAIR[0], half, none, BAD, PAIR[0], report(B, 2**17, counted(1)))
    assert desk.verdicts() == [
        "accepted",
        "accepted",
        "rejected",
        "rejected",
        "duplicate",
        "rejected",
    ]
    assert [letter["identity"] for letter in desk.of(DEAD_LETTER)] == [
        f"{A}:hp1:2#2",
        f"{A}:hp1:3#1",
        "lumbung.events.v1/2/3",
        "lumbung.events.v1/2/5",
    ]
    verdicts = {name: n for name, n in desk.counts.items() if "records_total" in name}
    assert sum(verdicts.values()) == 6


def test_a_dead_letter_carries_the_bytes_of_its_line_as_they_were_said() -> None:
    bad = line("stock.counted", 5, "NO-SUCH-GOODS", unit="KG")
    (letter,) = Desk().feed(report(A, 1, counted(5), bad)).of(DEAD_LETTER)
    assert (letter["reason"], letter["line"], letter["coop"]) == ("unknown_commodity", 2, A)
    assert json.loads(b64decode(letter["payload"])) == bad


def test_a_duplicate_says_again_how_things_stand() -> None:
    desk = Desk().feed(PAIR[0], report(A, 2, issued(20)))
    left = len(desk.outputs)
    desk.feed(PAIR[0])
    said = [(topic, json.loads(value)["data"]) for topic, _, value in desk.outputs[left:]]
    ledger = next(data for topic, data in said if topic == LEDGER)
    assert [(p["on_hand"], p["version"]) for p in ledger["positions"]] == [("480", 2)]
    assert "lines" not in ledger
    assert {data["version"] for topic, data in said if topic == DEMAND} == {2}
    assert len([1 for topic, _ in said if topic == DEMAND]) == 4


def test_a_duplicate_writes_only_how_far_the_log_is_folded() -> None:
    desk = Desk().feed(*PAIR).feed(PAIR[0])
    assert [key for key, _ in desk.batches[-1]] == [APPLIED]


def test_a_batch_ends_with_how_far_the_log_is_folded() -> None:
    desk = Desk().feed(*PAIR, BAD)
    applied = decode(*_last(desk))
    assert isinstance(applied, Applied)
    assert (applied.offset, desk.core.applied) == (2, 2)
    assert partition().applied == -1


def _last(desk: Desk) -> tuple[bytes, bytes]:
    key, value = desk.batches[-1][-1]
    assert value is not None
    return key, value


# ------------------------------------------------------------------ saying again
def eventful() -> list[Saying]:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    (match,) = desk.matches()
    late = replace(report(A, 2, received(8), at=NOON - 20 * DAY), timestamp=NOON)
    return [
        *PAIR,
        tick(1, NOON),
        decision(A, 1, match, "accept"),
        decision(A, 2, match, "accept"),
        report(A, 1, counted(1)),
        report(B, 10**6, counted(1)),
        PAIR[1],
        late,
        report(A, 3, voided(A, 2), at=NOON - DAY),
        report(B, 2, counted(5), counted(5, "NO-SUCH-GOODS")),
        BAD,
        report(A, 4, received(9)),
    ]


def test_records_that_are_applied_change_nothing_and_are_told_once_more() -> None:
    log = records(eventful())
    desk = Desk().run(log)
    before, once, batches, left = (
        desk.state(),
        said_once(desk),
        len(desk.batches),
        len(desk.outputs),
    )
    for one in log:
        desk.run([one])
    assert len(desk.batches) == batches
    assert desk.state() == before
    assert said_once(desk) == once  # every repetition was compared with what it repeats
    assert len(desk.verdicts()) == 2 * (len(log) - 1)  # a tick is no record of the ledger
    desk.outputs = desk.outputs[left:]
    assert said_once(desk) == once


def test_a_successor_tells_the_same_byte_for_byte() -> None:
    log = records(s for s in eventful() if s.key != b"tick")
    desk = Desk().run(log)
    after = Desk(restored(desk.batches)).run(log)
    assert after.batches == []
    assert after.outputs == desk.outputs


def test_announcing_tells_all_that_changed_at_or_above_the_committed_offset() -> None:
    desk = Desk().feed(PAIR[0], report(A, 2, counted(1, "KOPRA")), PAIR[1], tick(1, NOON))
    successor = restored(desk.batches)

    def told(committed: int) -> set[bytes]:
        return {key for _, rows in successor.announce(committed) for key, _ in rows}

    horizons = ("now", "today", "7d", "season")
    kelapa = {f"{HUB}|KELAPA|{h}".encode() for h in horizons}
    kopra = {f"{HUB}|KOPRA|{h}".encode() for h in horizons}
    (match,) = desk.matches()
    why = f"why-not|{HUB}|KELAPA".encode()
    assert told(0) == told(1) == kelapa | kopra | {match.encode(), why}
    assert told(2) == told(3) == kelapa | {match.encode(), why}
    assert told(4) == set()


def test_what_is_announced_is_what_left_before() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    after = Desk(restored(desk.batches))
    after.say(after.core.announce(0))
    assert (after.demand(), after.matches()) == (desk.demand(), desk.matches())
    assert after.why_not() == desk.why_not()


def test_the_day_a_plan_moved_on_is_announced_too() -> None:
    plan = line("supply.planned", 9, ready_on="2026-11-24")
    desk = Desk().feed(tick(1, NOON), report(A, 1, plan), tick(2, NOON + DAY))
    after = Desk(restored(desk.batches))
    after.say(after.core.announce(2))
    assert after.demand() == desk.demand()


# ------------------------------------------------------------------ recovery
def test_recovery_keeps_the_newest_of_each_key_whatever_comes_last() -> None:
    desk = Desk().feed(PAIR[0]).feed(report(A, 2, issued(20)))
    first, second = desk.batches
    core = partition()
    assert all(core.restore(key, value) for key, value in second)
    stale = [core.restore(key, value) for key, value in first]
    assert stale == [True, False, False]  # the saying itself, the co-op, how far
    core.settle()
    assert core.applied == 1
    assert {key: core.encode(key) for key in desk.state()} == desk.state()


def test_a_tombstone_forgets() -> None:
    desk = Desk().feed(PAIR[0])
    core = restored(desk.batches)
    name = f"said/{A}|hp1|1".encode()
    assert core.encode(name) is not None
    assert core.restore(name, None)
    assert core.encode(name) is None


def test_a_key_nobody_wrote_has_no_value() -> None:
    core = restored(Desk().feed(PAIR[0]).batches)
    unknown = [f"coop/{B}", f"said/{A}|hp1|7", "deal/X", f"round/{HUB}|KELAPA", "odd/4"]
    assert [core.encode(key.encode()) for key in unknown] == [None] * 5


def test_a_decision_after_recovery_finds_its_match() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    after = Desk(restored(desk.batches), end=desk.end)
    (match,) = desk.matches()
    after.feed(decision(A, 1, match, "accept"), tick(2, NOON + 1))
    assert after.reasons() == []
    after.feed(decision(B, 1, match, "accept"))
    assert after.matches()[match]["state"] == "accepted"


# ------------------------------------------------------------------ cutting
def test_a_run_is_cut_before_its_batch_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATE_BYTES_MAX", 2_000)
    desk = Desk().feed(*(report(A, n, counted(n), received(1)) for n in range(1, 100)))
    sizes = [sum(len(key) + len(value or b"") for key, value in b) for b in desk.batches]
    assert len(sizes) > 5
    assert max(sizes) < 3_000
    assert desk.on_hand(A) == "100"


def test_a_tick_has_a_batch_of_its_own() -> None:
    core = partition()
    run = records([*PAIR, tick(1, NOON), report(A, 2, issued(1))])
    assert core.fold(run).next == 2
    assert core.fold(run, 2).next == 3
    assert core.fold(run, 3).next == 4
    assert core.fold(run, 4).next == 4


def test_a_tick_that_follows_only_duplicates_needs_no_batch_of_its_own() -> None:
    core = partition()
    core.fold(records([PAIR[0]]))
    assert core.fold(records([PAIR[0], tick(1, NOON)], 1)).next == 2


def test_a_heavy_coop_does_not_fill_up_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "HEAVY_BYTES", 4_000)
    monkeypatch.setattr(module, "HEAVY_BYTES", 4_000)
    heavy = [report(A, 1, *(counted(1, lot=f"L{n}") for n in range(200)))]
    light = [report(B, n, *(received(1),) * 60) for n in (1, 2)]
    core = partition()
    core.fold(records(heavy))
    run = records([*light, report(A, 2, received(1)), report(B, 3, received(1))], 1)
    assert core.fold(run).next == 2
    assert core.fold(run, 2).next == 4


def test_a_coop_that_would_outgrow_its_batch_is_heard_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "HEAVY_BYTES", 1_000)
    monkeypatch.setattr(module, "HEAVY_BYTES", 1_000)
    monkeypatch.setattr(module, "COOP_BYTES_MAX", 10_000)
    desk = Desk().feed(report(A, 1, *(counted(1, lot=f"L{n}") for n in range(100))))
    desk.feed(report(A, 2, counted(5)), report(B, 1, counted(5)))
    assert desk.verdicts() == ["accepted", "rejected", "accepted"]
    assert desk.reasons() == ["state_too_large"]


def test_an_actor_has_a_bounded_number_of_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "GATES_MAX", 2)
    log = [report(A, 1, received(1), device=d) for d in ("hp1", "hp2", "hp3")]
    desk = Desk().feed(*log, report(A, 2, received(1)))
    assert desk.verdicts() == ["accepted", "accepted", "rejected", "accepted"]
    assert desk.reasons() == ["state_too_large"]
    after = Desk(restored(desk.batches)).run(records(log))
    assert after.verdicts() == ["accepted", "accepted", "rejected"]


def test_a_coop_has_a_bounded_number_of_positions() -> None:
    goods = [counted(1, lot=f"L{n}") for n in range(ENTRIES_MAX)]
    desk = Desk().feed(report(A, 1, *goods[:200]), report(A, 2, *goods[200:]))
    desk.feed(report(A, 3, counted(9), counted(9, lot="L0")))
    assert desk.reasons() == ["state_too_large"]
    assert desk.on_hand(A, "KELAPA|UNGRADED|L0") == "9"


def test_a_conversion_is_kept_whole_or_not_at_all() -> None:
    goods = [counted(1, lot=f"L{n}") for n in range(ENTRIES_MAX - 1)]
    portion = {"commodity": "PADI-GKP", "quantity": "100", "unit": "KG"}
    made = {**portion, "commodity": "PADI-GKG", "quantity": "82"}
    milled = {"kind": "stock.converted", "recipe": "R01", "inputs": [portion], "outputs": [made]}
    desk = Desk().feed(report(A, 1, *goods[:200]), report(A, 2, *goods[200:]))
    desk.feed(report(A, 3, milled))
    assert desk.reasons() == ["state_too_large"]
    assert (A, "PADI-GKP|UNGRADED|") not in desk.positions()


# ------------------------------------------------------------------ hubs
def test_a_hub_has_gates_of_its_own() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    (match,) = desk.matches()
    yes = decision(HUB, 1, match, "accept")
    desk.feed(yes, yes)
    assert desk.verdicts()[-2:] == ["rejected", "duplicate"]
    assert desk.reasons() == ["no_mandate"]
    state = desk.state()[f"coop/{HUB}".encode()]
    hub = decode(f"coop/{HUB}".encode(), state)
    assert isinstance(hub, Coop)
    assert list(hub.gates) == ["desk"]
    assert encode(hub) == state


def test_matches_leave_under_their_own_names() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    keys = {key.decode() for topic, key, _ in desk.outputs if topic == MATCHES}
    assert keys == {*desk.matches(), f"why-not|{HUB}|KELAPA"}
