"""What people did to matches: the decisions that were carried out, folded in the order of the log.

Theory. A record of a match tells its steps and its amounts, but not which step moved what; the
decisions of the log do. Each one that was carried out is one step of its match by the same actor,
in the same order. So a life is folded anew from decisions and the clock's steps between them, and
must come to the states and amounts that the records show. What ships leaves the giver's position,
what is received comes to the taker's and fills its order, both at the decision's own time,
whoever decided. Refuses to know how much of it was there: `promises` does.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.verify.derived import EPOCH
from deploy.verify.findings import LIVES, Report, place
from deploy.verify.lives import BECOMES, HOLDING, LUMBUNG, PAYMENTS, Amounts
from deploy.verify.match_records import MatchRecord, name_of
from deploy.verify.matches import Matches
from deploy.verify.sayings import Saying
from deploy.verify.walk import Moment, Walk
from deploy.verify.words import MILLION, UNSAID, amount, price

_OPENED: Final = frozenset({"draft", "proposed", "countered"})
"""States in which somebody may look at a match and have it hold still."""
_AGREED: Final = frozenset({"accepted", "shipped"})


@dataclass(slots=True)
class Life:
    """A match so far, in millionths; `told` is its newest record, `at` how many steps are taken.

    `quantity` and `price` are UNSAID until somebody counters: what a tick made is in the records.
    """

    told: MatchRecord
    at: int = 1
    state: str = "proposed"
    quantity: int = UNSAID
    price: int = UNSAID
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0
    released: int = 0
    astray: bool = False

    @property
    def agreed(self) -> int:
        """What it is about: what was countered, or what its records say throughout."""
        return self.told.micro if self.quantity == UNSAID else self.quantity

    @property
    def amounts(self) -> Amounts:
        """As a record tells them."""
        return Amounts(self.agreed, self.shipped, self.received, self.refused, self.lost)

    @property
    def under_way(self) -> int:
        """What has left and of which nobody has said what became of it."""
        return self.shipped - self.received - self.refused - self.lost

    @property
    def to_ship(self) -> int:
        """What was agreed on and neither left nor was given up."""
        return self.agreed - self.shipped - self.released

    @property
    def settled(self) -> str:
        """The state that the amounts of a match under way lead to."""
        if self.under_way or self.to_ship:
            return "shipped"
        return "received" if self.received == self.agreed else "short"

    def takes(self, side: str, granted: int) -> int:
        """What it keeps from others of a line of which a tick granted so much."""
        if self.state not in HOLDING:
            return 0
        if side == "offer":
            return self.to_ship if self.state in _AGREED else granted
        agreed = granted if self.quantity == UNSAID else self.quantity
        return agreed - self.received - self.refused - self.lost - self.released


class Deeds:
    """The decisions of one partition against the lives of its matches."""

    def __init__(self, matches: Matches, events: str, partition: int, report: Report) -> None:
        self._matches, self._report = matches, report
        self._events, self._partition = events, partition
        self._lives: dict[str, Life] = {}

    def folded(self, walk: Walk, now: Moment) -> None:
        """A record was folded; if it was a decision, its match and its goods follow."""
        if now.did is None:
            return
        self._report.held(LIVES)
        said, life = now.did, self._life(str(now.did.data["match"]))
        if life is None:
            what = f"{said.id} decided on a match that nobody tells of"
            self._report.breach(LIVES, what, self._name(now), found=said.data["match"])
            return
        if said.data["decision"] == "open":
            self._looked_at(walk, life, now)
            return
        _move(walk, said, life.told)
        wrong = self._follow(walk, said, life)
        if wrong and not life.astray:
            life.astray = True  # what comes after can only be wrong as well
            places = (self._matches.place(life.told), self._name(now))
            self._breach(life, f"{said.id} {wrong}", *places)
        self._shown(life, now)

    def settle(self) -> None:
        """At the end of the log nothing of any life may be left untold."""
        for name in self._matches.lives:
            life = self._life(name)
            if life is not None and not life.astray:
                self._end(life)

    def takes(self, side: str, said: MatchRecord) -> int:
        """What a match keeps from others of its offer or its need, as of now, in millionths."""
        life = self._lives.get(said.match_id)
        if life is not None:
            return life.takes(side, said.held if life.state == "countered" else said.micro)
        return said.micro if said.state in HOLDING else 0

    def given(self) -> dict[str, int]:
        """What matches keep of each offer, as of now, in millionths."""
        found: dict[str, int] = defaultdict(int)
        for said in self._matches.newest():
            if said.state in HOLDING:
                found[said.offer] += self.takes("offer", said)
        return found

    def brought(self) -> dict[tuple[str, str], int]:
        """What matches are to bring each need of some goods, as of now, in millionths."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for said in self._matches.newest():
            if said.state in HOLDING:
                found[said.need, said.commodity] += self.takes("need", said)
        return found

    def _life(self, match: str) -> Life | None:
        """A match so far; None for one that no record of this partition tells of."""
        life = self._lives.get(match)
        if life is None and match in self._matches.lives:
            newest = next(reversed(self._matches.lives[match].values()))
            life = self._lives[match] = Life(newest, state=newest.history[0].state)
        return life

    # -------------------------------------------------------------- one life
    def _follow(self, walk: Walk, said: Saying, life: Life) -> str:
        """Fold a decision; what is wrong with it in words, "" when nothing is."""
        _by_itself(life)
        if life.at >= len(life.told.history):
            return f"was carried out and is no step of {name_of(life.told)}"
        step, kind = life.told.history[life.at], str(said.data["decision"])
        expected = (said.actor, walk.as_of_ms, said.data["reason"] or kind)
        if (step.actor, step.at_ms, step.reason) != expected:
            found = (step.actor, step.at_ms, step.reason)
            what = f"was carried out and is not the next step of {name_of(life.told)}"
            return f"{what}: {expected}, {found}"
        sides = life.told.parties.sides(said.actor)
        reached = {to for side in sides for to in BECOMES.get((life.state, kind, side), ())}
        wrong = _DEEDS[kind](life, said) if kind in _DEEDS else ""
        if not reached:
            wrong = f"does what nobody may who is {said.actor}: {kind} what is {life.state}"
        if "shipped" in reached:
            reached = {life.settled}
        if not wrong and step.state not in reached:
            wrong = f"made it {step.state} by {kind}, which leads to {sorted(reached)}"
        life.state, life.at = step.state, life.at + 1
        return wrong and f"{wrong}, in {name_of(life.told)}"

    def _looked_at(self, walk: Walk, life: Life, now: Moment) -> None:
        """Whoever opens a match is no step of its life; its record tells when that was."""
        match = life.told.match_id
        by_then = [s.state for s in life.told.history[life.at - 1 :] if s.at_ms <= walk.as_of_ms]
        if not _OPENED.intersection(by_then):
            self._breach(
                life, f"{name_of(life.told)} was looked at after it was agreed on, or over"
            )
        versions = self._matches.lives[match].items()
        said = next((one for version, one in versions if version % EPOCH == now.version), None)
        if said is not None and said.opened_ms != walk.as_of_ms:
            what = f"{name_of(said)} does not say that it was looked at"
            places = (self._matches.place(said), self._name(now))
            self._breach(life, what, *places, expected=walk.as_of_ms, found=said.opened_ms)

    def _shown(self, life: Life, now: Moment) -> None:
        """The record that a decision led to shows what it came to."""
        versions = self._matches.lives[life.told.match_id].items()
        said = next((one for version, one in versions if version % EPOCH == now.version), None)
        if said is None or life.astray or len(said.history) != life.at:
            return
        held = said.held if life.state == "countered" else self.takes("offer", said)
        expected = (life.state, *life.amounts[1:], PAYMENTS.get(life.state, "none"), held)
        found = (said.state, *said.amounts[1:], said.payment, said.held)
        if found != expected:
            life.astray = True
            what = f"{name_of(said)} is not what its decisions lead to"
            places = (self._matches.place(said), self._name(now))
            self._breach(life, what, *places, expected=expected, found=found)

    def _end(self, life: Life) -> None:
        _by_itself(life)
        told = life.told
        if life.at < len(told.history):
            step = told.history[life.at]
            what = f"{name_of(told)} took a step that nobody decided on"
            self._breach(life, what, found=(step.state, step.actor))
        elif life.amounts != told.amounts:
            what = f"{name_of(told)} is not what its decisions lead to"
            self._breach(life, what, expected=life.amounts, found=told.amounts)
        elif life.state == "shipped" and told.held_quantity and told.held != life.to_ship:
            what = f"{name_of(told)} holds other goods than what is left to ship"
            self._breach(life, what, expected=life.to_ship, found=told.held)
        elif life.price not in (UNSAID, told.price):
            what = f"{name_of(told)} has another price than was said last"
            self._breach(life, what, expected=life.price, found=told.price)

    # -------------------------------------------------------------- words
    def _name(self, now: Moment) -> str:
        return place(self._events, self._partition, now.version - 1)

    def _breach(
        self, life: Life, what: str, *places: str, expected: object = "", found: object = ""
    ) -> None:
        where = places or (self._matches.place(life.told),)
        self._report.breach(LIVES, what, *where, expected=expected, found=found)


