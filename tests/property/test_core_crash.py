"""A worker that dies and another that takes over come to what one that never died would have."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.book import LIVE
from streams.core.deal_life import coming, held, is_held
from streams.core.partition import Partition
from tests.support.core_desk import (
    Batch,
    Desk,
    partition,
    restored,
    said_once,
    taken_back,
)
from tests.support.core_logs import Logged, records
from tests.support.core_village import CUT_OFFS, Village

SEEDS = st.integers(0, 2**32)
FEW = settings(max_examples=25, deadline=None)


class Live:
    """A run that never died, with what was there after each of its batches."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.cut_offs = self.chance.choice(CUT_OFFS)
        self.log = records(Village(self.chance).life(60, 10, cut_offs=self.cut_offs))
        self.desk = Desk(partition(self.cut_offs))
        self.ends: list[tuple[int, int, int]] = []  # records, batches and outputs so far
        at = 0
        while at < len(self.log):
            effects = self.desk.core.fold(self.log[: at + self.chance.choice((1, 2, 5, 17))], at)
            at = effects.next
            self.desk.take(effects)
            self.ends.append((at, len(self.desk.batches), len(self.desk.outputs)))

    def crash(self) -> Desk:
        """Another takes over: some batches are written, fewer outputs left, less is committed."""
        stops = [(0, 0, 0), *self.ends]
        kept = self.chance.randrange(len(stops))
        sent = self.chance.randrange(max(0, kept - 3), kept + 1)
        _, batches, _ = stops[kept]
        ticks = [r.offset for r in self.log[: stops[kept][0]] if r.key == b"tick"]
        least = ticks[-2] + 1 if len(ticks) > 1 else 0  # the clock waits for the tick before
        done = stops[sent][0]
        committed = min(done, max(least, done - self.chance.choice((0, 0, 1, 9))))
        sent = next(n for n, stop in enumerate(stops) if stop[0] >= max(committed, least))
        outputs = stops[sent][2]
        written = self.desk.batches[:batches]
        after = Desk(restored(written, self.cut_offs), self.desk.batches[:batches])
        after.outputs = self.desk.outputs[:outputs]
        committed = max(committed, least)
        after.say(after.core.announce(committed))
        return self._go_on(after, committed)

    def _go_on(self, after: Desk, at: int) -> Desk:
        while at < len(self.log):
            size = self.chance.choice((1, 3, 11))
            after.run(self.log[at : at + size])
            at += size
        return after


def implied(core: Partition) -> dict[str, Any]:
    """All that is worked out of the state and not written down."""
    view = core._view
    book = view.book
    return {
        "totals": [view.totals.by_key, view.totals.wants, view.totals.plans],
        "dirty": sorted(book.dirty),
        "marks": {at: mark for at, mark in book.marks.items() if mark.offers or mark.needs},
        "live": sorted(book.live),
        "rejected": sorted(book.rejected),
        "settled": book.settled,
        "word": [book.resting, book.answered],
        "lines": [{n: sorted(own) for n, own in i.items()} for i in (book.by_offer, book.by_need)],
        "time": [view.today("19.02"), core.applied],
    }


@FEW
@given(SEEDS)
def test_a_takeover_at_any_moment_leaves_no_trace(seed: int) -> None:
    live = Live(seed)
    after = live.crash()
    assert after.state() == live.desk.state()
    for name in ("positions", "orders", "demand", "matches", "why_not"):
        assert getattr(after, name)() == getattr(live.desk, name)()
    assert said_once(after) == said_once(live.desk)
    assert taken_back(after) == taken_back(live.desk)


@FEW
@given(SEEDS)
def test_what_the_state_implies_can_be_built_anew_at_any_moment(seed: int) -> None:
    chance = Random(seed)
    hours = chance.choice(CUT_OFFS)
    desk = Desk(partition(hours))
    log = records(Village(chance).life(40, 8, cut_offs=hours))
    cuts = {chance.randrange(len(log)) for _ in range(4)} | {len(log) - 1}
    for one in log:
        desk.run([one])
        if one.offset in cuts:
            assert implied(restored(desk.batches, hours)) == implied(desk.core)


