"""What people do to a match between hubs, what time does, and what both hubs hear of it."""

import pytest

from schemas.market import (
    LegState,
    Reserve,
    Stand,
)
from streams.core.interchange.market_round import Policy
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.protocol_table import (
    HOLD_BACK_MS,
    Phase,
)
from streams.core.lifecycle_times import DAY_MS, PROPOSAL_MS
from streams.core.state import Step
from tests.protocol.bazaar import RAW, solve
from tests.support.fair import GIVER, NEED, OFFER, TAKER, Fair, asked, goods, order, proposed


def test_the_life_that_people_see_begins_at_the_proposal_and_names_the_hub_that_ended_it():
    fair = asked()
    assert fair.match.steps == []
    fair = proposed()
    assert fair.match.steps == [Step("proposed", fair.now_ms, "lumbung")]
    fair.next_round()
    fair.hear(fair.did(NEED, "reject"))
    steps = [Step("proposed", 5_000, "lumbung"), Step("rejected", 9_000, "b", "reject")]
    assert fair.match.steps == fair.shown[-1].steps == steps
    again = MarketSide(solve, Policy(2))
    again.restore(f"match/{fair.match.match}", fair.changelog_of_match())
    assert again.store.matches[fair.match.match].steps == steps


@pytest.mark.parametrize(("words", "rests"), [(["reject"], True), (["cancel"], False)])
def test_what_people_refused_rests_for_a_day(words, rests):
    fair = proposed()
    if "cancel" in words:
        fair.hear(fair.did(OFFER, "accept"), fair.did(NEED, "accept"))
    for word in words:
        fair.hear(fair.did(OFFER, word, reason="full"))
    assert fair.shown[-1].state == ("rejected" if rests else "cancelled")
    assert fair.shown[-1].steps[-1] == Step(fair.shown[-1].state, 4_000, "a", "full")
    over = [fair.told(side, LegState.RELEASED, 0) for side in (OFFER, NEED)]
    fair.hear(*over)
    assert fair.match.phase is Phase.ENDED
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order()))
    assert fair.next_round() == [] if rests else len(fair.next_round()) == 2
    if rests:
        assert len(fair.next_round(HOLD_BACK_MS)) == 2


def test_a_match_lives_from_two_yeses_to_the_money():
    fair = proposed()
    stands = fair.hear(fair.did(OFFER, "accept"))
    assert [(type(one), one.giver_yes, one.holds) for one in stands] == [(Stand, True, 20)] * 2
    fair.hear(fair.did(NEED, "accept"))
    assert fair.match.life is not None
    assert (fair.shown[-1].state, fair.match.life.expires_ms) == ("accepted", -1)
    fair.hear(fair.did(OFFER, "ship", 12))
    to_giver, to_taker = fair.hear(fair.did(OFFER, "ship", 8))
    assert (to_giver.heard, to_giver.delivered, to_giver.holds) == (3, 20, 0)
    assert (to_taker.heard, to_taker.shipped, to_taker.holds) == (1, 20, 20)
    fair.hear(fair.did(NEED, "receive", 15))
    assert fair.match.state == "shipped"
    fair.hear(fair.did(NEED, "receive", 2, refused=1, final=True))
    life = fair.match.life
    assert life is not None
    assert (life.state, life.received, life.refused, life.lost) == ("short", 17, 1, 2)
    fair.hear(fair.did(NEED, "pay"), fair.did(OFFER, "pay"))
    assert [step.state for step in fair.match.steps] == [
        *("proposed", "proposed", "accepted", "shipped", "shipped"),
        *("shipped", "short", "claimed", "paid"),
    ]
    assert fair.match.phase is Phase.RELEASING


def test_an_act_that_was_told_before_is_carried_out_once():
    fair = proposed()
    fair.hear(fair.did(OFFER, "accept"), fair.did(NEED, "accept"), fair.did(OFFER, "ship", 5))
    fair.hear(fair.heard(OFFER), fair.heard(OFFER))
    assert fair.match.life is not None
    assert (fair.match.life.shipped, len(fair.match.steps)) == (5, 4)


def test_what_the_other_side_made_impossible_is_told_and_changes_nothing():
    fair = proposed()
    fair.hear(fair.did(OFFER, "reject"))
    fair.hear(fair.did(NEED, "accept"))
    assert fair.match.steps[-1] == Step("rejected", 4_000, "b", "accept: match_rejected")


