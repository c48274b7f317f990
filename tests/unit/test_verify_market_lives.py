"""The checker over whole lives of matches between hubs: they pass, and every wound is named."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from deploy.verify.courses import Came, Course
from deploy.verify.findings import CONSERVED, LIVES, PROMISES
from deploy.verify.messages import Act
from schemas.identity import partition_of
from schemas.market import LegSide, Stand, key_of, written
from schemas.topics import EVENTS
from streams.core import leg_acts, movements
from streams.core.interchange import between_out, hub_life, market_life
from streams.core.lifecycle import Life, follow
from streams.core.lifecycle_table import PAYMENTS, Action, State
from tests.support.core_desk import PARTITIONS
from tests.support.market_lives import (
    BANTUL,
    BELITUNG,
    WHOLE,
    Lives,
    breaches,
    by_chance,
    countered,
    crossed,
    haggled,
    half,
    made,
    outrun,
    paid,
    unheard,
)
from tests.support.market_logs import WrittenLog, checked, sunk

LEG, MATCH, STAND = "lumbung.leg.v1", "lumbung.match.v1", "lumbung.stand.v1"
TOLD: Final = "lumbung.ledger.v1"
Wound = Callable[[WrittenLog], object]


@pytest.mark.parametrize("life", WHOLE, ids=lambda life: life.__name__)
def test_a_whole_life_between_hubs_passes(life: Callable[[Lives], Lives]) -> None:
    assert breaches(life(Lives()).written()) == []


@pytest.mark.parametrize("life", [paid, countered, made, haggled, outrun, unheard])
@pytest.mark.parametrize("seed", range(2))
def test_a_life_passes_when_its_parts_die_on_the_way(
    life: Callable[[Lives], Lives], seed: int
) -> None:
    assert breaches(life(Lives(seed, deadly=0.12)).written()) == []


def test_what_is_made_is_haggled_over_in_whole_nuts_and_grams() -> None:
    lives = haggled(Lives())
    told = lives.first()
    assert told["state"] == "received"
    assert (told["quantity"], told["shipped_quantity"]) == ("3333", "3333")
    made = [told["to_quantity"], told["received_quantity"]]
    assert [len(amount.partition(".")[2]) <= 3 for amount in made] == [True, True]
    assert made[0] == made[1]


@pytest.mark.parametrize("life", [paid, half], ids=lambda life: life.__name__)
def test_a_life_passes_together_with_its_warehouse(
    life: Callable[[Lives], Lives], tmp_path: Path
) -> None:
    log = life(Lives()).written()
    report = checked(log, sunk(log, tmp_path))
    assert report.ok, report.first


def test_a_life_passes_wherever_it_is_looked_at() -> None:
    lives = Lives().opened()
    for what in ("accept", "accept", "ship", "receive", "pay", "pay"):
        actor = {"ship": BELITUNG, "receive": BANTUL}.get(what, "")
        seen = [step["actor"] for step in lives.first()["history"][1:]]
        actor = actor or (BELITUNG if seen[-1:] == [BANTUL] else BANTUL)
        lives.decide(actor, what, **({"quantity": "90"} if what in ("ship", "receive") else {}))
        assert breaches(lives.written()) == [], what


def test_both_ways_of_crossing_words_pass() -> None:
    """Whoever the market hears first, the other's word may come too late."""
    reasons = set()
    for seed in range(6):
        for life in (crossed, outrun):
            lives = life(Lives(seed))
            assert breaches(lives.written()) == [], (seed, life)
            reasons |= {step.get("reason", "") for step in lives.first()["history"]}
    assert {"accept: terms_changed", "ship: match_cancelled"} <= reasons


def test_a_stand_that_nobody_heeds_is_no_breach() -> None:
    """An old word of the market comes once more, and one to a leg that is not known."""
    lives = countered(Lives())
    for part in lives.market.parts.values():
        old = [r for r in part.log if STAND.encode() in r.value]
        for row in old[:1]:
            part.put(row.key, row.value, lives.market.now)
    facts: dict[str, Any] = {"match": "A" * 16, "side": LegSide.NEED, "hub": "34.02"}
    facts |= {"family": "LADA-BASAH", "state": "proposed", "quantity": 5, "granted": 5}
    stray = Stand(**facts, version=7, price=9)
    place = partition_of("34.02", PARTITIONS)
    lives.market.parts[EVENTS, place].put(key_of(stray), written(stray, 0), lives.market.now)
    lives.market.settle().tick(2)
    assert breaches(lives.written()) == []


