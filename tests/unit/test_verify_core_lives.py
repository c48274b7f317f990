"""The checker over what the core itself wrote of whole lives, and what a broken one would."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

import pytest

from deploy.verify.findings import CONSERVED, LIVES
from streams.core import deal_life, match_out, movements, view
from streams.core.drafts import Drafts
from tests.support.core_desk import Desk, partition
from tests.support.core_logs import (
    DAY,
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
    profile,
    records,
    report,
    tick,
)
from tests.support.desk_log import Written, found

OVER: Final = frozenset({"superseded", "expired", "rejected", "no_show", "cancelled", "paid"})
ASKS: Final[dict[str, str]] = {
    "draft": "open open accept",
    "proposed": "open accept accept accept accept counter reject",
    "countered": "accept accept counter reject",
    "accepted": "ship ship ship cancel",
    "shipped": "ship receive receive receive cancel",
    "received": "pay",
    "short": "pay",
    "claimed": "pay",
}
"""What somebody would do next; sides, amounts and moments are left to chance."""


class Teller:
    """A desk that is told things, and the log of them."""

    def __init__(self, seed: int = 0, cut_offs: tuple[int, ...] = ()) -> None:
        self.desk, self.log = Desk(partition(cut_offs)), list[Saying]()
        self.chance = Random(seed)
        self.now, self.ticks = NOON, 0
        self._said: dict[str, int] = {}

    def say(self, *sayings: Saying) -> "Teller":
        self.log += sayings
        self.desk.feed(*sayings)
        return self

    def tick(self, ms: int = 5_000) -> "Teller":
        self.now, self.ticks = self.now + ms, self.ticks + 1
        return self.say(tick(self.ticks, self.now))

    def decide(self, actor: str, match: str, what: str, **more: Any) -> "Teller":
        at = self.now - self.chance.choice((0, 0, 5_000, DAY))
        return self.say(decision(actor, self.next(actor), match, what, at, **more))

    def next(self, actor: str) -> int:
        """The sequence of what an actor says next, from whatever device."""
        self._said[actor] = self._said.get(actor, 0) + 1
        return self._said[actor]

    def breaches(self) -> list[str]:
        found_ = found(Written(self.desk, records(self.log)))
        return [f"{breach.check}: {breach.what}" for breach in found_.breaches]


def opened(seed: int = 0, cut_offs: tuple[int, ...] = ()) -> tuple[Teller, str]:
    """A and B have mandated their hub, and a match of 300 between them is proposed."""
    teller = Teller(seed, cut_offs)
    mandates = [{"hub": HUB, "since": "2026-01-01"}]
    teller.say(*(profile(coop, 1, mandates=mandates) for coop in (A, B)))
    teller.say(report(A, 1, counted(500, floor_price="1000"), device="hp0"))
    teller.say(report(B, 1, placed("PO-1", 300, ceiling_price="9000"), device="hp0")).tick()
    for coop in (A, B):
        teller.next(coop)
    return teller, next(iter(teller.desk.matches()))


def lived(*, whole: bool = True) -> Teller:
    """A life with all that can happen on its way, decided by co-ops and their hub; or half."""
    teller, match = opened()
    teller.decide(B, match, "counter", quantity="250").decide(HUB, match, "accept")
    teller.decide(A, match, "ship", quantity="100").tick()
    teller.decide(B, match, "receive", quantity="90", refused="5")
    if not whole:
        return teller.tick()
    teller.decide(HUB, match, "ship", quantity="50").decide(A, match, "cancel", reason="habis")
    teller.tick().decide(HUB, match, "receive", quantity="50", final=True)
    return teller.decide(B, match, "pay").decide(A, match, "pay").tick()


def test_a_life_as_the_core_tells_it_passes() -> None:
    teller = lived()
    (match,) = [m for m in teller.desk.matches().values() if m["state"] == "paid"]
    assert (match["received_quantity"], match["lost_quantity"]) == ("140", "5")
    assert teller.breaches() == []
    assert lived(whole=False).breaches() == []


@pytest.mark.parametrize(("after", "last"), [("accept", "no_show"), ("ship", "short")])
def test_what_the_clock_ends_passes(after: str, last: str) -> None:
    teller, match = opened()
    teller.decide(HUB, match, "accept")
    if after == "ship":
        teller.decide(A, match, "ship", quantity="100")
    teller.tick(5 * DAY)
    assert teller.desk.matches()[match]["state"] == last
    assert teller.breaches() == []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cut_offs", [(), (420, 840), tuple(range(0, 1_440, 60))])
def test_lives_of_chance_pass_whatever_is_decided_by_whom(
    seed: int, cut_offs: tuple[int, ...]
) -> None:
    teller, _ = opened(seed, cut_offs)
    for _ in range(60):
        at_random(teller)
    teller.tick()
    assert teller.breaches() == []
    assert teller.desk.verdicts().count("accepted") > 20


def frozen() -> tuple[Teller, str]:
    """A match of 300 was a draft until the cut-off at fourteen hours."""
    teller, match = opened(cut_offs=(840,))
    return teller.tick(3 * DAY // 24), match


def test_a_draft_that_is_frozen_passes_and_one_that_is_changed_after_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    teller, match = frozen()
    assert teller.desk.matches()[match]["state"] == "proposed"
    assert teller.breaches() == []
    monkeypatch.setattr(Drafts, "binds", lambda _, deal: deal_life.is_held(deal))
    monkeypatch.setattr(Drafts, "is_frozen", lambda _, __: False)
    dearer = counted(500, floor_price="3000")
    teller.say(report(A, teller.next(A), dearer, device="hp1", at=teller.now)).tick()
    assert any("was changed after it was frozen" in breach for breach in teller.breaches())


def test_a_draft_that_is_frozen_before_its_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        match_out, "_under_way", lambda deal: {**UNDER_WAY(deal), "freezes_ms": NOON + 9 * DAY}
    )
    teller, _ = frozen()
    assert any("a step by itself before its time" in breach for breach in teller.breaches())


def at_random(teller: Teller) -> None:
    chance, matches = teller.chance, teller.desk.matches()
    kind = chance.choice("stock order tick tick decide decide decide decide".split())
    coop = chance.choice((A, B, C))
    if kind == "tick":
        teller.tick(chance.choice((5_000, DAY // 24, DAY)))
    elif kind == "stock":
        line = chance.choice((counted, issued))(chance.randrange(1, 400))
        teller.say(report(coop, teller.next(coop), line, at=teller.now - chance.choice((0, DAY))))
    elif kind == "order":
        asked = placed(f"PO-{chance.randrange(3)}", chance.randrange(10, 300))
        teller.say(report(coop, teller.next(coop), asked, at=teller.now))
    else:
        live = [m for m in matches.values() if m["state"] not in OVER]
        match = chance.choice(live or list(matches.values()))
        what = chance.choice(ASKS.get(match["state"], "accept").split())
        actor = chance.choice((match["from_coop"], match["to_coop"], HUB))
        amount = chance.choice((match["held_quantity"], str(chance.randrange(300)), "0.5"))
        more = {"quantity": amount} if what in ("ship", "receive", "counter") else {}
        more |= {"final": chance.random() < 0.3} if what == "receive" else {}
        teller.decide(actor, match["match_id"], what, **more, reason="sebab")


def doubled(move: Callable[..., Any]) -> Callable[..., Any]:
    return lambda coop, name, key, micro, version: move(coop, name, key, 2 * micro, version)


UNDER_WAY: Final[Callable[..., dict[str, str]]] = match_out._under_way
BUGS: dict[str, tuple[str, Any, str, Any]] = {
    "goods move twice": (CONSERVED, movements, "move", doubled(movements.move)),
    "orders are not filled": (
        CONSERVED,
        movements,
        "received_for",
        lambda *_: 0,
    ),
    "what came is still to come": (CONSERVED, view, "coming", lambda deal: deal.quantity),
    "what has left is held": (LIVES, deal_life, "held", lambda deal: deal.quantity),
    "money is forgotten": (LIVES, deal_life, "payment", lambda _: "none"),
    "refused goods are not told": (
        LIVES,
        match_out,
        "_under_way",
        lambda deal: {**UNDER_WAY(deal), "refused_quantity": "0"},
    ),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_core_that_is_wrong_about_a_life_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, room, function, bug = BUGS[name]
    monkeypatch.setattr(room, function, bug)
    breaches = [*lived(whole=False).breaches(), *lived().breaches()]
    assert any(breach.startswith(check) for breach in breaches)
