"""What a sound saying means once judged: base units, packs, amounts, speakers, the clock."""

from datetime import date

import pytest

from schemas import validation
from schemas.amounts import LINE_MAX_MICRO
from schemas.errors import Reason, Rejection
from schemas.events import Decision, Pack, Profile
from schemas.judged import Judged, OfferTerms, OrderLine, PlanLine, StockLine, VoidLine
from schemas.quantity import MICRO
from schemas.units import Packs
from schemas.validation import Judge
from tests.support.sayings import (
    AMENDED,
    COOP,
    DECISION,
    DEVICE,
    HOME,
    HUB,
    KEY,
    LINES,
    NOW_MS,
    RECEIVED,
    SAID,
    SEQUENCE,
    Tree,
    encoded,
    envelope,
    judge,
    report,
    tick,
)

SACKS: Packs = {("BERAS-MED", "KARUNG"): 25 * MICRO, ("LADA-PUTIH", "KARUNG"): 60 * MICRO}


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def judged(tree: Tree, by: Judge, key: bytes = KEY, packs: Packs | None = None) -> Judged:
    found = by.judge(
        encoded(tree),
        key=key,
        timestamp_ms=NOW_MS,
        partition=HOME,
        packs_of=None if packs is None else lambda _: packs,
    )
    assert isinstance(found, Judged), found
    return found


@pytest.fixture(scope="module")
def by() -> Judge:
    return judge()


def test_one_line_of_every_kind_means_what_it_says(by: Judge) -> None:
    found = judged(report(*LINES), by)
    terms = OfferTerms(110_000, day("2027-05-01"), 50 * MICRO, 20 * MICRO)
    pepper = ("LADA-PUTIH", "A", "NOV-1")
    assert found.rejections == ()
    assert list(found.lines) == [
        StockLine(1, "c", *pepper, 120 * MICRO, "120", "KG", terms),
        StockLine(2, "i", "IKAN-TENGGIRI", "", "", 80 * MICRO, "80", "KG", None, 0, "catch"),
        StockLine(3, "o", *pepper, 5 * MICRO, "5", "KG", None, 0, "sale"),
        StockLine(4, "o", "PADI-GKP", "", "", 100 * MICRO, "100", "KG", part=1, recipe="R01"),
        StockLine(4, "i", "PADI-GKG", "", "", 82 * MICRO, "82", "KG", part=2, recipe="R01"),
        PlanLine(5, "BERAS-MED", "", "", 3_000 * MICRO, "3", "TON", day("2027-03-10")),
        OrderLine(
            *(6, "p", "PO-17", 1, "BERAS-MED", "", 2_000 * MICRO, "2", "TON", 14_000),
            *(day("2026-12-01"), "staple", "domestic", 0),
        ),
        OrderLine(7, "a", "PO-17", 2, "", "", 3 * MICRO, "3", "TON"),
        OrderLine(8, "x", "PO-16", 0),
        VoidLine(9, DEVICE, 40, 2, "salah ketik"),
    ]


def test_a_judged_saying_says_who_where_and_when(by: Judge) -> None:
    found = judged(report(RECEIVED), by)
    assert (found.actor, found.hub, found.device) == (COOP, HUB, DEVICE)
    assert (found.sequence, found.time_ms, found.body) == (SEQUENCE, NOW_MS, None)
    assert found.id == f"{COOP}:{DEVICE}:{SEQUENCE}"


def test_goods_said_to_be_ungraded_are_kept_like_goods_of_no_grade(by: Judge) -> None:
    plain = judged(report(RECEIVED), by)
    said = judged(report({**RECEIVED, "grade": "UNGRADED"}), by)
    assert said.lines == plain.lines


