"""Whole lives of matches between hubs on paper, told by the real folds, to be checked."""

from collections.abc import Callable
from typing import Any

from tests.support.core_logs import (
    DAY,
    Line,
    counted,
    decision,
    issued,
    placed,
    profile,
    report,
)
from tests.support.market_logs import WrittenLog, WrittenMarket, checked

BELITUNG, BANTUL = "19.02.01.2003", "34.02.01.2001"
LADA = {"commodity": "LADA-PUTIH"}
PEPPER, ORDER = {**LADA, "floor_price": "90000"}, {**LADA, "ceiling_price": "130000"}


def breaches(log: WrittenLog) -> list[str]:
    """What the checker finds, in words."""
    return [f"{breach.check}: {breach.what}" for breach in checked(log).breaches]


class Lives:
    """A market in which one match is proposed, and the people who then decide."""

    def __init__(self, seed: int = 0, deadly: float = 0.0) -> None:
        self.market = WrittenMarket(seed, deadly)
        self._said: dict[str, int] = {}

    def say(self, coop: str, *lines: Line) -> "Lives":
        said = report(coop, self._next(coop), *lines, at=self.market.now)
        self.market.say(said)
        return self

    def mandated(self, coop: str) -> "Lives":
        """A co-op lets its hub decide for it."""
        mandates = [{"hub": coop[:5], "since": "2026-01-01"}]
        self.market.say(profile(coop, self._next(f"{coop}@"), mandates=mandates))
        return self

    def opened(self) -> "Lives":
        """Pepper of one hub is proposed to the order of another."""
        self.say(BELITUNG, counted(500, **PEPPER))
        return self.say(BANTUL, placed("PO-1", 200, **ORDER)).tick()

    def tick(self, times: int = 1, ms: int = 5_000) -> "Lives":
        self.market.tick(times, ms)
        return self

    def first(self) -> dict[str, Any]:
        """The oldest match between hubs as people see it."""
        return min(self.market.matches(), key=lambda m: (m["tick"], m["match_id"]))

    def decide(self, actor: str, what: str, on: str = "", **more: Any) -> "Lives":
        """Somebody decides on a match, the oldest where none is named; all is worked off."""
        self.market.say(self._decision(actor, what, more, on))
        return self

    def at_once(self, *decided: tuple[str, str, dict[str, Any]]) -> "Lives":
        """Several decide and nobody hears of the others before."""
        said = [
            self._decision(actor, what, more, more.get("on", "")) for actor, what, more in decided
        ]
        self.market.say(*said)
        return self

    def _decision(self, actor: str, what: str, more: dict[str, Any], on: str = "") -> Any:
        name, number = on or self.first()["match_id"], self._next(f"{actor}@")
        body = {word: value for word, value in more.items() if word != "on"}
        return decision(actor, number, name, what, self.market.now, **body)

    def _next(self, who: str) -> int:
        self._said[who] = self._said.get(who, 0) + 1
        return self._said[who]

    def agreed(self) -> "Lives":
        return self.decide(BELITUNG, "accept").decide(BANTUL, "accept")

    def written(self) -> WrittenLog:
        return self.market.written()


def paid(lives: Lives) -> Lives:
    """Shipped in parts, received with some refused, paid; and what was refused is wanted anew."""
    lives.opened().agreed().decide(BELITUNG, "ship", quantity="150").tick()
    lives.decide(BANTUL, "receive", quantity="140", refused="10", reason="basah")
    lives.decide(BELITUNG, "ship", quantity="50").decide(BANTUL, "receive", quantity="50")
    return lives.tick().decide(BANTUL, "pay").decide(BELITUNG, "pay").tick(2)


def countered(lives: Lives) -> Lives:
    """Terms go to and fro, less is agreed on, some of it is given up and some gets lost."""
    lives.opened().decide(BANTUL, "counter", quantity="180", price="100000")
    lives.decide(BELITUNG, "counter", price="101000").tick().decide(BANTUL, "accept")
    lives.decide(BELITUNG, "ship", quantity="100").decide(BANTUL, "receive", quantity="60")
    lives.decide(BELITUNG, "cancel", reason="habis").tick()
    return lives.decide(BANTUL, "receive", quantity="30", final=True).tick(2)


def rejected(lives: Lives) -> Lives:
    lives.opened().decide(BELITUNG, "accept").decide(BANTUL, "reject", reason="terlalu mahal")
    return lives.tick(3)


def expired(lives: Lives) -> Lives:
    return lives.opened().decide(BANTUL, "accept").tick(1, 2 * DAY).tick(2)


def unshipped(lives: Lives) -> Lives:
    return lives.opened().agreed().tick(1, 12 * DAY).tick(2)


def half(lives: Lives) -> Lives:
    """Some has left and some of that has arrived."""
    lives.opened().agreed().decide(BELITUNG, "ship", quantity="120")
    return lives.decide(BANTUL, "receive", quantity="50").tick(2)


def unheard(lives: Lives) -> Lives:
    """Some arrives, and nobody says what became of the rest."""
    return half(lives).tick(1, 14 * DAY).tick(2)


def unpaid(lives: Lives) -> Lives:
    """All of it arrives, and nobody speaks of the money for a month."""
    lives.opened().agreed().decide(BELITUNG, "ship", quantity="200")
    return lives.decide(BANTUL, "receive", quantity="200").tick(1, 32 * DAY).tick(2)


def given_up(lives: Lives) -> Lives:
    return lives.opened().agreed().decide(BANTUL, "cancel", reason="sudah dapat").tick(3)


def superseded(lives: Lives) -> Lives:
    """Goods go to somebody else before anybody has said yes."""
    return lives.opened().say(BELITUNG, issued(400, **LADA)).tick(2)


