"""A dead letter is mended once, whoever comes first, through repetitions and takeovers."""

import json
from dataclasses import replace

import pytest

from schemas.topics import DEAD_LETTER, EVENTS
from streams.core import mending
from streams.core.state import Mended, decode
from tests.support.core_desk import NUMBER, Desk, restored
from tests.support.core_logs import A, B, Line, Saying, counted, received, records, report

BAD: Line = counted(5, "NO-SUCH-GOODS")
HURT = report(A, 1, counted(500), BAD)
LINE = f"{A}:hp1:1#2"
RUBBISH = Saying(A.encode(), b"{broken")
WHOLE = f"{EVENTS}/{NUMBER}/1"


def repair(letter: str, sequence: int, *lines: Line, coop: str = A) -> Saying:
    plain = report(coop, sequence, *(lines or (received(7, lot="L1"),)), device="perbaikan")
    tree = json.loads(plain.value)
    tree["data"]["repairs"] = letter
    return replace(plain, value=json.dumps(tree).encode())


def refused(desk: Desk) -> list[tuple[str, str]]:
    """Identity and reason of the letters that repairs led to."""
    letters = desk.of(DEAD_LETTER)
    return [(x["identity"], x["reason"]) for x in letters if ":perbaikan:" in x["identity"]]


@pytest.mark.parametrize("letter", [LINE, WHOLE])
def test_a_repair_is_accepted_once(letter: str) -> None:
    desk = Desk().feed(HURT, RUBBISH, repair(letter, 1), repair(letter, 2))
    assert desk.verdicts()[2:] == ["accepted", "rejected"]
    assert refused(desk) == [(f"{A}:perbaikan:2#0", "already_repaired")]
    assert desk.on_hand(A, "KELAPA|UNGRADED|L1") == "7"
    assert [entry.get("repairs") for entry in desk.ledger()[2:]] == [letter, None]


def test_the_same_repair_again_is_a_duplicate() -> None:
    first = repair(LINE, 1)
    desk = Desk().feed(HURT, first, first, repair(LINE, 2), repair(LINE, 2))
    assert desk.verdicts() == ["accepted", "accepted", "duplicate", "rejected", "duplicate"]
    assert desk.on_hand(A, "KELAPA|UNGRADED|L1") == "7"


def test_a_repair_none_of_whose_lines_is_sound_mends_nothing() -> None:
    desk = Desk().feed(HURT, repair(LINE, 1, BAD), repair(LINE, 2))
    assert desk.verdicts() == ["accepted", "rejected", "accepted"]
    assert refused(desk) == [(f"{A}:perbaikan:1#1", "unknown_commodity")]


def test_a_repair_with_one_sound_line_mends_and_its_bad_line_is_a_letter_of_its_own() -> None:
    half = repair(LINE, 1, received(7, lot="L1"), BAD)
    own = repair(f"{A}:perbaikan:1#2", 2)
    desk = Desk().feed(HURT, half, own, repair(LINE, 3))
    assert desk.verdicts() == ["accepted", "accepted", "accepted", "rejected"]
    assert desk.on_hand(A, "KELAPA|UNGRADED|L1") == "14"


def test_a_record_that_nobody_could_read_is_mended_by_one_co_op_only() -> None:
    desk = Desk().feed(HURT, RUBBISH, repair(WHOLE, 1, coop=B), repair(WHOLE, 1))
    assert desk.verdicts()[2:] == ["accepted", "rejected"]


@pytest.mark.parametrize(
    ("letter", "reason", "field"),
    [
        (f"{EVENTS}/{NUMBER + 1}/1", "wrong_partition", "data.repairs"),
        (f"{EVENTS}/0{NUMBER}/1", "text_malformed", "data.repairs"),
        (f"{EVENTS}/{NUMBER}/01", "text_malformed", "data.repairs"),
        (f"another.topic/{NUMBER}/1", "text_malformed", "data.repairs"),
        (f"{A}:hp1:1#0", "text_malformed", "data.repairs"),
        (f"{B}:hp1:1#2", "void_of_another", "data.repairs"),
    ],
)
def test_a_letter_has_one_name_and_one_place_where_it_is_mended(
    letter: str, reason: str, field: str
) -> None:
    desk = Desk().feed(HURT, RUBBISH, repair(letter, 1))
    told = desk.of(DEAD_LETTER)[-1]
    assert (desk.verdicts()[-1], told["reason"], told["field"]) == ("rejected", reason, field)


def test_whoever_takes_over_knows_what_was_mended() -> None:
    before = Desk().feed(HURT, RUBBISH, repair(LINE, 1), repair(WHOLE, 2))
    after = Desk(restored(before.batches), end=before.end)
    after.feed(repair(LINE, 3), repair(WHOLE, 4), repair(LINE, 1))
    assert after.verdicts() == ["rejected", "rejected", "duplicate"]


def test_what_is_told_again_after_a_takeover_is_what_was_told() -> None:
    log = records([HURT, repair(LINE, 1), repair(LINE, 2)])
    desk = Desk().run(log)
    again = Desk(restored(desk.batches)).run(log)
    assert again.ledger() == desk.ledger()
    assert again.of(DEAD_LETTER) == desk.of(DEAD_LETTER)
    assert again.batches == []


def test_an_older_record_of_the_changelog_does_not_displace_who_mended_first() -> None:
    desk = Desk().feed(HURT, repair(LINE, 1))
    key = f"mended/{LINE}".encode()
    held = decode(key, desk.state()[key])
    assert held == Mended(1, f"{A}:perbaikan:1")
    core = restored(desk.batches)
    assert core.encode(key) == desk.state()[key]
    assert core.restore(key, desk.state()[key])


def test_a_co_op_that_mended_too_many_letters_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "MENDED_MAX", 2)
    letters = [f"{A}:hp1:{n}#1" for n in range(1, 4)]
    desk = Desk().feed(*(repair(letter, n) for n, letter in enumerate(letters, 1)))
    assert desk.verdicts() == ["accepted", "accepted", "rejected"]
    assert refused(desk) == [(f"{A}:perbaikan:3#0", "state_too_large")]
    desk.feed(repair(letters[2], 1, coop=B))
    assert desk.reasons()[-1] == "void_of_another"