def test_a_declared_pack_counts_and_comes_before_the_usual_one(by: Judge) -> None:
    rice = {**RECEIVED, "commodity": "BERAS-MED", "unit": "KARUNG", "quantity": "2"}
    pepper = {**rice, "commodity": "LADA-PUTIH", "grade": "A"}
    kilograms = {**rice, "unit": "KG"}
    tree = report(rice, pepper, kilograms)
    with_packs = judged(tree, by, packs=SACKS)
    assert [line.quantity for line in with_packs.lines if isinstance(line, StockLine)] == [
        50 * MICRO,
        120 * MICRO,
        2 * MICRO,
    ]
    without_packs = judged(tree, by)
    assert [fault.line for fault in without_packs.rejections] == [1]
    assert [line.quantity for line in without_packs.lines if isinstance(line, StockLine)] == [
        100 * MICRO,
        2 * MICRO,
    ]


def test_a_profile_gives_its_packs_in_micro_base_units(by: Judge) -> None:
    packs = [Pack(commodity="BERAS-MED", pack="KARUNG", quantity="0.5", unit="KUINTAL")]
    profile = Profile(**{**SAID, "packs": packs})
    assert by.packs(profile) == {("BERAS-MED", "KARUNG"): 50 * MICRO}


def test_an_amended_amount_becomes_base_units_or_nothing(by: Judge) -> None:
    assert by.amount("BERAS-MED", "TON", 3 * MICRO, {}) == 3_000 * MICRO
    assert by.amount("BERAS-MED", "KARUNG", 2 * MICRO, SACKS) == 50 * MICRO
    assert by.amount("BERAS-MED", "TON", 0, {}) == 0
    assert by.amount("BERAS-MED", "KARUNG", MICRO, {}) is None
    assert by.amount("BERAS", "KG", MICRO, {}) is None
    assert by.amount("BERAS-MED", "GRAM", 1, {}) is None, "a thousandth of a micro is nothing"
    assert by.amount("BERAS-MED", "TON", LINE_MAX_MICRO, {}) is None
    assert by.amount("BERAS-MED", "KG", LINE_MAX_MICRO, {}) == LINE_MAX_MICRO


def test_an_amendment_keeps_its_words_until_the_order_is_known(by: Judge) -> None:
    (line,) = judged(report({**AMENDED, "grade": "B", "min_lot": "0.5"}), by).lines
    assert isinstance(line, OrderLine)
    assert (line.quantity, line.said, line.unit) == (3 * MICRO, "3", "TON")
    assert (line.min_lot, line.grade, line.commodity) == (500_000, "B", "")


def test_a_hub_that_has_decided_still_cannot_count_stock() -> None:
    by = judge()
    decided = judged(envelope("decision", DECISION), by, key=HUB.encode())
    assert isinstance(decided.body, Decision)
    found = by.judge(
        encoded(report(RECEIVED, coop=HUB)), key=None, timestamp_ms=NOW_MS, partition=HOME
    )
    assert isinstance(found, Rejection)
    assert found.reason == Reason.COOP_MALFORMED


def test_a_tick_speaks_for_nobody_and_goes_to_every_partition(by: Judge) -> None:
    for partition in range(8):
        found = by.judge(encoded(tick(9)), key=b"tick", timestamp_ms=NOW_MS, partition=partition)
        assert isinstance(found, Judged)
        assert (found.actor, found.hub, found.sequence, found.lines) == ("", "", 9, ())


def test_a_judge_forgets_speakers_before_they_become_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(validation, "_SPEAKERS_MAX", 3)
    by = judge()
    for n in range(20):
        judged(report(RECEIVED, device=f"hp{n}"), by)
        assert len(by._speakers) <= 3
    assert judged(report(RECEIVED), by).device == DEVICE


def test_the_digest_tells_contents_apart_and_nothing_else(by: Judge) -> None:
    plain = judged(report(RECEIVED), by)
    later = judged({**report(RECEIVED), "time": "2026-11-22T06:59:00+07:00"}, by)
    other = judged(report({**RECEIVED, "quantity": "81"}), by)
    faulty = judged(report(RECEIVED, {**RECEIVED, "unit": 5}), by)
    faultier = judged(report(RECEIVED, {**RECEIVED, "unit": 6}), by)
    assert plain.digest == later.digest
    assert len({found.digest for found in (plain, other, faulty, faultier)}) == 4
