"""Pools between hubs: they are seen together, go together, and the checker follows both."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.verify.findings import LIVES
from schemas.identity import match_id
from schemas.market import LegState, Release, Reserve
from schemas.quantity import parse_quantity
from schemas.topics import MATCHES
from streams.core.interchange.market_pools import pool_names, whole_deals
from streams.core.interchange.market_round import Policy
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.market_state import Between
from streams.core.interchange.protocol_table import Phase
from streams.core.interchange.terms import Shipment
from streams.core.matching import BETWEEN_HUBS
from tests.protocol.bazaar import solve
from tests.support.core_logs import DAY, counted, issued, placed
from tests.support.fair import GIVER, TAKER, Fair, goods, order
from tests.support.market_lives import BANTUL, ORDER, PEPPER, Lives
from tests.support.market_logs import WrittenLog, checked, sunk

VILLAGES = ("19.02.01.2003", "19.02.01.2004", "19.02.02.2001")
LOTS = (37, 41, 29)


def pooled(lot: int = 80, wanted: int = 100, seed: int = 0, deadly: float = 0.0) -> Lives:
    """Three villages of one hub have less than an order of another hub insists on."""
    lives = Lives(seed, deadly)
    for coop, quantity in zip(VILLAGES, LOTS, strict=True):
        lives.say(coop, counted(quantity, **PEPPER))
    return lives.say(BANTUL, placed("PO-1", wanted, **ORDER, min_lot=str(lot))).tick()


def of(lives: Lives, coop: str) -> dict[str, Any]:
    """The newest match that a co-op gives for."""
    own = [m for m in lives.market.matches() if m["from_coop"] == coop]
    return max(own, key=lambda m: m["tick"])


def states(lives: Lives) -> list[tuple[str, str]]:
    """State of each village's newest match, and the reason of its newest step."""
    found = [of(lives, coop) for coop in VILLAGES]
    return [(m["state"], m["history"][-1].get("reason", "")) for m in found]


def flaws(lives: Lives) -> list[str]:
    return [f"{breach.check}: {breach.what}" for breach in checked(lives.written()).breaches]


def test_small_lots_of_a_hub_are_proposed_as_one_and_say_so() -> None:
    lives = pooled()
    matches = lives.market.matches()
    assert sum(parse_quantity(m["quantity"]) or 0 for m in matches) == 100_000_000
    (pool,) = {m["pool"] for m in matches}
    assert (len(matches), {m["pooled"] for m in matches}) == (3, {3})
    assert all(
        f"pooled with 2 other matches, too small alone (pool {pool})" in m["why_en"]
        for m in matches
    )
    assert all(f"(gabungan {pool})" in m["why_id"] for m in matches)
    assert flaws(lives) == []


def test_what_is_too_little_even_together_is_not_proposed() -> None:
    assert pooled(lot=108, wanted=200).market.matches() == []


def test_who_trades_alone_is_told_of_no_pool() -> None:
    lives = Lives().opened()
    (match,) = lives.market.matches()
    assert "pool" not in match
    assert "pool" not in match["why_en"]


def test_one_refusal_lets_go_of_what_is_left_below_the_lot_and_the_rest_is_solved_anew() -> None:
    lives = pooled()
    lives.decide(VILLAGES[0], "reject", on=of(lives, VILLAGES[0])["match_id"])
    assert states(lives) == [("rejected", "reject"), *[("superseded", "pool_short")] * 2]
    lives.say(VILLAGES[1], counted(60, **PEPPER)).tick(3)
    assert [state for state, _ in states(lives)] == ["rejected", "proposed", "proposed"]
    pools = {of(lives, coop)["pool"] for coop in VILLAGES}
    assert len(pools) == 2
    assert flaws(lives) == []


def test_the_last_of_an_order_that_a_pool_fills_may_be_less_than_its_lot() -> None:
    lives = pooled(wanted=120).tick()
    assert sum(parse_quantity(m["quantity"]) or 0 for m in lives.market.matches()) == 107_000_000
    lives.say("34.02.01.2002", counted(50, **PEPPER)).tick()
    (inside,) = lives.market.matches(tier=1)
    assert inside["quantity"] == "13"
    assert flaws(lives) == []


def test_a_refusal_that_leaves_a_lot_leaves_the_others() -> None:
    lives = pooled(lot=60)
    lives.decide(VILLAGES[2], "reject", on=of(lives, VILLAGES[2])["match_id"])
    assert [state for state, _ in states(lives)] == ["proposed", "proposed", "rejected"]
    assert flaws(lives) == []


def test_whom_somebody_has_said_yes_to_stays() -> None:
    lives = pooled()
    lives.decide(VILLAGES[1], "accept", on=of(lives, VILLAGES[1])["match_id"])
    lives.decide(VILLAGES[0], "reject", on=of(lives, VILLAGES[0])["match_id"])
    assert [state for state, _ in states(lives)] == ["rejected", "proposed", "superseded"]
    lives.decide(BANTUL, "accept", on=of(lives, VILLAGES[1])["match_id"])
    assert of(lives, VILLAGES[1])["state"] == "accepted"
    assert flaws(lives) == []


def test_goods_that_are_gone_take_the_pool_with_them() -> None:
    lives = pooled()
    lives.say(VILLAGES[2], issued(29, commodity="LADA-PUTIH")).tick(2)
    reasons = dict(zip(VILLAGES, states(lives), strict=True))
    assert reasons[VILLAGES[2]] == ("superseded", f"{VILLAGES[2]}:hp1:2")
    assert {reasons[coop] for coop in VILLAGES[:2]} == {("superseded", "pool_short")}
    assert flaws(lives) == []


