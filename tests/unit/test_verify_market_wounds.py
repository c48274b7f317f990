"""The checker over broken lives of matches between hubs: every wound is found and named."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from deploy.verify.findings import CONSERVED, LIVES, PROMISES
from schemas.topics import DEMAND, EVENTS, LEDGER, MARKET, MATCHES
from tests.support.core_desk import PARTITIONS
from tests.support.market_lives import (
    BANTUL,
    BELITUNG,
    Lives,
    breaches,
    countered,
    crossed,
    made,
    outrun,
    paid,
    superseded,
    unheard,
)
from tests.support.market_logs import Tree, WrittenLog

LEG, MATCH, STAND = "lumbung.leg.v1", "lumbung.match.v1", "lumbung.stand.v1"
TOLD: Final = "lumbung.ledger.v1"
Wound = Callable[[WrittenLog], object]


LOGS: dict[str, WrittenLog] = {}


def whole(life: Callable[[Lives], Lives]) -> WrittenLog:
    """A log of a life, to be wounded; it is told once."""
    if life.__name__ not in LOGS:
        LOGS[life.__name__] = life(Lives()).written()
    return LOGS[life.__name__].copy()


def oldest(log: WrittenLog) -> str:
    """The first match that people saw."""
    found = [row for (topic, n), rows in log.rows.items() if topic == MATCHES
             and n >= PARTITIONS for row in rows]  # fmt: skip
    return (found[0][0] or b"").decode()


def records(change: Callable[[Tree], object], log: WrittenLog) -> None:
    """All records of the first match say something else."""
    log.change(MATCHES, MATCH, change, match_id=oldest(log))


def since(n: int, **more: Any) -> Wound:
    """Records of the first match say other things from their n-th step on."""

    def change(data: Tree) -> None:
        if len(data["history"]) > n:
            data.update(more)

    return lambda log: records(change, log)


def step(n: int, **more: Any) -> Wound:
    """The n-th step is told otherwise wherever it is told."""

    def change(data: Tree) -> None:
        if len(data["history"]) > n:
            data["history"][n].update(more)
            data["state"] = data["history"][-1]["state"]

    return lambda log: records(change, log)


def no_step(n: int) -> Wound:
    def change(data: Tree) -> None:
        if len(data["history"]) > n:
            del data["history"][n]
            data["state"] = data["history"][-1]["state"]

    return lambda log: records(change, log)


def legs(side: str, change: Callable[[Tree], object]) -> Wound:
    """What the hub of one side tells of its leg."""
    return lambda log: log.change(MARKET, LEG, change, match=oldest(log), side=side)


def act(side: str, action: str, **more: Any) -> Wound:
    """An act is told otherwise by its leg."""

    def change(data: Tree) -> None:
        for one in data.get("acts", ()):
            if one["action"] == action:
                one.update(more)

    return legs(side, change)


def told_twice(data: Tree) -> None:
    if any(one["action"] == "ship" for one in data.get("acts", ())):
        data["acts"] *= 2


def untold(action: str) -> Callable[[Tree], None]:
    def change(data: Tree) -> None:
        data["acts"] = [one for one in data.get("acts", ()) if one["action"] != action]

    return change


def committed(**more: Any) -> Callable[[Tree], None]:
    return lambda data: data.update(more) if data["state"] == "committed" else None


def stood(**more: Any) -> Callable[[Tree], None]:
    return lambda data: data.update(more) if data.get("stood") else None


def stands(side: str, **more: Any) -> Wound:
    """What the market tells one leg of how the match stands."""

    def change(data: Tree) -> None:
        data.update(more)

    return lambda log: log.change(EVENTS, STAND, change, match=oldest(log), side=side)


def stays(side: str) -> Wound:
    """The last words of a leg never came; an older one came again in their place."""

    def change(log: WrittenLog) -> None:
        name = oldest(log).encode()
        rows = [(held, n) for (topic, _), held in log.rows.items() if topic == MARKET
                for n, (_, value, _) in enumerate(held) if value and name in value
                and LEG.encode() in value and f'"side":"{side}"'.encode() in value]  # fmt: skip
        newest = [msgspec.json.decode(held[n][1] or b"")["data"] for held, n in rows]
        last = max(n for n, data in enumerate(newest) if data.get("stood", 0) == 0)
        for held, n in rows[last:]:
            held[n] = rows[last][0][rows[last][1]]

    return change


def ledger(coop: str, name: str, **more: Any) -> Wound:
    """All that the ledger tells of a co-op's positions or orders since its first is different."""

    def change(data: Tree) -> None:
        if str(data.get("event_id", "")).split(":")[1:2] == ["desk"]:
            for row in data.get(name, ()):
                row.update(more)

    return lambda log: log.change(LEDGER, TOLD, change, coop=coop)


def matched(log: WrittenLog) -> None:
    """What has arrived is told as if it were still to come."""

    def change(data: Tree) -> None:
        for row in data["rows"]:
            row.update(matched="200", gap=str(int(row["demand"]) - 200))

    log.change(DEMAND, "lumbung.demand.v1", change, hub="34.02")


