"""The life of a match, state by state: what follows, what is refused and why, and when."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from schemas.errors import Reason
from streams.core.lifecycle import Act, Life, Refusal, counted, follow
from streams.core.lifecycle_table import (
    FINAL,
    REFUSALS,
    TABLE,
    Action,
    Side,
    State,
    table_markdown,
)
from streams.core.lifecycle_times import (
    DAY_MS,
    HOLD_BACK_MS,
    OPENED_MS,
    PROPOSAL_MS,
    freezes_at,
    is_held_back,
    is_stale,
    next_cut_off,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "matching.md"
KG = 1_000_000
NOW = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)
G, T, L = (frozenset({side}) for side in (Side.GIVER, Side.TAKER, Side.LUMBUNG))
DRAFT = Life(
    State.DRAFT,
    quantity=100 * KG,
    granted=120 * KG,
    price=9_000,
    freezes_ms=NOW,
    ship_by_ms=NOW + DAY_MS,
    arrive_by_ms=NOW + 3 * DAY_MS,
)


def act(action: str, by: frozenset[Side], kg: int = 0, **more: object) -> Act:
    said = Act(Action(action), by, NOW, quantity=kg * KG)
    return replace(said, **more)  # type: ignore[arg-type]  # the case tables say what


def live(*acts: Act, life: Life = DRAFT) -> Life:
    for said in acts:
        after = follow(life, said)
        assert isinstance(after, Life), after
        life = after
    return life


def refused(life: Life, said: Act) -> Reason:
    found = follow(life, said)
    assert isinstance(found, Refusal), found
    return found.reason


FREEZE = act("freeze", L)
YES = (FREEZE, act("accept", G), act("accept", T))
SENT = (*YES, act("ship", G, 100))
LATE = {"at_ms": NOW + 10 * DAY_MS}
TO: dict[State, tuple[Act, ...]] = {
    State.DRAFT: (),
    State.PROPOSED: (FREEZE,),
    State.COUNTERED: (FREEZE, act("counter", T, price=8_000)),
    State.ACCEPTED: YES,
    State.SHIPPED: SENT,
    State.RECEIVED: (*SENT, act("receive", T, 100)),
    State.SHORT: (*SENT, act("receive", T, 90, refused=10 * KG)),
    State.CLAIMED: (*SENT, act("receive", T, 100), act("pay", T)),
    State.PAID: (*SENT, act("receive", T, 100), act("pay", T), act("pay", G)),
    State.REJECTED: (FREEZE, act("reject", T)),
    State.EXPIRED: (FREEZE, act("expire", L, **LATE)),
    State.SUPERSEDED: (FREEZE, act("supersede", L)),
    State.CANCELLED: (*YES, act("cancel", G, reason="banjir")),
    State.NO_SHOW: (*YES, act("no_show", L, **LATE)),
}
"""One life that leads to each state."""


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached(state):
    assert live(*TO[state]).state is state


def test_what_nothing_leaves_is_final_and_what_is_left_is_not():
    assert {state.value for state in FINAL} == set(
        "paid rejected expired superseded cancelled no_show".split()
    )


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_what_the_table_does_not_allow_is_refused_with_its_own_reason(state, action):
    for side in Side:
        if (state, action, side) in TABLE:
            continue
        others = any((state, action, other) in TABLE for other in Side)
        expected = Reason.WRONG_SIDE if others else REFUSALS[state, action]
        assert refused(live(*TO[state]), act(action, frozenset({side}))) is expected


def test_no_refusal_stands_where_the_table_allows_and_none_is_missing():
    allowed = {(state, action) for state, action, _ in TABLE}
    assert allowed.isdisjoint(REFUSALS)
    assert allowed | set(REFUSALS) == set(product(State, Action))


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        TABLE[State.PAID, Action.SHIP, Side.GIVER] = TABLE[  # type: ignore[index]  # the point
            State.ACCEPTED, Action.SHIP, Side.GIVER
        ]


def test_one_yes_is_not_enough_and_a_hub_may_speak_for_both():
    half = live(FREEZE, act("accept", G))
    assert (half.state, half.promised) == (State.PROPOSED, True)
    assert refused(half, act("accept", G)) is Reason.ALREADY_ACCEPTED
    assert refused(half, act("accept", T, goods_gone=True)) is Reason.STOCK_GONE
    assert live(FREEZE, act("accept", G | T)).state is State.ACCEPTED


def test_a_counter_is_the_yes_of_its_side_and_the_other_side_answers():
    life = live(FREEZE, act("counter", T, 80, price=8_000))
    assert (life.quantity, life.price, life.held) == (80 * KG, 8_000, 120 * KG)
    assert (life.giver_yes, life.taker_yes) == (False, True)
    assert refused(life, act("accept", T)) is Reason.ALREADY_ACCEPTED
    assert refused(life, act("counter", T, price=7_000)) is Reason.ALREADY_ACCEPTED
    agreed = live(act("accept", G), life=life)
    assert (agreed.state, agreed.held) == (State.ACCEPTED, 80 * KG)


def test_three_counters_within_the_hold_and_no_more():
    life = live(FREEZE, act("counter", T, price=1), act("counter", G, price=2))
    assert refused(life, act("counter", T, 121)) is Reason.ABOVE_HOLD
    assert refused(life, act("counter", T, 100, price=2)) is Reason.COUNTER_CHANGES_NOTHING
    life = live(act("counter", T, 120), life=life)
    assert refused(life, act("counter", G, price=9)) is Reason.COUNTERED_TOO_OFTEN
    assert live(act("accept", G), life=life).quantity == 120 * KG


def test_deliveries_in_parts_are_added_up():
    life = live(*YES, act("ship", G, 40), act("receive", T, 40))
    assert (life.state, life.held) == (State.SHIPPED, 60 * KG)
    assert refused(life, act("ship", G, 61)) is Reason.ABOVE_MATCH
    assert refused(life, act("receive", T, 1)) is Reason.ABOVE_MATCH
    assert live(act("ship", G, 60), act("receive", T, 60), life=life).state is State.RECEIVED


def test_what_was_refused_and_what_was_lost_are_told_apart():
    life = live(*SENT, act("receive", T, 90, refused=6 * KG))
    assert (life.state, life.under_way) == (State.SHIPPED, 4 * KG)
    closed = live(act("close", L, **LATE), life=life)
    assert (closed.received, closed.refused, closed.lost) == (90 * KG, 6 * KG, 4 * KG)
    final = live(*SENT, act("receive", T, 90, refused=6 * KG, final=True))
    assert (final.state, final.lost) == (State.SHORT, 4 * KG)


def test_what_has_not_left_may_still_be_cancelled_what_has_left_may_not():
    part = live(*YES, act("ship", G, 40))
    rest = live(act("cancel", G, reason="hujan"), life=part)
    assert (rest.state, rest.held, rest.released) == (State.SHIPPED, 0, 60 * KG)
    assert live(act("receive", T, 40), life=rest).state is State.SHORT
    assert refused(rest, act("cancel", T, reason="lagi")) is Reason.ALREADY_SHIPPED
    assert refused(part, act("cancel", G)) is Reason.MISSING_FIELD


def test_payment_is_claimed_by_the_taker_and_confirmed_by_the_giver():
    life = live(*TO[State.RECEIVED])
    assert live(act("pay", T), life=life).state is State.CLAIMED
    assert live(act("pay", G), life=life).state is State.PAID
    nothing = live(*SENT, act("receive", T, 0, final=True))
    assert refused(nothing, act("pay", T)) is Reason.NOTHING_TO_PAY


@pytest.mark.parametrize(
    ("state", "action", "due"),
    [
        (State.DRAFT, "freeze", NOW),
        (State.PROPOSED, "expire", NOW + PROPOSAL_MS),
        (State.ACCEPTED, "no_show", NOW + 2 * DAY_MS),
        (State.SHIPPED, "close", NOW + 4 * DAY_MS),
    ],
)
def test_the_clock_moves_a_match_when_it_is_due_and_not_before(state, action, due):
    life = live(*TO[state])
    assert refused(life, act(action, L, at_ms=due - 1)) is Reason.TOO_EARLY
    assert live(act(action, L, at_ms=due), life=life).state is not state


def test_what_an_officer_has_opened_holds_still_for_half_an_hour():
    for start in (DRAFT, live(FREEZE)):
        life = live(act("open", T), life=start)
        just = {"at_ms": NOW + OPENED_MS - 1}
        assert refused(life, act("supersede", L, **just)) is Reason.MATCH_OPENED
        gone = act("supersede", L, goods_gone=True, **just)
        assert live(gone, life=life).state is State.SUPERSEDED
        late = act("supersede", L, at_ms=NOW + OPENED_MS)
        assert live(late, life=life).state is State.SUPERSEDED
    opened = live(act("open", T))
    assert refused(opened, act("improve", L, 110)) is Reason.MATCH_OPENED
    assert live(act("improve", L, 110)).granted == 110 * KG


def test_what_a_side_has_said_yes_to_is_not_superseded_but_at_risk():
    half = live(FREEZE, act("accept", T))
    assert refused(half, act("supersede", L, goods_gone=True)) is Reason.MATCH_HELD
    risky = live(act("endanger", L, reason="19.02.01.2001:hp1:9"), life=half)
    assert (risky.state, risky.at_risk) == (State.PROPOSED, "19.02.01.2001:hp1:9")
    assert live(act("ease", L), life=risky) == half


def test_old_stock_is_asked_about_before_a_draft_freezes():
    life = replace(DRAFT, stale=True)
    assert refused(life, FREEZE) is Reason.STOCK_STALE
    asked = live(act("ask", L), life=life)
    assert asked.asked
    assert live(FREEZE, life=counted(asked)).state is State.PROPOSED
    assert refused(DRAFT, act("ask", L)) is Reason.TOO_EARLY
    assert is_stale(NOW, "high", NOW + DAY_MS + 1)
    assert not is_stale(NOW, "low", NOW + DAY_MS + 1)


def at(hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 11, 22, hour, minute, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "zone", "cut_off"),
    [
        (at(0), 7, at(0)),  # 07:00 WIB
        (at(0, 1), 7, at(7)),  # 14:00 WIB
        (at(0), 8, at(6)),  # 08:00 WITA: the next is 14:00
        (at(0), 9, at(5)),  # 09:00 WIT
        (at(7, 1), 7, at(0) + DAY_MS),
        (at(22), 9, at(22)),  # 07:00 WIT of the next day
    ],
)
def test_a_hub_decides_at_seven_and_at_two_by_its_own_clock(now, zone, cut_off):
    assert next_cut_off(now, zone) == cut_off


def test_a_draft_freezes_at_the_first_cut_off_of_its_hubs_and_an_emergency_at_once():
    assert freezes_at(at(0, 1), [7, 9]) == at(5)
    assert freezes_at(at(0, 1), [7, 9], emergency=True) == at(0, 1)


def test_a_rejected_pair_is_held_back_for_a_day():
    assert is_held_back(NOW, NOW + HOLD_BACK_MS - 1)
    assert not is_held_back(NOW, NOW + HOLD_BACK_MS)


def test_the_page_shows_the_table_as_it_is():
    shown = PAGE.read_text("utf-8").split("<!-- lifecycle -->\n")
    assert shown[1::2] == [table_markdown()], "paste what table_markdown() gives"