def test_a_pool_nobody_answers_runs_out_as_every_proposal_does() -> None:
    lives = pooled().tick(1, 2 * DAY)
    assert {state for state, _ in states(lives)} == {"expired"}
    assert flaws(lives) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_pool_is_delivered_and_paid_whoever_dies_on_the_way(seed: int, tmp_path: Path) -> None:
    lives = pooled(seed=seed, deadly=0.1 if seed else 0.0)
    for coop in VILLAGES:
        match = of(lives, coop)
        name, quantity = match["match_id"], match["quantity"]
        lives.decide(coop, "accept", on=name).decide(BANTUL, "accept", on=name)
        lives.decide(coop, "ship", on=name, quantity=quantity)
        lives.decide(BANTUL, "receive", on=name, quantity=quantity)
    lives.tick(2)
    assert {state for state, _ in states(lives)} == {"received"}
    log = lives.written()
    assert checked(log, sunk(log, tmp_path)).breaches == []


def test_the_order_in_which_villages_speak_means_nothing() -> None:
    found = []
    for seed in range(4):
        matches = pooled(seed=seed).market.matches()
        found.append([(m["match_id"], m["pool"], m["quantity"], m["price"]) for m in matches])
    assert len(found[0]) == 3
    assert all(one == found[0] for one in found)


def _unlost(log: WrittenLog) -> None:
    """The one that refused is said to be open."""

    def change(tree: dict[str, Any]) -> None:
        del tree["history"][1:]
        tree["state"] = "proposed"

    log.change(MATCHES, "lumbung.match.v1", change, state="rejected")


def _unpooled(log: WrittenLog) -> None:
    log.change(MATCHES, "lumbung.match.v1", lambda tree: tree.pop("pool"), state="superseded")


@pytest.mark.parametrize("wound", [_unlost, _unpooled])
def test_what_is_let_go_for_a_pool_that_lost_nobody_is_a_breach(
    wound: Callable[[WrittenLog], None],
) -> None:
    lives = pooled()
    lives.decide(VILLAGES[0], "reject", on=of(lives, VILLAGES[0])["match_id"])
    log = lives.written()
    assert checked(log).breaches == []
    wound(log)
    told = [(breach.check, breach.what) for breach in checked(log).breaches]
    assert any(c == LIVES and "superseded by what took no goods" in what for c, what in told)


def reserved() -> Fair:
    """Both shares of a pool are asked for, nothing is answered."""
    fair = Fair()
    lots = [goods(15, line=f"o{n}", coop=f"a{n}") for n in range(2)]
    fair.hear(fair.lines(GIVER, *lots), fair.lines(TAKER, order(30, min_lot=20)))
    assert [type(request) for request in fair.next_round()] == [Reserve] * 4
    return fair


def held(fair: Fair, match: Between, state: LegState = LegState.HELD) -> list[Any]:
    """Both hubs answer for a match; gives the requests that leave."""
    said = [
        msgspec.structs.replace(fair.told(end.side, state, end.asked), match=match.match)
        for end in match.ends
    ]
    return fair.hear(*said)


def test_nothing_of_a_pool_is_committed_before_all_of_it_has_answered() -> None:
    fair = reserved()
    one, other = fair.side.store.matches.values()
    assert held(fair, one) == []
    assert one.phase is Phase.ASKED
    again = MarketSide(solve, Policy(2), generation=7)
    for key, value in fair.changelog.items():
        again.restore(key, value)
    again.settle()
    assert [m.match for m in again.store.pool_of(one)] == sorted((one.match, other.match))
    commits = held(fair, other)
    assert sorted((c.match, c.quantity) for c in commits) == sorted(
        (m.match, 15) for m in (one, one, other, other)
    )


def test_what_is_held_for_a_pool_is_let_go_when_a_hub_refuses_too_much_of_it() -> None:
    fair = reserved()
    one, other = fair.side.store.matches.values()
    held(fair, one)
    released = held(fair, other, LegState.REFUSED)
    assert [(type(r), r.match, r.reason) for r in released] == [
        (Release, one.match, "pool_short")
    ] * 2
    assert (one.phase, other.reason) == (Phase.RELEASING, "")
    assert fair.shown == []


def share(number: int, deal: str | None) -> Shipment:
    offer = f"o{number}"
    name = match_id(BETWEEN_HUBS, offer, "n", 0)
    return Shipment(name, offer, "n", 1, 1, 1, 1, 0, 0, 1, (), deal, deal)


def test_of_a_deal_all_is_taken_or_none() -> None:
    found = [share(0, None), share(1, "a"), share(2, "b"), share(3, "a"), share(4, None)]
    assert whole_deals(found, 5) == found
    assert [s.offer for s in whole_deals(found, 3)] == ["o0", "o1", "o3"]
    assert [s.offer for s in whole_deals(found, 2)] == ["o0", "o2"]
    assert whole_deals(found, 0) == []


def test_the_name_of_a_pool_follows_from_its_matches_alone() -> None:
    found = [share(n, "a") for n in range(3)]
    (name,) = pool_names(found).values()
    assert (
        pool_names(found[::-1])["a"]
        == name
        == pool_names([msgspec.structs.replace(one, deal="b") for one in found])["b"]
    )
    assert pool_names(found[:2])["a"] != name
    assert pool_names([share(0, "a")]) == {}