@pytest.mark.parametrize("seed", range(6))
def test_lives_of_chance_pass_whatever_is_decided_by_whom(seed: int) -> None:
    assert breaches(by_chance(Lives(seed, deadly=0.08 * (seed % 2))).written()) == []


@pytest.mark.parametrize(("offer", "need"), [(5, 1), (1_000, 1_600), (10, 22), (7, 7)])
def test_all_that_is_given_becomes_all_that_was_agreed_on_however_it_leaves(
    offer: int, need: int
) -> None:
    chance = Random(offer)
    for _ in range(50):
        course = Course(offer * 10**6, need * 10**6, 9, state="accepted")
        course.quantity = chance.randrange(1, need * 10**6)
        while left := course.holds("offer"):
            ship = Act("ship", "", 0, chance.randrange(left) + 1, 0, 0, "", final=False)
            assert course.carry(ship, "offer") is not Came.REFUSED
        assert (course.shipped, course.to_ship) == (course.quantity, 0)


# ------------------------------------------------------------------ a core that is wrong
HEAR = market_life.hear
STANDS, DONE = hub_life.stands, hub_life.done
UNDER_WAY = between_out._under_way


def heard_again(match: Any, end: Any, heard: int, acts: Any, now_ms: int) -> bool:
    """What was carried out is carried out once more."""
    end.acted = heard
    return HEAR(match, end, heard, acts, now_ms)


def one_yes(life: Life, act_: Any) -> Any:
    """Both have said yes when one has."""
    found = follow(life, act_)
    if isinstance(found, Life) and act_.action == Action.ACCEPT:
        return replace(found, state=State.ACCEPTED, giver_yes=True, taker_yes=True)
    return found


def lets_go(leg: Any, stand: Any) -> None:
    STANDS(leg, stand)
    leg.committed = leg.delivered


def keeps_all(leg: Any, stand: Any) -> None:
    before = leg.committed
    STANDS(leg, stand)
    leg.committed = before


def forgets(leg: Any, told: Any) -> None:
    DONE(leg, told)
    leg.acts = leg.acts[-1:]


BUGS: dict[str, tuple[str, Any, str, Any]] = {
    "goods do not move": (CONSERVED, leg_acts, "moved_by", lambda *_: None),
    "goods move twice": (
        *(CONSERVED, movements, "move"),
        lambda coop, name, key, micro, version, move=movements.move: move(
            coop, name, key, 2 * micro, version
        ),
    ),
    "acts are heard again and again": (LIVES, market_life, "hear", heard_again),
    "one yes is enough": (LIVES, market_life, "follow", one_yes),
    "hubs are told to hold everything": (LIVES, market_life, "kept", lambda m: m.offer.agreed),
    "a hub lets go of everything": (LIVES, hub_life, "stands", lets_go),
    "a hub keeps everything": (PROMISES, hub_life, "stands", keeps_all),
    "a hub lets everything pass": (LIVES, hub_life, "judged", lambda *_: None),
    "a hub forgets acts that nobody heard": (LIVES, hub_life, "done", forgets),
    "what left is not told": (
        *(LIVES, between_out, "_under_way"),
        lambda match, life: {**UNDER_WAY(match, life), "shipped_quantity": "0"},
    ),
    "money is forgotten": (LIVES, between_out, "PAYMENTS", {**PAYMENTS, "paid": "none"}),
    "all that was agreed on is still held": (
        PROMISES,
        between_out,
        "kept",
        lambda m: m.offer.agreed,
    ),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_core_that_is_wrong_about_a_life_between_hubs_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, room, function, bug = BUGS[name]
    monkeypatch.setattr(room, function, bug)
    found = breaches(busy(Lives()).written())
    assert any(at.startswith(check) for at in found), found


def busy(lives: Lives) -> Lives:
    """A life in which hubs have often not yet heard of what was done."""
    lives.opened().decide(BELITUNG, "accept")
    lives.at_once((BANTUL, "counter", {"quantity": "180"}), (BANTUL, "accept", {}))
    lives.at_once((BELITUNG, "accept", {}), (BELITUNG, "ship", {"quantity": "50"}))
    lives.decide(BELITUNG, "ship", quantity="60").decide(BANTUL, "receive", quantity="40")
    lives.at_once(
        (BELITUNG, "ship", {"quantity": "10"}), (BELITUNG, "cancel", {"reason": "habis"})
    )
    lives.decide(BANTUL, "receive", quantity="20", final=True).tick()
    return lives.decide(BANTUL, "pay").decide(BELITUNG, "pay").tick(2)


def test_the_same_life_told_by_a_core_that_is_right_passes() -> None:
    assert breaches(busy(Lives()).written()) == []
