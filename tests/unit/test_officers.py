"""Simulated officers: what they decide is a match's own life, said once, and never refused."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from producers.clerks import DEVICE, Clerks, Ways
from producers.match_feed import match_of
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Sent, Unsent
from producers.world import officers
from producers.world.officers import Answer, answers
from schemas.quantity import parse_quantity
from schemas.records import Match
from schemas.topics import MATCHES
from tests.support import derived
from tests.support.core_desk import NUMBER, PARTITIONS, Desk
from tests.support.core_logs import HUB, NOON, A, B, C, Saying, counted, placed, report, tick

SEED = 3
ORDERS = 40
OVER = {"paid", "rejected", "cancelled", "expired", "received", "short"}


class Book:
    """A hub's own fold as feed and sender: what is sent is folded, what is folded is heard."""

    partitions = PARTITIONS

    def __init__(self) -> None:
        self.desk = Desk()
        self.now_ms = NOON
        self.sent: list[bytes] = []
        self.away = False
        self._read = 0

    def poll(self, most: int) -> list[Match]:
        here = [value for topic, _, value in self.desk.outputs if topic == MATCHES]
        new, self._read = here[self._read : self._read + most], len(here)
        return [match for value in new if (match := match_of(value)) is not None]

    def publish(self, records: Iterable[Outgoing]) -> list[Sent | Unsent]:
        results: list[Sent | Unsent] = []
        for record in records:
            if self.away:
                results.append(Unsent("away"))
                continue
            assert record.partition == NUMBER
            assert record.key is not None
            self.sent.append(record.value)
            self.desk.feed(Saying(record.key, record.value, self.now_ms))
            results.append(Sent(record.partition, len(self.sent), self.now_ms))
        return results


def proposals(orders: int) -> Book:
    """A book in which two buyers' orders were met by one seller's lots."""
    book = Book()
    lots = [counted(200, floor_price="5000", lot=f"L{n}") for n in range(orders)]
    book.desk.feed(report(A, 1, *lots))
    for at, buyer in enumerate((B, C)):
        wanted = [placed(f"PO-{n}", 200, ceiling_price="9000") for n in range(at, orders, 2)]
        book.desk.feed(report(buyer, 1, *wanted))
    book.desk.feed(tick(1, NOON))
    return book


def clerks(book: Book, outbox: Outbox, told: list[Answer]) -> Clerks:
    return Clerks(
        Ways(book, outbox, book),
        hubs=[HUB],
        seed=SEED,
        now=lambda: book.now_ms,
        told=lambda _match, answer: told.append(answer),
    )


def worked(book: Book, outbox: Outbox, minutes: int = 8) -> list[Answer]:
    told: list[Answer] = []
    here = clerks(book, outbox, told)
    for _ in range(minutes * 20):
        book.now_ms += 3_000
        here.work()
    return told


def a_match(version: int = 1, **other: Any) -> Match:
    found = match_of(derived.match(version, **other))
    assert found is not None
    return found


def test_officers_bring_matches_through_their_whole_life_and_are_never_refused(
    tmp_path: Path,
) -> None:
    book = proposals(ORDERS)
    assert len(book.desk.matches()) >= ORDERS
    with Outbox(tmp_path / "officers.db") as outbox:
        told = worked(book, outbox)
        assert outbox.pending() == []
    assert book.desk.reasons() == []
    assert len(told) == len(book.sent) == len(set(book.sent))
    done = list(book.desk.matches().values())
    left = {m["match_id"]: m["state"] for m in done if m["state"] not in OVER}
    silent = {m["match_id"] for m in done if not answers(msgspec.convert(m, Match), SEED)}
    assert set(left) <= silent, "what is not over waits for an officer who never answers"
    states = Counter(m["state"] for m in done)
    assert states["paid"] > ORDERS // 3
    assert states["rejected"] > 0
    assert {"accept", "reject", "counter", "ship", "receive", "pay"} <= {a.decision for a in told}
    assert any("refused" in answer.fields for answer in told)
    for m in done:
        taken, refused, lost = (
            parse_quantity(m.get(f"{what}_quantity", "0"))
            for what in ("received", "refused", "lost")
        )
        if m["state"] == "paid":
            assert taken + refused + lost == parse_quantity(m["shipped_quantity"])  # type: ignore[operator]  # all three are amounts


def test_the_same_record_and_seed_give_the_same_answers() -> None:
    match = a_match()
    told = answers(match, 7)
    assert told == answers(a_match(version=9), 7)
    spread = [answers(match, seed) for seed in range(40)]
    assert len({str(each) for each in spread}) > 20
    assert {answer.decision for each in spread for answer in each} >= {"accept", "reject"}


def test_who_has_spoken_is_not_asked_again() -> None:
    match = a_match(steps=("proposed", "proposed"))
    match.history[1].actor = match.from_coop
    assert {answer.actor for seed in range(50) for answer in answers(match, seed)} == {
        match.to_coop
    }


def test_a_counter_offer_is_answered_by_the_other_side() -> None:
    match = a_match(state="countered", steps=("proposed", "countered"))
    match.history[-1].actor = match.from_coop
    told = [answers(match, seed)[0] for seed in range(50)]
    assert {answer.actor for answer in told} == {match.to_coop}
    assert {answer.decision for answer in told} == {"accept", "reject"}


def test_matches_between_hubs_wait_until_they_can_be_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    between = a_match(tier=2)
    assert bool(answers(between, 3)) == (2 in officers.TIERS)
    monkeypatch.setattr(officers, "TIERS", frozenset({1, 2}))
    assert answers(between, 3)


def test_goods_that_become_others_on_the_way_are_received_in_what_they_became(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(officers, "TIERS", frozenset({1, 2}))
    terms: dict[str, Any] = {"tier": 2, "state": "shipped", "quantity": "100", "to_quantity": "20"}
    history = ("proposed", "accepted", "shipped")
    half = a_match(**terms, shipped_quantity="50", steps=history)
    assert {a.decision for a in answers(half, 1)} == {"ship"}
    whole = a_match(**terms, shipped_quantity="100", steps=history)
    (arrived,) = answers(whole, 1)
    said = arrived.fields
    amounts = [parse_quantity(str(said.get(name, "0"))) or 0 for name in ("quantity", "refused")]
    assert arrived.decision == "receive"
    assert sum(amounts) == 20_000_000 or said.get("final")


def test_answers_wait_for_a_broker_that_is_away_and_then_go_once(tmp_path: Path) -> None:
    book = proposals(4)
    with Outbox(tmp_path / "officers.db") as outbox:
        book.away = True
        told = worked(book, outbox, minutes=2)
        assert book.sent == []
        assert len(outbox.pending()) == len(told) > 0
        book.away = False
        worked(book, outbox)
        assert outbox.pending() == []
    assert all(f'"device":"{DEVICE}"'.encode() in value for value in book.sent)


def test_officers_of_other_hubs_keep_still(tmp_path: Path) -> None:
    book = proposals(4)
    with Outbox(tmp_path / "officers.db") as outbox:
        elsewhere = Clerks(
            Ways(book, outbox, book), hubs=["34.02"], seed=SEED, now=lambda: book.now_ms
        )
        for _ in range(40):
            book.now_ms += 3_000
            elsewhere.work()
    assert book.sent == []