@FEW
@given(SEEDS)
def test_the_changelog_is_what_the_partition_says_of_its_keys(seed: int) -> None:
    chance = Random(seed)
    hours = chance.choice(CUT_OFFS)
    desk = Desk(partition(hours))
    for one in records(Village(chance).life(40, 8, cut_offs=hours)):
        desk.run([one])
        for key, value in desk.batches[-1]:
            assert desk.core.encode(key) == value
    written = {key for batch in desk.batches for key, _ in batch}
    assert {key: desk.core.encode(key) for key in written - desk.state().keys()} == dict.fromkeys(
        written - desk.state().keys()
    )
    assert {key: desk.core.encode(key) for key in desk.state()} == desk.state()


@FEW
@given(SEEDS)
def test_an_older_writer_changes_nothing(seed: int) -> None:
    """A worker thought dead writes its batches once more, after those of its successor."""
    chance = Random(seed)
    hours = chance.choice(CUT_OFFS)
    desk = Desk(partition(hours))
    desk.run(records(Village(chance, days=20).life(40, 8, cut_offs=hours)))
    first = chance.randrange(len(desk.batches))
    stale: list[Batch] = [
        [(key, value) for key, value in batch if value is not None]
        for batch in desk.batches[first : first + 3]
    ]
    haunted = restored([*desk.batches, *stale], hours)
    assert {key: haunted.encode(key) for key in desk.state()} == desk.state()
    assert implied(haunted) == implied(desk.core)


@FEW
@given(SEEDS)
def test_nothing_is_made_out_of_nothing_and_nothing_is_promised_twice(seed: int) -> None:
    chance = Random(seed)
    hours = chance.choice(CUT_OFFS)
    desk = Desk(partition(hours))
    for one in records(Village(chance).life(40, 8, cut_offs=hours)):
        desk.run([one])
        _nothing_is_over_promised(desk.core, one)
    supply: dict[tuple[str, str], float] = {}
    for (_, name), row in desk.positions().items():
        commodity, grade, _ = name.split("|")
        supply[commodity, grade] = supply.get((commodity, grade), 0) + float(row["on_hand"])
    for name, total in desk.demand().items():
        rows = {r["grade"]: r for r in total["rows"] if r["market"] == "domestic"}
        commodity = name.split("|")[1]
        for (of, grade), amount in supply.items():
            if of == commodity:
                assert float(rows[grade]["supply"]) == amount
        for row in total["rows"]:
            assert float(row["gap"]) == float(row["demand"]) - float(row["matched"])


def _nothing_is_over_promised(core: Partition, after: Logged) -> None:
    book, promises = core._view.book, core._promises
    for offer, own in book.by_offer.items():
        asked = sum(map(held, own.values()))
        at_risk = [deal for deal in own.values() if deal.at_risk]
        assert asked <= promises.free(offer) or (at_risk and _only_held(own)), after
    for need, own in book.by_need.items():
        actor, _, number = need.partition("|")  # what is shut by its contract's days still wants
        seen = core._view.seen(actor, number)
        open_ = seen is not None and not seen.cancelled
        goods = seen.commodity if seen is not None and open_ else ""
        good = [d for d in own.values() if d.commodity == goods]
        asked = sum(map(coming, good))
        at_risk = [deal for deal in own.values() if deal.at_risk]
        room = seen.wanted if seen is not None and open_ else 0
        assert asked <= room or (at_risk and _only_held(own)), after
        assert len(good) == len(own) or at_risk
        assert all(deal.state in LIVE for deal in own.values())


def _only_held(own: dict[str, Any]) -> bool:
    return all(is_held(deal) for deal in own.values())
