"""The gate of a device: nothing is counted twice, nothing is forgotten, gaps are seen."""

import pytest

from schemas.topics import DEAD_LETTER
from streams.core.sequence import (
    DIGESTS,
    WINDOW,
    Passage,
    enter,
    give_up,
    look,
    missing,
)
from streams.core.state import Gate
from tests.support.core_desk import Desk
from tests.support.core_logs import A, counted, received, report, said


def digest(n: int) -> bytes:
    return n.to_bytes(8, "big") * 2


def gate_of(*sequences: int) -> Gate:
    gate = Gate()
    for sequence in sequences:
        assert look(gate, sequence, digest(sequence)) is Passage.FRESH
        enter(gate, sequence, digest(sequence)[4:])
    return gate


def passage(gate: Gate, sequence: int) -> Passage:
    return look(gate, sequence, digest(sequence)[4:])


def test_a_new_device_may_begin_anywhere_within_the_window() -> None:
    assert look(None, 1, b"abcd") is Passage.FRESH
    assert look(None, WINDOW, b"abcd") is Passage.FRESH
    assert look(None, WINDOW + 1, b"abcd") is Passage.TOO_FAR


def test_a_sequence_is_fresh_once() -> None:
    gate = gate_of(1, 2, 5)
    assert [passage(gate, n) for n in (1, 2, 5)] == [Passage.SEEN] * 3
    assert [passage(gate, n) for n in (3, 4, 6)] == [Passage.FRESH] * 3


def test_the_window_moves_with_the_lowest_gap() -> None:
    gate = gate_of(1, 3)
    assert passage(gate, WINDOW + 1) is Passage.FRESH
    assert passage(gate, WINDOW + 2) is Passage.TOO_FAR
    enter(gate, 2, digest(2))
    assert gate.low == 3
    assert passage(gate, WINDOW + 3) is Passage.FRESH
    assert passage(gate, WINDOW + 4) is Passage.TOO_FAR


def test_a_gap_that_fills_leaves_no_bitmap_behind() -> None:
    gate = gate_of(*range(9, 1, -1))
    assert gate.low == 0
    assert gate.bits
    enter(gate, 1, digest(1))
    assert (gate.low, gate.bits) == (9, b"")


def test_the_far_end_of_the_window_is_remembered() -> None:
    gate = gate_of(WINDOW, 1, 40_000)
    assert [passage(gate, n) for n in (1, 40_000)] == [Passage.SEEN] * 2
    assert passage(gate, WINDOW) is Passage.SEEN
    assert passage(gate, 39_999) is Passage.FRESH


def test_the_same_sequence_with_other_content_is_not_a_repetition() -> None:
    gate = gate_of(1, 2, 3)
    assert look(gate, 2, b"other content") is Passage.REUSED


def test_only_the_newest_256_digests_are_kept() -> None:
    gate = gate_of(*range(1, DIGESTS + 2))
    assert look(gate, 1, b"other content") is Passage.SEEN
    assert look(gate, 2, b"other content") is Passage.REUSED


def test_a_late_sequence_within_the_newest_256_keeps_its_digest() -> None:
    gate = gate_of(1, 2, 200, 100)
    assert passage(gate, 100) is Passage.SEEN
    assert look(gate, 100, b"other content") is Passage.REUSED


def test_a_digest_of_long_ago_does_not_speak_for_a_sequence_passed_over() -> None:
    gate = gate_of(44, 301)
    give_up(gate, 300, 300)  # it shares its place with 44
    assert look(gate, 300, digest(44)[4:]) is Passage.REUSED


def test_what_was_given_up_never_comes() -> None:
    gate = gate_of(1, 2, 6)
    assert give_up(gate, 3, 5)
    assert gate.low == 6
    assert missing(gate) == ()
    assert [passage(gate, n) for n in (3, 4, 5)] == [Passage.REUSED] * 3


def test_giving_up_what_was_seen_changes_nothing() -> None:
    gate = gate_of(1, 2, 3)
    assert give_up(gate, 1, 2)
    assert (gate.low, gate.bits) == (3, b"")


def test_nobody_can_give_up_beyond_the_window() -> None:
    gate = gate_of(1)
    assert give_up(gate, 3, WINDOW + 1)
    assert not give_up(gate_of(1), 3, WINDOW + 2)


def test_gaps_are_named_as_ranges() -> None:
    assert missing(gate_of(2, 3, 7, 9)) == ((1, 1), (4, 6), (8, 8))
    assert missing(Gate()) == ()


def test_a_sequence_too_far_ahead_is_a_dead_letter_and_may_come_again_later() -> None:
    desk = Desk().feed(report(A, WINDOW + 1, counted(5)))
    assert desk.verdicts() == ["rejected"]
    assert desk.reasons() == ["sequence_too_far"]
    desk.feed(report(A, 1, counted(1)), report(A, WINDOW + 1, counted(5)))
    assert desk.verdicts() == ["rejected", "accepted", "accepted"]
    assert desk.on_hand(A) == "5"


def test_a_sequence_used_for_something_else_is_a_dead_letter_with_its_bytes() -> None:
    again = report(A, 1, counted(7))
    desk = Desk().feed(report(A, 1, counted(5)), again)
    (letter,) = desk.of(DEAD_LETTER)
    assert (letter["reason"], letter["field"], letter["coop"]) == (
        "sequence_reused",
        "data.sequence",
        A,
    )
    assert letter["identity"].endswith("/1")
    assert desk.on_hand(A) == "5"


def test_reuse_beyond_the_newest_256_is_a_duplicate() -> None:
    desk = Desk().feed(*(report(A, n, received(1)) for n in range(1, DIGESTS + 2)))
    desk.feed(report(A, 1, counted(9)), report(A, 2, counted(9)))
    assert desk.verdicts()[-2:] == ["duplicate", "rejected"]
    assert desk.on_hand(A) == str(DIGESTS + 1)


@pytest.mark.parametrize("device", ["hp2", "hp10"])
def test_each_device_counts_for_itself(device: str) -> None:
    desk = Desk().feed(report(A, 1, received(5)), report(A, 1, received(2), device=device))
    assert desk.verdicts() == ["accepted", "accepted"]
    assert desk.on_hand(A) == "7"


def test_a_device_that_gives_up_a_range_goes_on_behind_it() -> None:
    gap = said("gap", (A, "hp1", 5), {"first": 2, "last": 4})
    desk = Desk().feed(report(A, 1, received(5)), gap, report(A, 3, received(9)))
    assert desk.verdicts() == ["accepted", "accepted", "rejected"]
    assert desk.on_hand(A) == "5"
    assert desk.feed(report(A, WINDOW + 5, received(1))).verdicts()[-1] == "accepted"


def test_a_gap_beyond_the_window_is_refused() -> None:
    gap = said("gap", (A, "hp1", 1), {"first": 2, "last": WINDOW + 2})
    assert Desk().feed(gap).reasons() == ["sequence_too_far"]
