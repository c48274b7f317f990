import itertools
from collections import Counter, defaultdict
from random import Random

import msgspec
import pytest

from producers.address import address_of
from producers.simulate import SEED_HUBS, seed_world
from producers.world import shares
from producers.world.flaws import SORTS, break_report
from schemas import reference
from schemas.errors import Reason, Rejection
from schemas.judged import OrderLine, PlanLine, StockLine, VoidLine
from schemas.validation import Judge

NOW_MS = 1_795_305_600_123
PARTITIONS = 16
EVERY_US = 20_000  # fifty a second, so that what is under way arrives within the sample
BROKEN = {
    "broken:truncated": Reason.JSON_MALFORMED,
    "broken:not-utf8": Reason.NOT_UTF8,
    "broken:key-twice": Reason.DUPLICATE_KEY,
    "broken:unknown-village": Reason.UNKNOWN_COOP,
    "broken:wrong-id": Reason.ID_MISMATCH,
    "broken:future-time": Reason.TIME_IN_FUTURE,
    "broken:future-type": Reason.UNKNOWN_TYPE,
    "broken:sequence-as-text": Reason.WRONG_TYPE,
    "broken:no-lines": Reason.NO_LINES,
    "broken:bad-unit": Reason.UNKNOWN_UNIT,
    "broken:negative": Reason.QUANTITY_NEGATIVE,
    "broken:comma": Reason.QUANTITY_MALFORMED,
    "broken:unknown-goods": Reason.UNKNOWN_COMMODITY,
    "broken:unknown-grade": Reason.UNKNOWN_GRADE,
    "broken:unknown-kind": Reason.UNKNOWN_KIND,
}


@pytest.fixture(scope="module")
def judge():
    judge = Judge(reference.catalogue(), reference.units(), reference.register(), PARTITIONS)

    def judged(spoken):
        key, partition, _ = address_of(spoken.value, reference.register(), PARTITIONS)
        return judge.judge(spoken.value, key=key, timestamp_ms=spoken.at_ms, partition=partition)

    return judged


@pytest.fixture(scope="module")
def opening():
    return list(seed_world(7).opening(NOW_MS))


@pytest.fixture(scope="module")
def stream():
    world = seed_world(7)
    list(world.opening(NOW_MS))
    return list(itertools.islice(world.reports(NOW_MS, EVERY_US), 30_000))


def test_every_sound_report_is_accepted_whole_and_every_broken_one_for_its_reason(
    opening, stream, judge
):
    seen = set()
    for spoken in [*opening, *stream]:
        verdict = judge(spoken)
        if spoken.flaw in BROKEN:
            seen.add(spoken.flaw)
            faults = [verdict] if isinstance(verdict, Rejection) else verdict.rejections
            assert [fault.reason for fault in faults] == [BROKEN[spoken.flaw]], spoken
        else:
            assert not isinstance(verdict, Rejection), spoken
            assert not verdict.rejections, spoken
    assert seen == BROKEN.keys() == {f"broken:{sort}" for sort in SORTS}


def test_every_kind_of_line_is_said(stream, judge):
    kinds = Counter(
        (type(line), getattr(line, "kind", ""))
        for spoken in stream
        if not isinstance(verdict := judge(spoken), Rejection)
        for line in verdict.lines
    )
    assert {kind for kind, count in kinds.items() if count > 50} == {
        *((StockLine, kind) for kind in "cio"),
        *((OrderLine, kind) for kind in "pax"),
        (PlanLine, ""),
        (VoidLine, ""),
    }


def test_flaws_come_as_often_as_their_shares_say(stream):
    flaws = Counter((spoken.flaw or "none").partition(":")[0] for spoken in stream)
    expected = {
        "late": shares.LATE_PERMILLE // 2,
        "overtaken": shares.LATE_PERMILLE // 2,
        "duplicate": shares.DUPLICATE_PERMILLE,
        "corrected": shares.CORRECTION_PERMILLE,
        "broken": shares.BROKEN_PERMILLE,
    }
    for flaw, permille in expected.items():
        assert permille * 0.6 < flaws[flaw] * 1000 / len(stream) < permille * 1.4, flaw


def test_most_co_ops_stay_silent_on_a_day(stream):
    register = reference.register()
    every = sum(len(register.coops_of(hub)) for hub in SEED_HUBS)
    speaking = len(
        {spoken.coop for spoken in stream if not (spoken.flaw or "").startswith("broken")}
    )
    low, high = shares.SILENT_PERMILLE
    assert low <= 1000 - speaking * 1000 / every <= high + 10