def _move(walk: Walk, said: Saying, match: MatchRecord) -> None:
    """Goods move by a decision; they are the parties', even when a hub decides for them."""
    quantity = amount_of(said, "quantity")
    if quantity and said.data["decision"] == "ship":
        goods = (match.commodity, match.grade, match.lot)
        walk.book(match.from_coop).move(said, goods, -quantity)
    elif quantity and said.data["decision"] == "receive":
        book = walk.book(match.to_coop)
        book.move(said, (match.to_commodity, match.grade, ""), quantity)
        number = match.need.partition("|")[2]
        if number in book.asked:
            book.fill(number, match.to_commodity, quantity)


def _by_itself(life: Life) -> None:
    """Fold the steps that nobody decides on: by tick, or by a report that took goods away."""
    steps = life.told.history
    while life.at < len(steps):
        step = steps[life.at]
        if step.actor != LUMBUNG and step.state != "superseded":
            return
        if step.state == "short":  # closed: what is under way is lost, what has not left stays
            life.lost += life.under_way
            life.released += life.to_ship
        life.state, life.at = step.state, life.at + 1


# ------------------------------------------------------------------ what decisions do
def _counter(life: Life, said: Saying) -> str:
    life.quantity = amount_of(said, "quantity") or life.quantity
    asked = price(said.data["price"]) or UNSAID
    life.price = life.price if asked == UNSAID else asked
    return ""


