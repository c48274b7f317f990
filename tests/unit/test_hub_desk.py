"""A hub and the market between hubs: requests on the log of events, legs and leftovers told."""

from typing import Any

from schemas.identity import partition_of
from schemas.market import (
    Commit,
    Done,
    LegSide,
    LegState,
    LegTold,
    Release,
    Reserve,
    Residual,
    Retell,
    key_of,
    read,
    written,
)
from schemas.quantity import MICRO
from schemas.topics import MARKET
from tests.support.core_desk import NUMBER, PARTITIONS, Desk, restored
from tests.support.core_logs import (
    HUB,
    NOON,
    A,
    B,
    C,
    Saying,
    counted,
    decision,
    issued,
    placed,
    report,
    tick,
)

OFFER = f"{A}|KELAPA|UNGRADED|"
NEED = f"{B}|PO-1"
MATCH = "M" * 16
TEN_MINUTES = 600_000


class MarketDesk(Desk):
    """A desk that also keeps what the market was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, Any]] = []

    def take(self, effects: Any) -> None:
        super().take(effects)
        for topic, place, rows in effects.away:
            assert topic == MARKET
            for key, value in rows:
                message = read(value)
                assert key == key_of(message)  # type: ignore[arg-type]  # asserted by being read
                self.told.append((place, message))

    def heard(self, kind: type) -> list[Any]:
        """Messages of a kind, each once however many partitions hear it."""
        found = [m for _, m in self.told if type(m) is kind]
        return list(dict.fromkeys(found))

    def done(self) -> list[Done]:
        """The newest word to each partition of the market that a tick is done."""
        found = {place: m for place, m in self.told if type(m) is Done}
        return [found[place] for place in sorted(found)]

    def leg(self, match: str = MATCH, side: LegSide = LegSide.OFFER) -> LegTold:
        found: LegTold = [m for m in self.heard(LegTold) if (m.match, m.side) == (match, side)][-1]
        return found


def asked(message: Any, at: int = NOON) -> Saying:
    return Saying(HUB.encode(), written(message, at), at)


def reserve(quantity: int, *, match: str = MATCH, line: str = OFFER, **more: Any) -> Saying:
    facts: dict[str, Any] = {
        "match": match,
        "side": LegSide.OFFER,
        "hub": HUB,
        "family": "KELAPA",
        "line": line,
        "commodity": "KELAPA",
        "quantity": quantity * MICRO,
        "least": MICRO,
        "ttl_ms": TEN_MINUTES,
        "version": 1,
        "generation": 1,
    }
    return asked(Reserve(**(facts | more)))


def commit(quantity: int, side: LegSide = LegSide.OFFER) -> Saying:
    facts: dict[str, Any] = {"match": MATCH, "side": side, "hub": HUB, "family": "KELAPA"}
    return asked(Commit(**facts, quantity=quantity * MICRO, version=2, generation=1))


def release(match: str = MATCH) -> Saying:
    facts: dict[str, Any] = {"match": match, "side": LegSide.OFFER, "hub": HUB}
    return asked(Release(**facts, family="KELAPA", version=3, generation=1, reason="rejected"))


def stocked(quantity: int = 100) -> MarketDesk:
    desk = MarketDesk()
    desk.feed(report(A, 1, counted(quantity)), tick(1, NOON))
    return desk


def test_what_is_left_over_is_told_at_a_tick_and_then_that_the_tick_is_done():
    desk = stocked()
    (left,) = desk.heard(Residual)
    assert [(o.line, o.quantity) for o in left.offers] == [(OFFER, 100 * MICRO)]
    home = partition_of("KELAPA", PARTITIONS)
    done = desk.done()
    assert [m for place, m in desk.told if place == home] == [left, done[home]]
    assert [(m.partition, m.tick) for m in done] == [(NUMBER, 1)] * PARTITIONS
    assert [place for place, m in enumerate(done) if m.told] == [home]


def test_leftovers_that_stay_the_same_are_told_once():
    desk = stocked()
    desk.feed(tick(2, NOON + 5_000), tick(3, NOON + 10_000))
    assert len(desk.heard(Residual)) == 1
    assert [m.tick for place, m in desk.told if type(m) is Done and not place] == [1, 2, 3]


def test_leftovers_are_told_again_when_the_market_knows_less_than_was_told():
    desk = stocked()
    home = partition_of("KELAPA", PARTITIONS)
    facts = {"partition": NUMBER, "tick": 1, "version": 9}
    for n, market in ((2, (home + 1) % PARTITIONS), (3, home)):
        word = Retell(**facts, market=market)
        desk.feed(Saying(key_of(word), written(word, NOON)), tick(n, NOON + n * 5_000))
    assert [left.version for left in desk.heard(Residual)] == [2, desk.end]
    assert desk.reasons() == []


def test_a_hold_takes_what_is_free_and_is_told():
    desk = stocked(100)
    desk.feed(reserve(70), reserve(70, match="N" * 16))
    assert (desk.leg().state, desk.leg().quantity) == (LegState.HELD, 70 * MICRO)
    assert desk.leg("N" * 16).quantity == 30 * MICRO


def test_a_request_is_no_report():
    desk = stocked()
    before = len(desk.ledger())
    desk.feed(reserve(70))
    assert len(desk.ledger()) == before
    assert desk.reasons() == []


def test_the_same_request_again_is_answered_and_changes_nothing():
    desk = stocked()
    desk.feed(reserve(70), reserve(70))
    assert desk.leg().quantity == 70 * MICRO
    told = len(desk.told)
    run_again = desk.end - 1
    assert desk.core.applied == run_again
    desk.feed(reserve(70))
    assert len(desk.told) == told + 1
    assert desk.leg().quantity == 70 * MICRO


def test_a_request_with_a_strange_key_or_in_a_strange_place_is_a_dead_letter():
    desk = stocked()
    sound = reserve(70)
    strange = Reserve(
        match=MATCH,
        side=LegSide.OFFER,
        hub="11.01",
        family="KELAPA",
        line=OFFER,
        commodity="KELAPA",
        quantity=MICRO,
        least=1,
        ttl_ms=1,
        version=1,
    )
    desk.feed(
        Saying(b"19.71", sound.value),
        Saying(b"11.01", written(strange, NOON)),
        Saying(HUB.encode(), sound.value.replace(b'"70"', b'"-70"')),
    )
    reasons = desk.reasons()
    assert reasons == ["key_mismatch", "wrong_partition", "wrong_type"]
    assert desk.heard(LegTold) == []


def test_what_is_held_for_others_is_not_matched_inside_the_hub():
    desk = stocked(100)
    desk.feed(reserve(70), report(B, 1, placed("PO-1", 90)), tick(2, NOON + 5_000))
    (match,) = desk.matches().values()
    assert match["quantity"] == "30"
    left = desk.heard(Residual)[-1]
    assert left.offers == ()
    assert [(n.line, n.quantity) for n in left.needs] == [(NEED, 60 * MICRO)]


def test_a_released_hold_is_matched_inside_the_hub_at_the_next_tick():
    desk = stocked(100)
    desk.feed(reserve(70), report(B, 1, placed("PO-1", 90)), tick(2, NOON + 5_000))
    desk.feed(release(), tick(3, NOON + 10_000))
    (match,) = desk.matches().values()
    assert match["quantity"] == "90"


def test_a_proposal_inside_the_hub_is_not_given_away():
    desk = stocked(100)
    desk.feed(report(B, 1, placed("PO-1", 90)), tick(2, NOON + 5_000), reserve(70))
    assert desk.leg().quantity == 10 * MICRO


def test_a_need_that_is_filled_from_elsewhere_counts_as_matched():
    desk = MarketDesk()
    desk.feed(report(B, 1, placed("PO-1", 90)), tick(1, NOON))
    desk.feed(reserve(60, side=LegSide.NEED, line=NEED), commit(60, LegSide.NEED))
    assert (desk.row()["matched"], desk.row()["gap"]) == ("60", "30")


def test_a_hold_ends_by_itself():
    desk = stocked(100)
    desk.feed(reserve(70), tick(2, NOON + TEN_MINUTES))
    assert (desk.leg().state, desk.leg().reason) == (LegState.LAPSED, "hold_over")
    assert desk.heard(Residual)[-1].offers[0].quantity == 100 * MICRO


def test_a_report_of_less_stock_cuts_holds_and_names_itself():
    desk = stocked(100)
    desk.feed(reserve(70), report(A, 2, issued(50)))
    assert desk.leg().quantity == 50 * MICRO
    desk.feed(report(A, 3, issued(50)))
    assert (desk.leg().state, desk.leg().reason) == (LegState.LAPSED, f"stock:{A}:hp1:3")


def test_proposals_inside_yield_before_what_was_committed_to_others():
    desk = stocked(100)
    desk.feed(reserve(60), commit(60), report(B, 1, placed("PO-1", 90)), tick(2, NOON + 5_000))
    desk.feed(report(A, 2, issued(30)))
    (match,) = desk.matches().values()
    assert match["state"] == "superseded"
    assert (desk.leg().state, desk.leg().at_risk) == (LegState.COMMITTED, "")


def test_a_committed_leg_without_enough_stock_is_at_risk_and_names_the_report():
    desk = stocked(100)
    desk.feed(reserve(60), commit(60), report(A, 2, issued(50)))
    assert desk.leg().at_risk == f"{A}:hp1:2"
    desk.feed(report(A, 3, counted(80), at=NOON + 1))
    assert desk.leg().at_risk == ""


def test_a_match_inside_cannot_be_accepted_on_goods_that_went_to_others():
    desk = stocked(100)
    desk.feed(report(B, 1, placed("PO-1", 50)), tick(2, NOON + 5_000), reserve(50))
    desk.feed(commit(50), report(A, 2, issued(20)))
    (match,) = desk.matches().values()
    desk.feed(decision(A, 1, match["match_id"], "accept"))
    assert desk.reasons()[-1] in ("stock_gone", "match_superseded")


def test_legs_survive_a_recovery_and_are_told_again():
    desk = stocked(100)
    desk.feed(reserve(70), report(C, 1, counted(5)), commit(70))
    core = restored(desk.batches)
    said = core.announce_away(desk.end - 1)
    told = [(place, read(value)) for _, place, rows in said for _, value in rows]
    assert [(m.tick, m.told) for _, m in told if type(m) is Done] == [(1, -1)] * PARTITIONS
    legs = [one for one in told if type(one[1]) is LegTold]
    assert legs == [(partition_of("KELAPA", PARTITIONS), desk.leg())]
    again = MarketDesk()
    again.core, again.end = core, desk.end
    again.feed(report(B, 1, placed("PO-1", 90)), tick(2, NOON + 5_000))
    found = {match["from_coop"]: match["quantity"] for match in again.matches().values()}
    assert found == {A: "30", C: "5"}


def test_a_forgotten_leg_does_not_come_back_from_a_stranger():
    desk = stocked(100)
    desk.feed(reserve(70), release())
    old = next(row for batch in desk.batches for row in batch if row[0].startswith(b"leg/"))
    week = 7 * 24 * 3_600_000
    desk.feed(tick(2, NOON + week + 1), tick(3, NOON + week + 5_001))
    assert old[0] not in desk.state()
    core = restored(desk.batches)
    assert core.restore(*old) is False
    assert core.encode(old[0]) is None