WOUNDS: dict[str, tuple[Callable[[Lives], Lives], str, str, Wound]] = {
    "an act told twice": (paid, LIVES, "as they were told before", legs("offer", told_twice)),
    "a ship counted twice": (
        *(paid, LIVES, "is not what its acts lead to"),
        since(3, shipped_quantity="300"),
    ),
    "a ship that moved nothing": (
        *(paid, CONSERVED, "follows otherwise from its reports"),
        ledger(BELITUNG, "positions", on_hand="500"),
    ),
    "what was received and is nowhere": (
        *(paid, CONSERVED, "follows otherwise from its reports"),
        ledger(BANTUL, "positions", on_hand="0"),
    ),
    "what was received in another lot": (
        *(paid, CONSERVED, "is only in the log"),
        ledger(BANTUL, "positions", lot="BARU"),
    ),
    "an order that was not filled": (
        *(paid, CONSERVED, "follows otherwise from its revisions"),
        ledger(BANTUL, "orders", delivered="0"),
    ),
    "what has arrived counted as still to come": (
        *(unheard, CONSERVED, "supply, planned, demand, matched"),
        matched,
    ),
    "an agreement with one yes": (paid, LIVES, "one side did not say yes", no_step(1)),
    "a yes that no leg tells of": (
        *(paid, LIVES, "is not the next act of a leg"),
        legs("need", untold("accept")),
    ),
    "an act that nobody decided on": (
        *(paid, LIVES, "tells an act that nobody decided on"),
        act("need", "receive", final=True),
    ),
    "an act of somebody else": (
        *(paid, LIVES, "is not the next act of a leg"),
        act("offer", "ship", actor="19.02"),
    ),
    "an act of another moment": (
        *(paid, LIVES, "is not the next act of a leg"),
        act("offer", "accept", at_ms=7),
    ),
    "a yes to terms that nobody told": (
        *(countered, LIVES, "that nobody told"),
        act("need", "accept", quantity="170"),
    ),
    "a leg that has heard what nobody told it": (
        *(paid, PROMISES, "has heard what nobody said"),
        legs("offer", stood(stood=2**40 + 3)),
    ),
    "received beyond what was shipped": (
        *(paid, LIVES, "is not what its acts lead to"),
        since(4, received_quantity="160"),
    ),
    "a receipt that was skipped": (
        *(paid, LIVES, "does not tell what was done to it"),
        no_step(4),
    ),
    "a step of the other side": (paid, LIVES, "than was done", step(3, actor=BANTUL)),
    "a moment that was too late and was not": (
        *(paid, LIVES, "than was done"),
        step(5, reason="ship: match_cancelled"),
    ),
    "a moment in time told as too late": (
        *(crossed, LIVES, "than was done"),
        step(2, reason="accept: terms_changed", state="proposed"),
    ),
    "a record before its acts were heard": (
        *(paid, LIVES, "took a step that nobody decided on"),
        since(3, version=2**40 + 1),
    ),
    "money that nobody spoke of": (
        *(countered, LIVES, "shows a payment that nobody spoke of"),
        since(7, payment="confirmed"),
    ),
    "a price that nobody named": (
        *(countered, LIVES, "is not what its acts lead to"),
        since(2, price=100_500),
    ),
    "an amount that nobody named": (
        *(countered, LIVES, "is not what its acts lead to"),
        since(1, quantity="170", to_quantity="170"),
    ),
    "another report blamed for less stock": (
        *(superseded, LIVES, "superseded by what took no goods of it"),
        step(1, reason=f"{BELITUNG}:hp1:1"),
    ),
    "a leg that holds less than its match": (
        *(unheard, PROMISES, "was not covered by its need leg"),
        legs("need", committed(quantity="150")),
    ),
    "a leg that keeps what need not be held": (
        *(countered, PROMISES, "keeps what its match need not hold"),
        stands("offer", holds="1", delivered="0"),
    ),
    "a leg that let go of what is held": (
        *(countered, PROMISES, "let go of what its match holds"),
        stands("need", holds="9999"),
    ),
    "goods promised after all has come": (
        *(unheard, LIVES, "is promised for a match that nobody shows"),
        stays("need"),
    ),
    "a hub told of another price than people": (
        *(countered, LIVES, "was told otherwise than people were: its terms"),
        stands("need", price=1),
    ),
    "a hub told to hold what is over": (
        *(countered, LIVES, "was told otherwise than people were: its end"),
        stands("offer", holds="5"),
    ),
    "a hub told of goods that never came": (
        *(countered, LIVES, "was told otherwise than people were: what moved"),
        stands("need", received="170"),
    ),
    "a recipe that makes more than it does": (
        *(made, LIVES, "is not what its acts lead to"),
        since(3, to_quantity="900"),
    ),
    "goods that left for nothing and are not told": (
        *(outrun, LIVES, "is not what its acts lead to"),
        lambda log: records(lambda data: data.update(shipped_quantity="0"), log),
    ),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_a_wound_of_a_life_between_hubs_is_found_and_named(name: str) -> None:
    life, check, words, wound = WOUNDS[name]
    log = whole(life)
    wound(log)
    found = breaches(log)
    assert any(at.startswith(check) and words in at for at in found), "\n".join(found)