def _ship(life: Life, said: Saying) -> str:
    quantity, most = amount_of(said, "quantity"), life.to_ship
    life.shipped += quantity
    if not quantity:
        return "ships nothing"
    return f"ships {quantity} of {most} that are left to ship" if quantity > most else ""


def _receive(life: Life, said: Saying) -> str:
    sound, refused, way = amount_of(said, "quantity"), amount_of(said, "refused"), life.under_way
    arrived, final = sound + refused, bool(said.data["final"])
    life.received += sound
    life.refused += refused
    life.lost += max(0, way - arrived) if final else 0
    if not arrived and not final:
        return "receives nothing"
    return f"receives {arrived} of {way} that are under way" if arrived > way else ""


def _cancel(life: Life, said: Saying) -> str:
    left = life.to_ship
    life.released += left
    if not said.data["reason"]:
        return "cancels without a reason"
    return "" if left else "cancels what has left already"


def _pay(life: Life, _: Saying) -> str:
    return "" if life.received else "pays for nothing"


_DEEDS: Final[Mapping[str, Callable[[Life, Saying], str]]] = {
    "counter": _counter,
    "ship": _ship,
    "receive": _receive,
    "cancel": _cancel,
    "pay": _pay,
}
"""What a decision does to the amounts; what is wrong with it in words."""


def amount_of(said: Saying, name: str) -> int:
    """A quantity of a decision, in millionths; nothing said is nothing."""
    return amount(said.data[name], MILLION, 0) or 0 if said.data[name] else 0
