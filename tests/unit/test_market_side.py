"""What the market makes of what hubs say: rounds, both legs, the lesser grant, who rests."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from schemas.market import (
    Commit,
    Done,
    LegState,
    Release,
    Reserve,
    Residual,
    Stand,
)
from streams.core.interchange.market_round import Policy, work_of
from streams.core.interchange.market_side import MarketSide, Tick
from streams.core.interchange.protocol_table import (
    MATCHES,
    ROUND_WAIT_TICKS,
    TOMBSTONE_MS,
    News,
    Phase,
    table_markdown,
)
from tests.protocol.bazaar import NUTS_PER_KG, RAW, solve
from tests.support.fair import GIVER, NEED, OFFER, TAKER, Fair, asked, goods, order, proposed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "matching.md"


def test_nothing_is_seen_before_both_legs_are_promised():
    fair = asked()
    assert fair.hear(fair.told(OFFER, LegState.HELD, 20)) == []
    commits = fair.hear(fair.told(NEED, LegState.HELD, 15))
    assert [(type(one), one.quantity, one.generation) for one in commits] == [(Commit, 15, 6)] * 2
    assert fair.hear(fair.told(OFFER, LegState.COMMITTED, 15)) == []
    assert fair.shown == []
    fair.hear(fair.told(NEED, LegState.COMMITTED, 15))
    assert [(one.match, one.state) for one in fair.shown] == [(fair.match.match, "proposed")]
    assert fair.match.version == fair.offset + 1


def test_a_match_that_nobody_saw_has_no_life_to_tell():
    fair = asked()
    fair.hear(fair.told(OFFER, LegState.REFUSED, 0, reason="missing"))
    assert (fair.match.reason, fair.match.steps) == ("missing", [])


def test_a_match_knows_its_parties_and_what_they_gain():
    match = asked().match
    assert (match.offer.coop, match.offer.grade, match.need.coop) == ("a", "A", "b")
    assert match.surplus == 9 - 1
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods(commodity=RAW)), fair.lines(TAKER, order(15)))
    fair.next_round()
    assert fair.match.surplus == 9 - NUTS_PER_KG


def test_raw_goods_are_promised_in_their_own_measure():
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods(commodity=RAW)), fair.lines(TAKER, order(15)))
    fair.next_round()
    assert (fair.match.given, fair.match.quantity) == (60, 15)
    commits = fair.hear(fair.told(OFFER, LegState.HELD, 43), fair.told(NEED, LegState.HELD, 15))
    assert [one.quantity for one in commits] == [10 * NUTS_PER_KG, 10]


def test_grants_below_a_smallest_lot_release_both():
    fair = asked(min_lot=18)
    given = fair.hear(fair.told(OFFER, LegState.HELD, 20), fair.told(NEED, LegState.HELD, 17))
    assert [(type(one), one.reason) for one in given] == [(Release, "too_little")] * 2


def test_a_refusal_releases_the_other_leg_and_the_next_try_has_another_name():
    fair = asked()
    first = fair.match.match
    (release,) = fair.hear(fair.told(OFFER, LegState.REFUSED, 0, reason="missing"))
    assert (type(release), release.side) == (Release, NEED)
    assert [type(one) for one in fair.next_round()] == [Release]
    fair.hear(fair.told(NEED, LegState.RELEASED, 0))
    assert fair.match.phase is Phase.ENDED
    assert fair.next_round() == []
    fair.hear(fair.lines(GIVER, goods(70)))
    assert [type(one) for one in fair.next_round()] == [Reserve, Reserve]
    assert fair.match.match != first
    assert fair.match.n == 1


def test_what_is_not_answered_is_asked_again_at_every_tick_and_nothing_else():
    fair = asked()
    assert [one.side for one in fair.next_round()] == [OFFER, NEED]
    fair.hear(fair.told(OFFER, LegState.HELD, 20))
    assert [one.side for one in fair.next_round()] == [NEED]


def test_a_round_waits_three_ticks_for_a_hub_and_then_names_it():
    fair = Fair()
    fair.hear(fair.lines(GIVER, goods()), fair.lines(TAKER, order()))
    fair.hear(Tick(1, 5_000), Done(partition=0, tick=1, version=1))
    for tick in range(2, 1 + ROUND_WAIT_TICKS):
        assert fair.hear(Tick(tick, tick * 5_000)) == []
    late = 1 + ROUND_WAIT_TICKS
    assert len(fair.hear(Tick(late, late * 5_000))) == 2
    found = fair.side.store.families["F"]
    assert (found.tick, found.missing, fair.side.counts["rounds"]) == (1, (1,), 1)


def test_a_family_that_nothing_happened_to_is_not_solved_again():
    fair = asked()
    fair.next_round()
    fair.next_round()
    assert fair.side.counts["rounds"] == 1


def test_what_was_asked_for_and_is_not_in_a_residual_yet_is_taken_off():
    fair = asked()
    fair.hear(fair.lines("64.71", order(90, line="n2", coop="z")))
    requests = fair.next_round()
    assert max(one.quantity for one in requests if one.line == "n2") == 60


def test_older_lines_and_older_answers_change_nothing():
    fair = asked()
    stale = fair.told(OFFER, LegState.REFUSED, 0)
    fair.hear(fair.told(OFFER, LegState.HELD, 20))
    fair.hear(stale, Residual(hub=GIVER, family="F", version=1))
    assert fair.match.phase is Phase.ASKED
    assert fair.side.store.residuals[f"{GIVER}|F"].offers == (goods(),)


def test_a_leg_that_nobody_knows_is_let_go():
    fair = asked()
    known = fair.told(OFFER, LegState.HELD, 20)
    (release,) = fair.hear(msgspec.structs.replace(known, match="B" * 16))
    assert (release.match, release.reason) == ("B" * 16, "unknown")


def test_a_market_made_of_its_changelog_is_the_same_and_says_what_may_not_have_left():
    fair = proposed()
    again = MarketSide(solve, Policy(2), generation=7)
    for key, value in fair.changelog.items():
        assert again.restore(key, value)
    assert not again.restore(f"match/{fair.match.match}", asked().changelog_of_match())
    again.settle()
    assert {key: again.encode(key) for key in fair.changelog} == fair.changelog
    again.announce(fair.match.version)
    assert [one.match for one in again.drain()[2]] == [fair.match.match]
    again.hear(fair.offset, fair.told(NEED, LegState.COMMITTED, 20))
    rows, requests, shown = again.drain()
    assert (rows, [type(one.request) for one in requests]) == ([], [Stand, Stand])
    assert [one.state for one in shown] == ["proposed"]


def test_what_nobody_saw_is_forgotten_after_a_week():
    fair = asked()
    fair.hear(fair.told(OFFER, LegState.REFUSED, 0), fair.told(NEED, LegState.RELEASED, 0))
    name = fair.match.match
    fair.next_round(TOMBSTONE_MS + 1)
    assert name not in fair.side.store.matches
    assert fair.changelog[f"match/{name}"] is None


def test_every_phase_but_the_last_is_left_and_every_news_is_heard():
    assert {phase for phase, _ in MATCHES} == set(Phase) - {Phase.ENDED}
    assert {news for _, news in MATCHES} == set(News)


def test_the_page_shows_the_protocol_as_it_is():
    shown = PAGE.read_text("utf-8").split("<!-- protocol -->\n")
    assert shown[1::2] == [table_markdown()], "paste what table_markdown() gives"


def test_what_a_round_took_beyond_its_tick_is_waited_off(monkeypatch: pytest.MonkeyPatch):
    work = work_of(2, 2)
    monkeypatch.setattr("streams.core.interchange.market_round.WORK_A_TICK", work // 3 + 1)
    fair = Fair()
    rounds = []
    for n in range(8):
        fair.hear(fair.lines(GIVER, goods(80 + n)), fair.lines(TAKER, order(line=f"n{n}")))
        fair.next_round()
        rounds.append(fair.side.counts["rounds"])
    assert rounds == [1, 1, 2, 2, 2, 3, 3, 3]


def test_of_families_that_wait_the_longest_unsolved_is_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("streams.core.interchange.market_round.WORK_A_TICK", 1)
    fair, solved = Fair(), list[str]()
    for n in range(900):
        for hub, line in ((GIVER, goods(80 + n)), (TAKER, order(line=f"n{n}"))):
            for family in ("E", "F"):
                said = fair.lines(hub, line)
                fair.hear(msgspec.structs.replace(said, family=family))
        fair.next_round()
        families = fair.side.store.families
        newest = max(families, key=lambda name: families[name].solved)
        if families[newest].solved and (not solved or solved[-1] != newest):
            solved.append(newest)
    assert len(solved) >= 3
    assert all(one != other for one, other in pairwise(solved))