def endangered(lives: Lives) -> Lives:
    """Goods go after a yes; what is left is shipped all the same."""
    lives.opened().agreed().say(BELITUNG, issued(400, **LADA)).tick()
    return lives.decide(BELITUNG, "ship", quantity="100").tick(2)


def by_hubs(lives: Lives) -> Lives:
    """Hubs decide for their co-ops."""
    lives.mandated(BELITUNG).mandated(BANTUL).opened()
    lives.decide("19.02", "accept").decide("34.02", "accept")
    lives.decide("19.02", "ship", quantity="200").tick()
    return lives.decide("34.02", "receive", quantity="200").decide("34.02", "pay").tick()


def made(lives: Lives) -> Lives:
    """Nuts become copra on their way, and less of it than was proposed."""
    lives.say(BELITUNG, counted(6000, floor_price="1000"))
    lives.say(BANTUL, placed("PO-1", "999.999", "KOPRA", ceiling_price="20000")).tick()
    lives.decide(BANTUL, "counter", quantity="777.777777").decide(BELITUNG, "accept")
    lives.decide(BELITUNG, "ship", quantity="1000.000001")
    lives.decide(BANTUL, "receive", quantity="200").decide(BELITUNG, "ship", quantity="0.000001")
    left = lives.first()["held_quantity"]
    lives.decide(BELITUNG, "ship", quantity=left)
    return lives.decide(BANTUL, "receive", quantity="570", final=True).tick(2)


def haggled(lives: Lives) -> Lives:
    """Both name amounts that no mill has: parts of nuts, and of grams."""
    lives.say(BELITUNG, counted(6000, floor_price="1000"))
    lives.say(BANTUL, placed("PO-1", "999.999", "KOPRA", ceiling_price="20000")).tick()
    lives.decide(BANTUL, "counter", quantity="765.4321")
    lives.decide(BELITUNG, "counter", quantity="3333.4").decide(BANTUL, "accept")
    lives.decide(BELITUNG, "ship", quantity=lives.first()["held_quantity"])
    told = lives.first()
    return lives.decide(BANTUL, "receive", quantity=told["to_quantity"]).tick(2)


def at_home(lives: Lives) -> Lives:
    """Nuts become copra in one hub, which speaks for both: one decision is two acts."""
    coop = "19.02.01.2004"
    lives.mandated(BELITUNG).mandated(coop).say(BELITUNG, counted(6000, floor_price="1000"))
    lives.say(coop, placed("PO-1", 1000, "KOPRA", ceiling_price="20000")).tick()
    lives.decide("19.02", "accept").decide("19.02", "ship", quantity="5000")
    return lives.decide("19.02", "receive", quantity="1000").decide("19.02", "pay").tick(2)


def crossed(lives: Lives) -> Lives:
    """A yes meets a counter of the other side that it has not heard of."""
    lives.opened().at_once(
        (BANTUL, "counter", {"quantity": "120"}),
        (BELITUNG, "accept", {}),
        (BELITUNG, "accept", {}),
    )
    return lives.tick().decide(BELITUNG, "accept").decide(BANTUL, "accept").tick(2)


def outrun(lives: Lives) -> Lives:
    """Goods leave while the taker gives the match up: they have moved, and for nothing."""
    lives.opened().agreed().at_once(
        (BANTUL, "cancel", {"reason": "sudah dapat"}), (BELITUNG, "ship", {"quantity": "80"})
    )
    return lives.tick(3)


ASKS = {
    "proposed": "accept accept accept counter reject",
    "countered": "accept accept counter reject",
    "accepted": "ship ship ship cancel",
    "shipped": "ship receive receive receive cancel",
}
"""What somebody would do next; payment else."""


def by_chance(lives: Lives, steps: int = 30) -> Lives:
    """Reports, ticks and decisions of three hubs as chance has it; nobody waits for anybody."""
    chance, coops = lives.market.chance, (BELITUNG, BANTUL, "36.01.01.2005")
    for coop in coops[: chance.randrange(4)]:
        lives.mandated(coop)
    lives.opened().say(coops[2], placed("PO-1", 400, **ORDER)).tick()
    for n in range(steps):
        kind = chance.choice("stock order tick tick tick decide decide decide decide".split())
        if kind == "tick":
            lives.tick(1, chance.choice((5_000, 5_000, DAY // 24, DAY)))
        elif kind == "stock":
            line = chance.choice((counted, issued))(chance.randrange(1, 300), **LADA)
            lives.say(BELITUNG, line)
        elif kind == "order":
            coop = chance.choice(coops[1:])
            lives.say(coop, placed(f"PO-{n + 2}", chance.randrange(10, 300), **ORDER))
        else:
            lives.at_once(*(_chosen(lives) for _ in range(chance.randrange(1, 4))))
    return lives.tick(2)


def _chosen(lives: Lives) -> tuple[str, str, dict[str, Any]]:
    chance = lives.market.chance
    match = chance.choice(lives.market.matches())
    what = chance.choice(ASKS.get(match["state"], "pay").split())
    actor = chance.choice([match[name] for name in ("from_coop", "to_coop", "from_hub", "to_hub")])
    amount = chance.choice((match["held_quantity"], str(chance.randrange(1, 200)), "0.5"))
    more = {"quantity": amount} if what in ("ship", "receive", "counter") else {}
    more |= {"final": chance.random() < 0.3} if what == "receive" else {}
    return actor, what, {**more, "reason": "sebab", "on": match["match_id"]}


WHOLE: tuple[Callable[[Lives], Lives], ...] = (
    *(paid, half, countered, rejected, expired, unshipped, unheard, unpaid, given_up, superseded),
    *(endangered, by_hubs, made, haggled, at_home, crossed, outrun),
)
