"""Matches that live through random acts: no state skipped, nothing held too much, nothing lost."""

from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Reason
from streams.core import deal_life
from streams.core.lifecycle import COUNTERS_MAX, Act, Life, Refusal, counted, follow
from streams.core.lifecycle_table import FINAL, HOLDING, REFUSALS, TABLE, Action, Side, State
from streams.core.lifecycle_times import DAY_MS, HOUR_MS
from streams.core.state import Deal, decode, encode

MORNING = 1_795_300_000_000
KG = 1_000_000
STARTS = st.builds(
    lambda quantity, spare, stale: Life(
        State.DRAFT,
        quantity=quantity * KG,
        granted=(quantity + spare) * KG,
        price=10_000,
        stale=stale,
        freezes_ms=MORNING,
        ship_by_ms=MORNING + DAY_MS,
        arrive_by_ms=MORNING + 3 * DAY_MS,
    ),
    st.integers(1, 12),
    st.integers(0, 3),
    st.booleans(),
)
ACTS = st.builds(
    Act,
    action=st.sampled_from([*Action, *[Action.ACCEPT, Action.SHIP, Action.RECEIVE] * 3]),
    by=st.sampled_from(
        [frozenset({side}) for side in Side] + [frozenset({Side.GIVER, Side.TAKER})]
    ),
    at_ms=st.integers(-4, 200).map(lambda hours: MORNING + hours * HOUR_MS),
    quantity=st.integers(0, 14).map(lambda kg: kg * KG),
    refused=st.integers(0, 3).map(lambda kg: kg * KG),
    price=st.sampled_from([0, 9_000, 10_000]),
    reason=st.sampled_from(["", "19.02.01.2001:hp1:7"]),
    final=st.booleans(),
    goods_gone=st.sampled_from([False, False, True]),
)
UNWIRED = (Action.OPEN, Action.IMPROVE, Action.ASK, Action.FREEZE, Action.ENDANGER, Action.EASE)
"""Acts on drafts, which nobody makes, and flags, which promises set."""
WALKS = st.lists(ACTS, max_size=40)


def check(life: Life) -> None:
    parts = (life.shipped, life.received, life.refused, life.lost, life.released)
    assert min(*parts, life.under_way, life.to_ship) >= 0
    assert life.shipped == life.received + life.refused + life.lost + life.under_way
    assert life.quantity == life.shipped + life.released + life.to_ship
    assert 0 <= life.held <= life.granted
    assert 0 < life.quantity <= life.granted
    assert life.counters <= COUNTERS_MAX
    if life.state not in HOLDING:
        assert life.held == life.under_way == 0
    if life.state is State.RECEIVED:
        assert life.received == life.quantity
    if life.state in {State.ACCEPTED, State.SHIPPED, State.RECEIVED, State.SHORT, State.PAID}:
        assert life.giver_yes
        assert life.taker_yes
    if life.state in {State.CLAIMED, State.PAID}:
        assert 0 < life.received <= life.shipped


@settings(max_examples=150, deadline=None)
@given(STARTS, WALKS)
def test_a_walk_of_any_acts_skips_no_state_and_keeps_every_quantity(life, acts):
    check(life)
    for act in acts:
        after = follow(life, act)
        if isinstance(after, Refusal):
            assert after.reason in Reason
            if act.action is Action.FREEZE and after.reason is Reason.STOCK_STALE:
                life = counted(life)
            continue
        assert any(
            after.state in TABLE[life.state, act.action, side].to
            for side in act.by
            if (life.state, act.action, side) in TABLE
        )
        if {life.state, after.state} <= {State.ACCEPTED, State.SHIPPED}:
            assert after.held <= life.held
        check(after)
        life = after


@settings(max_examples=60, deadline=None)
@given(STARTS, st.sampled_from(sorted(FINAL)), ACTS)
def test_nothing_follows_a_final_state(life, state, act):
    refusal = follow(replace(life, state=state), act)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == REFUSALS[state, act.action]


def test_walks_of_random_acts_come_to_every_state():
    chance = Random(20_261_122)
    seen = {State.DRAFT}
    for _ in range(800):
        life = Life(State.DRAFT, 3 * KG, 4 * KG, 10_000, freezes_ms=MORNING)
        life = replace(life, ship_by_ms=MORNING, arrive_by_ms=MORNING)
        for _ in range(30):
            allowed = sorted((a, s) for state, a, s in TABLE if state is life.state)
            if not allowed:
                break
            action, side = chance.choice(allowed)
            said = Act(
                action,
                frozenset({side}),
                MORNING + chance.randrange(80) * HOUR_MS,
                quantity=chance.randrange(4) * KG,
                refused=chance.randrange(2) * KG,
                price=chance.choice([0, 9_000]),
                reason="banjir",
                final=chance.random() < 0.2,
            )
            after = follow(life, said)
            if isinstance(after, Life):
                check(after)
                life = after
                seen.add(life.state)
    assert seen == set(State)


def deal(state: str) -> Deal:
    """A match of today, in a state."""
    texts = "match offer need family commodity grade lot order from_coop to_coop leg_mode digest"
    figures = "version n quantity price leg_cost leg_days tick expires_ms arrive_day surplus"
    blank: dict[str, Any] = dict.fromkeys([*texts.split(), "at_risk"], "")
    blank |= dict.fromkeys(figures.split(), 0)
    blank |= dict.fromkeys(["certified", "accepted_from", "accepted_to"], False)
    return Deal(**blank, state=state, steps=[])


def proposed(quantity: int) -> Deal:
    one = deal("proposed")
    one.quantity = one.granted = quantity
    one.expires_ms, one.arrive_day, one.leg_days = MORNING + DAY_MS, MORNING // DAY_MS + 3, 2
    return one


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 12), WALKS)
def test_a_deal_lives_the_life_of_the_table_and_binds_what_it_says(kg, acts):
    kept = proposed(kg * KG)
    life = deal_life.life_of(kept)
    assert life == replace(
        Life(State.PROPOSED, kg * KG, kg * KG, 0, expires_ms=MORNING + DAY_MS),
        ship_by_ms=(MORNING // DAY_MS + 2) * DAY_MS - 7 * HOUR_MS,
        arrive_by_ms=(MORNING // DAY_MS + 4) * DAY_MS - 7 * HOUR_MS,
    )
    for act in acts:
        if act.action in UNWIRED:
            continue
        after, seen = deal_life.after(kept, act), follow(life, act)
        assert after == seen
        if isinstance(after, Refusal):
            continue
        deal_life.bring(kept, after, act, "somebody")
        again = decode(b"deal/x", encode(kept))
        assert isinstance(again, Deal)
        kept, life = again, after
        assert deal_life.life_of(kept) == life
        assert deal_life.held(kept) == life.held
        assert deal_life.coming(kept) == (
            life.to_ship + life.under_way if life.held or life.under_way else 0
        )
        assert (kept.state in HOLDING) == (deal_life.due(kept) is not None)
        assert deal_life.is_held(kept) == (life.giver_yes or life.taker_yes)
        assert kept.steps[-1].reason == act.reason or act.action
        check(life)


def test_an_old_deal_holds_all_that_it_proposed():
    old = deal("proposed")
    old.quantity = 7 * KG
    assert old.granted == -1
    assert deal_life.life_of(old).granted == deal_life.held(old) == 7 * KG
