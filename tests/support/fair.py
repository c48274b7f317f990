"""A market side over two hub partitions, driven by hand, and the lines it is told of."""

from typing import Any

from schemas.market import (
    ActTold,
    Done,
    LeftNeed,
    LeftOffer,
    LegSide,
    LegState,
    LegTold,
    Reserve,
    Residual,
)
from streams.core.interchange.market_round import Policy, Solve
from streams.core.interchange.market_side import MarketSide, Tick
from streams.core.interchange.market_state import Between
from tests.protocol.bazaar import solve

OFFER, NEED = LegSide.OFFER, LegSide.NEED
GIVER, TAKER = "19.02", "31.72"


class Fair:
    """A market side over two hub partitions, driven by hand."""

    def __init__(self, whole: Solve | None = None) -> None:
        self.offset, self.version = -1, 0
        self.policy = Policy(2, whole=whole)
        self.side = MarketSide(solve, self.policy, generation=6)
        self.changelog: dict[str, bytes | None] = {}
        self.tick_no = self.now_ms = 0
        self.acts: dict[LegSide, list[ActTold]] = {}

    def hear(self, *said: Any) -> list[Any]:
        """Fold records as one run; gives the requests that leave."""
        for one in said:
            self.offset += 1
            self.side.hear(self.offset, one)
        rows, asked, self.shown = self.side.drain()
        self.changelog |= dict(rows)
        return [one.request for one in asked]

    def lines(self, hub: str, *lines: LeftOffer | LeftNeed, **inside: Any) -> Residual:
        self.version += 1
        return Residual(
            hub=hub,
            family="F",
            version=self.version,
            offers=tuple(one for one in lines if isinstance(one, LeftOffer)),
            needs=tuple(one for one in lines if isinstance(one, LeftNeed)),
            **inside,
        )

    def next_round(self, later_ms: int = 5_000) -> list[Any]:
        self.tick_no += 1
        self.now_ms += later_ms
        done = [Done(partition=n, tick=self.tick_no, version=1) for n in range(2)]
        return self.hear(Tick(self.tick_no, self.now_ms), *done)

    def told(self, side: LegSide, state: LegState, quantity: int, **more: Any) -> LegTold:
        self.version += 1
        hub = GIVER if side is OFFER else TAKER
        facts: dict[str, Any] = {"match": self.match.match, "side": side, "hub": hub, "line": "o"}
        facts |= {"family": "F", "state": state, "quantity": quantity}
        return LegTold(**facts, version=self.version, **more)

    def did(self, side: LegSide, action: str, quantity: int = 0, **more: Any) -> LegTold:
        """One more act of an end, told beside all that were told before."""
        acts = self.acts.setdefault(side, [])
        actor = "a" if side is OFFER else "b"
        if action == "accept" and not quantity:  # to the terms that were proposed
            quantity, more = 20, {"price": self.match.price, **more}
        facts: dict[str, Any] = {"action": action, "actor": actor, "at_ms": self.now_ms - 1_000}
        acts.append(ActTold(**facts, quantity=quantity, **more))
        return self.told(side, LegState.COMMITTED, 20, acts=tuple(acts))

    def heard(self, side: LegSide) -> LegTold:
        """The hub has heard how the match stands."""
        acts, stood = tuple(self.acts.get(side, [])), self.match.stands
        return self.told(side, LegState.COMMITTED, 20, acts=acts, stood=stood)

    def changelog_of_match(self) -> bytes | None:
        return self.changelog[f"match/{self.match.match}"]

    @property
    def match(self) -> Between:
        return list(self.side.store.matches.values())[-1]


def goods(quantity: int = 80, **more: Any) -> LeftOffer:
    facts: dict[str, Any] = {"line": "o", "coop": "a", "commodity": "X", "grade": "A", "floor": 1}
    return LeftOffer(**(facts | {"quantity": quantity} | more))


def order(quantity: int = 20, **more: Any) -> LeftNeed:
    facts: dict[str, Any] = {"line": "n", "coop": "b", "commodity": "X", "ceiling": 9}
    return LeftNeed(**(facts | {"quantity": quantity} | more))


def asked(fair: Fair | None = None, **lines: Any) -> Fair:
    """A market that has just reserved both legs of its one match."""
    fair = fair or Fair()
    fair.hear(fair.lines(GIVER, goods(**lines)), fair.lines(TAKER, order()))
    assert [type(request) for request in fair.next_round()] == [Reserve, Reserve]
    return fair


def proposed() -> Fair:
    fair = asked()
    fair.hear(fair.told(OFFER, LegState.HELD, 20), fair.told(NEED, LegState.HELD, 20))
    fair.hear(fair.told(OFFER, LegState.COMMITTED, 20), fair.told(NEED, LegState.COMMITTED, 20))
    return fair
