"""The checker over what the core wrote of contracts, and over what a broken core would write."""

from random import Random
from typing import Any, Final

import pytest

from deploy.verify.findings import CONSERVED, JUDGED, PROMISES
from streams.core import contracts, standing, view
from streams.core.lines import Bond
from tests.support.core_desk import Desk, partition
from tests.support.core_logs import (
    DAY,
    HOUR,
    HUB,
    NOON,
    A,
    B,
    C,
    Saying,
    counted,
    day,
    decision,
    line,
    placed,
    profile,
    records,
    report,
    said,
    tick,
    voided,
)
from tests.support.desk_log import Written, found

NEXT: Final[dict[str, str]] = {
    "draft": "accept",
    "proposed": "accept accept accept reject counter",
    "countered": "accept reject",
    "accepted": "ship ship cancel",
    "shipped": "ship receive receive",
    "received": "pay",
    "short": "pay",
    "claimed": "pay",
}
TAGS: Final = ("BULOG-7", "PABRIK-1", "PO-1")
PERMITS: Final[tuple[list[str], ...]] = ([], [], ["NIB"], ["nib ", "PIRT"])
GOODS: Final = (("KELAPA", "BUTIR"), ("KELAPA", "BUTIR"), ("KOPRA", "KG"), ("LPG-3KG", "TABUNG"))


class Market:
    """Whoever may say anything of contracts, by chance, and all that is in the log."""

    def __init__(self, seed: int, cut_offs: tuple[int, ...] = ()) -> None:
        self.chance, self.desk = Random(seed), Desk(partition(cut_offs))
        self.log: list[Saying] = []
        self.now, self.ticks = NOON, 0
        self.numbers: dict[str, int] = {}

    def say(self, *sayings: Saying) -> "Market":
        self.log += sayings
        self.desk.feed(*sayings)
        return self

    def number(self, actor: str) -> int:
        self.numbers[actor] = self.numbers.get(actor, 0) + 1
        return self.numbers[actor]

    def tick(self, ms: int = HOUR) -> "Market":
        self.now, self.ticks = self.now + ms, self.ticks + 1
        return self.say(tick(self.ticks, self.now))

    def contract(self, actor: str = HUB, **more: Any) -> "Market":
        chance = self.chance
        goods, unit = chance.choice(GOODS)
        since = self.now + chance.randrange(-3, 3) * DAY
        body: dict[str, Any] = {"contract": chance.choice(TAGS)}
        body["direction"] = chance.choice(("buy", "supply"))
        body |= {"site": chance.choice((A, B, C)), "commodity": goods, "unit": unit}
        body |= {"quantity": str(chance.randrange(1, 300)), "permits": chance.choice(PERMITS)}
        body |= {"since": day(since), "until": day(since + chance.randrange(9) * DAY)}
        at = self.now - chance.choice((0, 0, HOUR, DAY))
        who = (actor, "mitra", self.number(f"{actor}/mitra"))
        return self.say(said("contract", who, body | more, at))

    def profile(self, coop: str, **more: Any) -> "Market":
        more = more or {"outlet": self.chance.random() < 0.5}
        more.setdefault("permits", self.chance.choice(PERMITS))
        return self.say(profile(coop, self.number(coop), self.now, **more))

    def step(self) -> None:
        chance = self.chance
        kinds = "contract contract profile report report tick tick decide decide decide void"
        match chance.choice(kinds.split()):
            case "contract":
                self.contract(chance.choice((HUB, HUB, A)))
            case "profile":
                self.profile(chance.choice((A, B, C)))
            case "report":
                self._report(chance.choice((A, B, C)))
            case "tick":
                self.tick(chance.choice((HOUR, HOUR, DAY, 3 * DAY)))
            case "decide":
                self._decide()
            case "void":
                number = self.numbers.get(f"{A}/mitra", 0) + chance.randrange(2)
                own = voided(A, max(1, number), 1, "mitra")
                self.say(report(A, self.number(f"{A}/hp1"), own, at=self.now))

    def _report(self, coop: str) -> None:
        chance = self.chance
        goods, unit = chance.choice(GOODS)
        amount = chance.randrange(1, 300)
        lot = {"lot": chance.choice(TAGS)} if chance.random() < 0.2 else {}
        own = line("stock.counted", amount, goods, unit, **lot)
        if chance.random() < 0.5:
            own = placed(chance.choice(TAGS), amount, goods, unit=unit)
        self.say(report(coop, self.number(f"{coop}/hp1"), own, at=self.now))

    def _decide(self) -> None:
        chance = self.chance
        live = [m for m in self.desk.matches().values() if m["state"] in NEXT]
        if not live:
            return
        match = chance.choice(live)
        what = chance.choice(NEXT[match["state"]].split())
        actor = chance.choice((match["from_coop"], match["to_coop"]))
        amount = chance.choice((match["held_quantity"], str(chance.randrange(1, 300))))
        more = {"quantity": amount} if what in ("ship", "receive", "counter") else {}
        more |= {"reason": "sebab"} if what == "cancel" else {}
        number = self.number(actor)
        self.say(decision(actor, number, match["match_id"], what, self.now, **more))

    def breaches(self) -> list[str]:
        report_ = found(Written(self.desk, records(self.log)))
        return [f"{breach.check}: {breach.what}" for breach in report_.breaches]


