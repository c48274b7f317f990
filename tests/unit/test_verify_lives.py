"""The checker over whole lives of a match written by hand: they pass, and every wound is named."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from deploy.verify.deeds import Life
from deploy.verify.findings import CONSERVED, LIVES, PROMISES
from deploy.verify.lives import BECOMES, HOLDING, NEXT, Deadlines
from deploy.verify.match_records import MatchRecord
from tests.support.paper_life import FIRST, GIVEN_UP, PAID, PaperLife, Told, came
from tests.support.paper_log import A, B, Tree, checked, position
from tests.support.sayings import NOW_MS

Wound = Callable[[PaperLife], object]
DAY_MS = 86_400_000


@pytest.mark.parametrize("life", [PAID, GIVEN_UP, PAID[:2], PAID[:3], GIVEN_UP[:1]], ids=len)
def test_a_life_passes_however_far_it_has_come(life: Any) -> None:
    log = PaperLife(*life)
    if life not in (PAID, GIVEN_UP):
        half_way(log)
    report = checked(log)
    assert report.ok, "\n".join(map(str, report.breaches))
    assert report.checks[LIVES] > len(life)


def half_way(log: PaperLife) -> None:
    """What hubs know before anything was received: the supply, and what is promised of it."""
    coming = log.matches[-1]["quantity"]
    left = 115 - 30 * (log.matches[-1]["state"] == "shipped")
    for sums in log.demand:
        sums["rows"][0]["supply"] = str(left)
        for row in sums["rows"][1:]:
            row.update(demand="50", matched=coming, gap=str(50 - int(coming)))


def record(n: int, **more: Any) -> Wound:
    """The record of the match after its n-th step tells something else."""
    return lambda log: log.matches[1 + n].update(more)


def last(**more: Any) -> Wound:
    return record(len(PAID) - 1, **more)


def step(n: int, **more: Any) -> Wound:
    """The n-th step is told otherwise, in every record of it."""

    def change(log: PaperLife) -> None:
        for told in log.matches[n + 1 :]:
            history: list[Tree] = [dict(moment) for moment in told["history"]]
            history[n + 1].update(more)
            told["history"] = history

    return change


def touched(n: int, name: str, *rows: Tree) -> Wound:
    """What the ledger tells of positions or orders by the n-th decision."""
    return lambda log: log.ledger[6 + n].update({name: list(rows)})


def undecided(log: PaperLife) -> None:
    """The last decision was turned away, and its step is told all the same."""
    log.events.pop()
    log.ledger.pop()
    log.state = [*log.state[:-4], (f"coop/{A}", [14, NOW_MS, 0, {"hp1": [5, b"", b"", 5]}])]


WOUNDS: dict[str, tuple[str, str, Wound]] = {
    "a ship that moves nothing": (
        LIVES,
        "ships nothing",
        lambda log: log.decided(2, quantity="0"),
    ),
    "a ship of more than was agreed": (
        LIVES,
        "ships 21000000 of 20000000",
        lambda log: log.decided(4, quantity="21"),
    ),
    "more received than is under way": (
        LIVES,
        "receives 31000000 of 30000000",
        lambda log: log.decided(3, quantity="26"),
    ),
    "a receipt of nothing": (
        LIVES,
        "receives nothing",
        lambda log: log.decided(3, quantity="", refused=""),
    ),
    "a last receipt that was not said to be the last": (
        LIVES,
        "made it short by receive",
        lambda log: log.decided(5, final=False),
    ),
    "a record of more received than shipped": (
        LIVES,
        "more arrived than was shipped",
        record(3, received_quantity="26"),
    ),
    "a paid match that was never received": (
        LIVES,
        "a payment for nothing",
        last(received_quantity="0", lost_quantity="45"),
    ),
    "a paid match of which nothing is lost": (
        LIVES,
        "goods under way after the last",
        last(lost_quantity="0"),
    ),
    "a shipped quantity that nobody shipped": (
        LIVES,
        "is not what its decisions lead to",
        record(2, shipped_quantity="31", held_quantity="19"),
    ),
    "amounts that fall between versions": (
        LIVES,
        "takes back what had moved",
        record(4, received_quantity="24"),
    ),
    "a payment before anything was shipped": (
        LIVES,
        "a payment that is",
        record(1, payment="claimed"),
    ),
    "a payment that is not told": (LIVES, "a payment that is", last(payment="claimed")),
    "a hold of what has left": (LIVES, "a hold of more", record(2, held_quantity="50")),
    "goods promised and not held": (LIVES, "a hold of less", record(1, held_quantity="0")),
    "a price that changed after a yes": (
        LIVES,
        "was changed after a side had said yes",
        record(1, price=129_899),
    ),
    "a decision that is no step": (
        LIVES,
        "was carried out and is no step",
        lambda log: log.matches.pop(),
    ),
    "a step that nobody decided on": (LIVES, "a step that nobody decided on", undecided),
    "a step of another actor": (
        LIVES,
        "is not the next step",
        step(5, actor=B),
    ),
    "a match that both sides of one co-op accepted": (
        LIVES,
        "one side did not say yes",
        step(1, actor=A),
    ),
    "goods that the taker ships": (LIVES, f"a step that {B} may not take", step(2, actor=B)),
    "money that the giver claims": (LIVES, f"a step that {A} may not take", step(6, actor=A)),
    "a delivery that the clock takes in": (
        LIVES,
        "a step that lumbung may not take",
        step(3, actor="lumbung"),
    ),
    "a step of a stranger": (LIVES, "may not take", step(0, actor="19.02.01.2001")),
    "a step that was skipped": (
        LIVES,
        "not legal: claimed after shipped",
        step(5, state="shipped"),
    ),
    "a position that forgot a movement": (
        CONSERVED,
        "follows otherwise from its reports",
        touched(4, "positions", position("115", 12)),
    ),
    "a position that counts a movement twice": (
        CONSERVED,
        "follows otherwise from its reports",
        touched(5, "positions", came("61", 13, coop=B)),
    ),
    "a movement on the position of the hub that decided": (
        CONSERVED,
        "is only in the ledger",
        touched(5, "positions", came("43", 13)),
    ),
    "a position that nobody tells": (
        CONSERVED,
        "is only in the log",
        lambda log: [entry.update(positions=[]) for entry in log.ledger[6 + 3 :: 2]],
    ),
    "an order that forgot a delivery": (
        CONSERVED,
        "follows otherwise from its revisions",
        lambda log: log.ledger[6 + 5]["orders"][0].update(delivered="25"),
    ),
    "demand for what was delivered": (
        CONSERVED,
        "supply, planned, demand, matched",
        lambda log: log.demand[2]["rows"][1].update(demand="50", gap="50"),
    ),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_a_wound_of_a_life_is_found_and_named(name: str) -> None:
    check, words, wound = WOUNDS[name]
    log = PaperLife(*PAID)
    wound(log)
    report = checked(log)
    named = [breach for breach in report.breaches if breach.check == check]
    assert any(words in breach.what for breach in named), "\n".join(map(str, report.breaches))


def unreasoned(log: PaperLife) -> None:
    """The rest was given up and nobody said why."""
    log.decided(3, reason="")
    step(3, reason="cancel")(log)


GIVING_UP: dict[str, tuple[str, Wound]] = {
    "a rest that is held though it was given up": (
        "is not what its decisions lead to",
        record(3, held_quantity="10"),
    ),
    "a cancellation without a reason": (
        "cancels without a reason",
        unreasoned,
    ),
    "a countered quantity that nobody named": (
        "is not what its decisions lead to",
        lambda log: log.decided(0, quantity="35"),
    ),
    "a countered price that nobody named": (
        "has another price than was said last",
        lambda log: log.decided(0, price="119000"),
    ),
    "a counter beyond what is held": ("a hold of less", record(0, quantity="51")),
    "a counter that takes more": (
        "holds more than a tick granted",
        record(0, quantity="51", held_quantity="51"),
    ),
    "an end before its day": (
        "by itself before its time",
        lambda log: log.matches[-1].update(arrive_by_day=NOW_MS // DAY_MS),
    ),
    "a loss that the clock did not tell": (
        "goods under way after the last",
        lambda log: log.matches[-1].update(lost_quantity="0"),
    ),
}


@pytest.mark.parametrize("name", GIVING_UP)
def test_a_wound_of_a_life_given_up_is_found_and_named(name: str) -> None:
    words, wound = GIVING_UP[name]
    log = PaperLife(*GIVEN_UP)
    wound(log)
    named = [breach.what for breach in checked(log).breaches if breach.check == LIVES]
    assert any(words in what for what in named), named


def test_goods_shipped_after_the_rest_was_given_up_are_found() -> None:
    again = Told(A, "ship", {"quantity": "5"}, "shipped", "35 0 0 0 0", "80", "40")
    named = [breach.what for breach in checked(PaperLife(*GIVEN_UP[:4], again)).breaches]
    assert any("ships 5000000 of 0 that are left to ship" in what for what in named), named


def test_what_has_left_binds_no_stock_and_what_came_no_need() -> None:
    """Of an offer all of the grant until both agreed, then what is left; of a need the rest."""
    told = msgspec.convert(PaperLife(*PAID).matches[-1], MatchRecord)
    life = Life(told, state="countered", quantity=40)
    assert (life.takes("offer", 50), life.takes("need", 50)) == (50, 40)
    life.state = "accepted"
    assert (life.takes("offer", 50), life.takes("need", 50)) == (40, 40)
    life.state, life.shipped, life.received, life.lost = "shipped", 30, 20, 5
    assert (life.takes("offer", 50), life.takes("need", 50)) == (10, 15)
    life.released = 10
    assert (life.takes("offer", 50), life.takes("need", 50)) == (0, 5)
    life.state = "short"
    assert (life.takes("offer", 50), life.takes("need", 50)) == (0, 0)


def test_an_agreement_beyond_the_stock_of_its_moment_is_found() -> None:
    log = PaperLife(*PAID[:2])
    half_way(log)
    log.events[0] = (log.events[0][0], log.events[0][1].replace(b'"keep":"20"', b'"keep":"90"'))
    named = [breach.what for breach in checked(log).breaches if breach.check == PROMISES]
    assert any("was accepted beyond the stock" in what for what in named)


def test_the_table_ends_where_nothing_is_held_or_owed() -> None:
    ends = {to for after in BECOMES.values() for to in after} - NEXT.keys()
    assert ends == {"rejected", "expired", "superseded", "cancelled", "no_show", "paid"}
    assert not ends & HOLDING
    assert FIRST == 7


def test_what_was_never_stated_never_comes_by_itself() -> None:
    never, told = Deadlines(-1, -1, -1), Deadlines(5, 0, 1)
    assert [never.due(state) for state in ("expired", "no_show", "short")] == [None] * 3
    after = [told.due(state) for state in ("expired", "no_show", "short")]
    assert after == [5, 2 * DAY_MS - 7 * 3_600_000, 3 * DAY_MS - 7 * 3_600_000]
