"""Time is an input: only ticks move it, and each tick once."""

import pytest

from streams.core import ticks
from streams.core.ticks import day_turns
from tests.support.core_desk import Desk
from tests.support.core_logs import (
    COOPS,
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    Saying,
    counted,
    placed,
    report,
    tick,
)

PAIR = (
    report(A, 1, counted(500, floor_price="5000")),
    report(B, 1, placed("PO-1", 200, ceiling_price="9000")),
)


def test_nothing_is_matched_before_a_tick() -> None:
    desk = Desk().feed(*PAIR)
    assert desk.matches() == {}
    assert len(desk.feed(tick(1, NOON)).matches()) == 1


def test_a_tick_counts_once() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    left = len(desk.outputs)
    desk.feed(tick(1, NOON + DAY))
    assert len(desk.outputs) == left
    assert all(m["state"] == "proposed" for m in desk.matches().values())


def test_a_tick_with_nothing_to_do_says_nothing_and_is_written_down() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON))
    left = len(desk.outputs)
    desk.feed(tick(2, NOON + HOUR))
    assert len(desk.outputs) == left
    assert [key for key, _ in desk.batches[-1]] == [b"applied"]


def test_time_never_goes_back() -> None:
    desk = Desk().feed(*PAIR, tick(1, NOON + HOUR), tick(2, NOON))
    (match,) = desk.matches().values()
    assert match["history"][0]["at_ms"] == NOON + HOUR
    desk.feed(tick(3, NOON + DAY + HOUR - 1))
    assert [m["state"] for m in desk.matches().values()] == ["proposed"]


def test_a_tick_that_is_none_is_a_dead_letter() -> None:
    forged = Saying(A.encode(), tick(1, NOON).value)
    desk = Desk().feed(*PAIR, forged)
    assert desk.reasons() == ["tick_malformed"]
    assert desk.matches() == {}


def test_a_day_turns_three_times_at_each_midnight_of_the_archipelago() -> None:
    jakarta = NOON + 13 * HOUR
    turns = [
        day_turns(at) - day_turns(NOON) for at in (jakarta - 2 * HOUR - 1, jakarta - 2 * HOUR)
    ]
    assert turns == [0, 1]
    assert [day_turns(jakarta - 1), day_turns(jakarta)] == [
        day_turns(NOON) + 2,
        day_turns(NOON) + 3,
    ]


def test_a_new_day_solves_every_family_that_has_both_sides() -> None:
    desk = Desk().feed(*PAIR, report(A, 2, counted(1, "KOPRA")), tick(1, NOON))
    first = desk.why_not()[f"{HUB}|KELAPA"]["version"]
    desk.feed(tick(2, NOON + HOUR))
    assert desk.why_not()[f"{HUB}|KELAPA"]["version"] == first
    desk.feed(tick(3, NOON + 13 * HOUR))
    assert desk.why_not()[f"{HUB}|KELAPA"]["version"] > first


def test_an_offer_that_expires_overnight_is_withdrawn_at_midnight() -> None:
    good = report(A, 1, counted(500, floor_price="5000", expires_on="2026-11-22"))
    desk = Desk().feed(good, PAIR[1], tick(1, NOON))
    assert [m["state"] for m in desk.matches().values()] == ["proposed"]
    desk.feed(tick(2, NOON + 13 * HOUR))
    assert [m["state"] for m in desk.matches().values()] == ["superseded"]


def test_a_full_tick_leaves_the_rest_to_the_next_longest_waiting_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ticks, "BYTES_MAX", 1_000)
    goods = ("BERAS-MED", "CABAI-RAWIT", "LADA-PUTIH")
    log = [report(A, n, counted(9, c)) for n, c in enumerate(goods, 1)]
    log += [report(B, n, placed(f"PO-{n}", 9, c)) for n, c in enumerate(goods, 1)]
    desk = Desk().feed(*log)
    for n, solved in enumerate((1, 2, 3), 1):
        desk.feed(tick(n, NOON + n))
        assert len(desk.why_not()) == solved
    first = next(iter(desk.why_not()))
    desk.feed(report(A, 9, *(counted(8, c) for c in goods)), tick(4, NOON + 4))
    assert max(desk.why_not().items(), key=lambda item: int(item[1]["version"]))[0] == first


def test_many_proposals_run_out_over_several_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "EXPIRE_MAX", 2)
    log = [report(coop, 1, counted(10, floor_price="10")) for coop in COOPS[:5]]
    desk = Desk().feed(*log, report(COOPS[5], 1, placed("PO-1", 50, ceiling_price="9000")))
    desk.feed(tick(1, NOON))
    assert len(desk.matches()) == 5
    for n, gone in ((2, 2), (3, 4), (4, 5)):
        desk.feed(tick(n, NOON + DAY + n))
        assert sum(m["state"] == "expired" for m in desk.matches().values()) == gone