def lived(seed: int, cut_offs: tuple[int, ...] = (), steps: int = 70) -> Market:
    market = Market(seed, cut_offs)
    for _ in range(steps):
        market.step()
    return market.tick()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("cut_offs", [(), (420, 840)])
def test_whatever_is_said_of_contracts_and_decided_on_them_passes(
    seed: int, cut_offs: tuple[int, ...]
) -> None:
    market = lived(seed, cut_offs)
    assert market.breaches() == []


def test_lives_of_chance_bring_matches_with_partners() -> None:
    told = [*(lived(seed) for seed in range(12)), plain(Market(0))]
    shown = [match for one in told for match in one.desk.matches().values()]
    partners = [m for m in shown if m.get("partner")]
    assert len(partners) > 20
    assert {m["commodity"] for m in partners} >= {"KELAPA", "KOPRA", "LPG-3KG"}
    assert any(m["received_quantity"] != "0" for m in partners)


def plain(market: Market) -> Market:
    """Contracts that are to shut, one that asks for a permit, one of subsidised goods.

    The hub bought something before, and has it still.
    """
    bought: dict[str, Any] = {
        "direction": "buy",
        "site": A,
        "commodity": "KOPRA",
        "unit": "KG",
        "permits": [],
    }
    market.contract(contract="PABRIK-1", quantity="40", since=day(NOON), until=day(NOON), **bought)
    market.say(report(C, 1, counted(40, "KOPRA", floor_price="9000"), at=NOON)).tick()
    (match,) = market.desk.matches()
    for actor, what in ((C, "accept"), (HUB, "accept"), (C, "ship"), (HUB, "receive")):
        amount = {"quantity": "40"} if what in ("ship", "receive") else {}
        market.say(decision(actor, market.number(actor), match, what, market.now, **amount))
    market.contract(contract="PABRIK-2", quantity="70", since=day(NOON), until=day(NOON), **bought)
    market.say(report(B, 3, placed("PO-4", 40, "KOPRA", ceiling_price="20000"), at=NOON))
    market.profile(A, permits=[]).profile(B, outlet=True, permits=["nib"])
    more: dict[str, Any] = {
        "direction": "supply",
        "site": A,
        "commodity": "KELAPA",
        "unit": "BUTIR",
    }
    more |= {"quantity": "100", "price": "1000", "permits": []}
    since, until = day(NOON), day(NOON + 9 * DAY)
    market.contract(contract="BULOG-7", since=since, until=day(NOON + DAY), **more)
    gas: dict[str, Any] = {**more, "commodity": "LPG-3KG", "unit": "TABUNG"}
    market.contract(contract="GAS-1", since=since, until=until, **gas)
    market.contract(contract="BULOG-8", since=since, until=until, **more | {"permits": ["NIB"]})
    lines = [placed("PO-1", 30), placed("PO-2", 30, "LPG-3KG", unit="TABUNG")]
    for coop in (A, B):
        market.say(report(coop, 1, *lines, at=NOON))
    market.tick().tick(3 * DAY)
    own = [placed("PO-3", 30), counted(5)]
    market.say(report(A, 2, *own, at=market.now))
    market.say(report(B, 2, *own, at=market.now))
    return market.tick()


BUGS: dict[str, tuple[str, Any, str, Any]] = {
    "windows are not kept": (PROMISES, contracts, "is_open", lambda *_: True),
    "what is shut is demand": (CONSERVED, view.View, "_is_open", lambda *_: True),
    "everybody is an outlet": (PROMISES, standing, "_is_bound", lambda *_: True),
    "permits are not looked at": (PROMISES, Bond, "meets", lambda *_: True),
    "partners are not named": (
        PROMISES,
        standing.Standing,
        "partner",
        lambda *_: "",
    ),
}


def test_the_plain_story_of_contracts_passes() -> None:
    assert plain(Market(0)).breaches() == []


@pytest.mark.parametrize("name", BUGS)
def test_a_core_that_does_not_keep_contracts_is_found(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, room, function, bug = BUGS[name]
    monkeypatch.setattr(room, function, bug)
    breaches = plain(Market(0)).breaches()
    assert any(breach.startswith(check) for breach in breaches), breaches


def test_a_core_that_reads_a_contract_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.bodies.CONTRACT_PRIORITY", "normal")
    market = Market(0)
    market.contract(direction="buy", contract="PABRIK-1")
    assert any(breach.startswith((CONSERVED, JUDGED)) for breach in market.breaches())