def test_each_day_wakes_other_co_ops():
    world = seed_world(7, ["34.02", "64.02"])
    days = [
        {spoken.coop for spoken in itertools.islice(world.reports(day * 86_400_000, 1_000), 2_000)}
        for day in (20_000, 20_001)
    ]
    assert days[0] != days[1]


def test_no_device_uses_a_sequence_for_two_things_and_none_is_left_out(opening, stream, judge):
    said: defaultdict[tuple[str, str], dict[int, bytes]] = defaultdict(dict)
    for spoken in [*opening, *stream]:
        verdict = judge(spoken)
        if not isinstance(verdict, Rejection):
            sequences = said[verdict.actor, verdict.device]
            assert sequences.setdefault(verdict.sequence, spoken.value) == spoken.value
    gaps = sum(max(sequences) - len(sequences) for sequences in said.values())
    under_way = shares.LATE_PERMILLE * 60 * 50 // 1000  # a minute's worth at fifty a second
    assert gaps <= under_way


def test_a_voided_line_is_one_that_its_co_op_says_before_or_soon_after(opening, stream, judge):
    said, voided = set(), set()
    for n, spoken in enumerate([*opening, *stream]):
        verdict = judge(spoken)
        if isinstance(verdict, Rejection):
            continue
        said.add((verdict.actor, verdict.device, verdict.sequence))
        # Who voids what is still under way is heard first; by the end it has arrived.
        voided |= {
            (verdict.actor, line.device, line.sequence)
            for line in verdict.lines
            if isinstance(line, VoidLine) and n < len(stream) // 2
        }
    assert len(voided) > 50
    assert voided <= said


def test_hubs_can_serve_their_own_orders_within_the_first_reports(opening, judge):
    offers, needs = defaultdict(list), defaultdict(list)
    served: dict[tuple[str, str], int] = {}
    for n, spoken in enumerate(opening):
        for line in judge(spoken).lines:
            key = (spoken.coop[:5], line.commodity)
            if isinstance(line, StockLine) and line.quantity and line.terms:
                offers[key].append(line.terms.floor)
            elif isinstance(line, OrderLine):
                needs[key].append(line.ceiling)
            # A tenth above the floor pays for the way between two villages.
            if any(f * 11 <= c * 10 for f in offers[key] for c in needs[key]):
                served.setdefault(key, n)
    assert min(served.values()) < 100
    # Tarakan has twenty villages, of which six or so are awake: the smallest hubs may be last.
    assert len({hub for hub, _ in served}) >= len(SEED_HUBS) - 2
    assert len(served) > 80


def test_now_and_then_a_whole_load_is_ordered_that_several_villages_fill(opening, stream, judge):
    have: dict[tuple[str, str], list[int]] = defaultdict(list)
    loads = []
    for spoken in [*opening, *stream]:
        verdict = judge(spoken)
        for line in () if isinstance(verdict, Rejection) else verdict.lines:
            if isinstance(line, StockLine) and line.kind == "c":
                have[spoken.coop[:5], line.commodity].append(line.quantity)
            elif isinstance(line, OrderLine) and line.kind == "p" and line.min_lot:
                assert line.min_lot <= line.quantity
                loads.append((spoken.coop[:5], line.commodity, line.min_lot))
    assert 50 < len(loads) < 500
    filled = {
        (hub, goods, to)
        for to, goods, lot in loads
        for (hub, code), stocks in have.items()
        if code == goods and hub != to and 2 * sorted(stocks)[len(stocks) // 2] < lot
    }
    assert len(filled) > 20


def test_open_orders_of_a_co_op_stay_few(opening, stream, judge):
    orders = defaultdict(set)
    for spoken in [*opening, *stream]:
        verdict = judge(spoken)
        for line in () if isinstance(verdict, Rejection) else verdict.lines:
            if isinstance(line, OrderLine) and line.kind == "p":
                orders[verdict.actor].add(line.order)
            elif isinstance(line, OrderLine) and line.kind == "x":
                orders[verdict.actor].discard(line.order)
    assert max(map(len, orders.values())) <= shares.OPEN_ORDERS_MAX + shares.OPENING_ORDERS[1]


@pytest.mark.parametrize("sort", SORTS)
def test_a_broken_report_differs_from_the_sound_one(opening, sort):
    sound = opening[0].value
    broken = break_report(sound, sort, Random(1))
    assert broken.sort == sort
    assert broken.value != sound
    if broken.used:
        assert msgspec.json.decode(broken.value)["data"]["sequence"] == 1