def test_a_yes_to_terms_that_were_changed_meanwhile_is_no_yes_to_the_new_ones():
    fair = proposed()
    fair.hear(fair.did(NEED, "counter", 15))
    fair.hear(fair.did(OFFER, "accept", 20, price=fair.match.price))
    assert fair.match.steps[-1].reason == "accept: terms_changed"
    assert fair.match.life is not None
    assert (fair.match.state, fair.match.life.giver_yes) == ("countered", False)
    fair.hear(fair.did(OFFER, "accept", 15, price=fair.match.price))
    assert fair.match.state == "accepted"


def test_both_hubs_are_told_how_a_match_stands_until_they_have_heard():
    fair = proposed()
    assert [type(one) for one in fair.next_round()] == [Stand, Stand]
    fair.hear(fair.heard(OFFER))
    assert [one.side for one in fair.next_round()] == [NEED]
    fair.hear(fair.heard(NEED))
    assert fair.next_round() == []


def test_a_proposal_that_nobody_answers_expires():
    fair = proposed()
    fair.next_round(PROPOSAL_MS - 1)
    assert fair.match.state == "proposed"
    fair.next_round(1)
    assert (fair.match.state, fair.match.phase) == ("expired", Phase.RELEASING)


@pytest.mark.parametrize(("shipped", "state"), [(0, "no_show"), (5, "short")])
def test_what_is_never_shipped_or_never_arrives_ends_by_itself(shipped, state):
    fair = proposed()
    fair.hear(fair.did(OFFER, "accept"), fair.did(NEED, "accept"))
    if shipped:
        fair.hear(fair.did(OFFER, "ship", shipped))
    fair.next_round(4 * DAY_MS)
    assert fair.match.state == state
    assert fair.match.life is not None
    assert fair.match.life.held == 0


def test_a_proposal_whose_goods_are_gone_goes_and_one_with_a_yes_stays():
    fair = proposed()
    fair.hear(fair.told(OFFER, LegState.COMMITTED, 20, at_risk="report 7"))
    assert fair.match.steps[-1] == Step("superseded", 5_000, "lumbung", "report 7")
    kept = proposed()
    kept.hear(kept.did(NEED, "accept"))
    kept.hear(kept.told(OFFER, LegState.COMMITTED, 20, at_risk="report 7"))
    assert (kept.match.state, kept.shown[-1].offer.at_risk) == ("proposed", "report 7")


def test_a_pair_may_meet_again_as_soon_as_its_goods_have_arrived():
    fair = proposed()
    fair.hear(fair.did(OFFER, "accept"), fair.did(NEED, "accept"))
    fair.hear(fair.did(OFFER, "ship", 20), fair.did(NEED, "receive", 20))
    fair.hear(fair.heard(OFFER), fair.heard(NEED))
    first = fair.match.match
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order()))
    assert [type(one) for one in fair.next_round()] == [Reserve, Reserve]
    assert (fair.match.n, fair.match.match != first) == (1, True)


def test_raw_goods_are_shipped_in_their_own_measure():
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods(commodity=RAW)), fair.lines(TAKER, order(15)))
    fair.next_round()
    for state in (LegState.HELD, LegState.COMMITTED):
        fair.hear(fair.told(OFFER, state, 60), fair.told(NEED, state, 15))
    fair.hear(fair.did(OFFER, "accept", 60, price=1), fair.did(NEED, "accept", 15, price=1))
    fair.hear(fair.did(OFFER, "ship", 30))
    to_giver, to_taker = fair.hear(fair.did(OFFER, "ship", 13))
    assert (to_taker.shipped, to_giver.shipped, to_giver.holds) == (10, 43, 17)


def test_all_of_what_was_agreed_on_becomes_all_of_it_however_it_is_rounded():
    fair = proposed()
    fair.match.offer.agreed, fair.match.need.agreed = 6, 10
    fair.hear(fair.did(NEED, "counter", 7))
    fair.hear(fair.did(OFFER, "accept", 5, price=fair.match.price))
    fair.hear(fair.did(OFFER, "ship", 5))
    assert fair.match.life is not None
    assert (fair.match.state, fair.match.life.shipped) == ("shipped", 7)
