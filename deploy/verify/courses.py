"""The course of a match between hubs, folded anew from what was done at both its ends.

Theory. A match is kept in the goods that its taker gets. What is done is carried out in the order
in which the market heard of it; each hub lets pass what it may, as far as it knows, so what comes
too late, because the other side was faster, changes nothing. Where a recipe lies between, what
leaves becomes what arrives in the proportion that both ends promised, rounded down over all that
has left, so that all of it becomes all that was agreed on. What left and came is counted at each
end, even by an act that changed nothing: goods moved. Refuses to know records; amounts are
millionths, prices whole rupiah.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from deploy.verify.lives import BECOMES, COUNTERS_MAX, GIVER, HOLDING, TAKER, Amounts
from deploy.verify.messages import Act
from deploy.verify.words import UNSAID

SIDES: Final[Mapping[str, str]] = {"offer": GIVER, "need": TAKER}
_AGREED: Final = frozenset({"accepted", "shipped"})


class Came(Enum):
    """What became of an act."""

    DONE = "carried out"
    REFUSED = "too late"
    NOTHING = "too little to be anything"


@dataclass(slots=True)
class Course:
    """A match so far; `offer` and `need` are what its ends promised, `granted` is `need`.

    `price` is UNSAID where nobody tells what it was at first. `grains` are what amounts given, and
    received, are multiples of where a recipe lies between. `gone` has left, or arrived, by end.
    """

    offer: int
    need: int
    price: int
    grains: tuple[int, int] = (1, 1)
    state: str = "proposed"
    quantity: int = 0
    yes: set[str] = field(default_factory=set)
    counters: int = 0
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0
    released: int = 0
    gone: dict[str, int] = field(default_factory=lambda: {"offer": 0, "need": 0})

    def __post_init__(self) -> None:
        self.quantity = self.need

    # -------------------------------------------------------------- amounts
    @property
    def under_way(self) -> int:
        """What has left and of which nobody has said what became of it."""
        return self.shipped - self.received - self.refused - self.lost

    @property
    def to_ship(self) -> int:
        """What was agreed on and neither left nor was given up."""
        return self.quantity - self.shipped - self.released

    @property
    def amounts(self) -> Amounts:
        """As a record tells them: in goods given up to what left, then in goods received."""
        left = self.gone["offer"]
        return Amounts(self.given(self.quantity), left, self.received, self.refused, self.lost)

    def given(self, taken: int) -> int:
        """How much is given for so much to arrive."""
        grain = self.grains[0]
        return -(-taken * self.offer // (self.need * grain)) * grain

    def taken(self, given: int) -> int:
        """How much arrives of so much given."""
        whole = given * self.need // self.offer
        return whole - whole % self.grains[1]

    def _arrives(self, gone: int) -> int:
        """How much arrives of all that has left; a grain rounded up to give it is no more."""
        whole = gone <= self.given(self.quantity)
        return min(self.taken(gone), self.quantity) if whole else self.taken(gone)

    def holds(self, side: str) -> int:
        """What a line still has to keep for it, in the goods of its end."""
        if self.state not in HOLDING:
            return 0
        if side == "need":
            whole = self.quantity if self.state in _AGREED else self.need
            return whole - self.received - self.refused - self.lost - self.released
        if self.state not in _AGREED:
            return self.offer
        given_up = self.released and not self.to_ship
        return 0 if given_up else self.given(self.quantity) - self.gone["offer"]

    # -------------------------------------------------------------- what is done
    def carry(self, act: Act, side: str) -> Came:
        """Carry out what was done at an end; what becomes of it."""
        quantity, before = act.quantity, self.gone[side]
        self.gone[side] += act.moved(side)
        if side == "offer" and act.action == "ship" and quantity:
            quantity = self._arrives(self.gone[side]) - self._arrives(before)
            if not quantity:
                return Came.NOTHING
        elif side == "offer" and quantity:
            quantity = self.taken(quantity - quantity % self.grains[0])
            if not quantity:
                return Came.NOTHING
        allowed = _ALLOWED.get(act.action)
        may = allowed is None or allowed(self, act, side, quantity)
        if (self.state, act.action, SIDES[side]) not in BECOMES or not may:
            return Came.REFUSED
        _CARRIED[act.action](self, act, side, quantity)
        return Came.DONE

    def pass_time(self, state: str) -> None:
        """The clock, or the market itself, brings it to a state."""
        if state == "short":
            self.lost += self.under_way
            self.released += self.to_ship
        elif state == "no_show":
            self.released = self.quantity
        self.state = state

    def settle(self) -> None:
        """Everything has arrived, was given up or lost: it comes to its end."""
        if not self.under_way and not self.to_ship:
            self.state = "received" if self.received == self.quantity else "short"


# ------------------------------------------------------------------ what may be done
def _may_accept(course: Course, act: Act, side: str, _: int) -> bool:
    asked = course.given(course.quantity) if side == "offer" else course.quantity
    terms = act.quantity == asked and course.price in (act.price, UNSAID)
    return terms and SIDES[side] not in course.yes


def _may_counter(course: Course, act: Act, side: str, quantity: int) -> bool:
    again = course.state == "countered" and SIDES[side] in course.yes
    asked = (quantity or course.quantity, act.price or course.price)
    news = asked != (course.quantity, course.price)
    return not again and news and asked[0] <= course.need and course.counters < COUNTERS_MAX


def _may_ship(course: Course, act: Act, side: str, quantity: int) -> bool:
    del act, side
    return 0 < quantity <= course.to_ship


def _may_receive(course: Course, act: Act, side: str, quantity: int) -> bool:
    del side
    arrived = quantity + act.refused
    return bool(arrived or act.final) and arrived <= course.under_way


def _may_cancel(course: Course, act: Act, side: str, quantity: int) -> bool:
    del side, quantity
    return bool(act.reason) and (course.state == "accepted" or course.to_ship > 0)


def _may_pay(course: Course, act: Act, side: str, quantity: int) -> bool:
    del act, side, quantity
    return course.received > 0


_ALLOWED: Final[Mapping[str, Callable[[Course, Act, str, int], bool]]] = {
    "accept": _may_accept,
    "counter": _may_counter,
    "ship": _may_ship,
    "receive": _may_receive,
    "cancel": _may_cancel,
    "pay": _may_pay,
}
"""What must hold beside that state and side allow it; `quantity` is in the goods received."""


# ------------------------------------------------------------------ what it does
def _accept(course: Course, act: Act, side: str, quantity: int) -> None:
    del act, quantity
    course.yes.add(SIDES[side])
    if course.yes == {GIVER, TAKER}:
        course.state = "accepted"


def _reject(course: Course, act: Act, side: str, quantity: int) -> None:
    del act, side, quantity
    course.state = "rejected"


def _counter(course: Course, act: Act, side: str, quantity: int) -> None:
    course.quantity, course.price = quantity or course.quantity, act.price or course.price
    course.counters += 1
    course.state, course.yes = "countered", {SIDES[side]}


def _ship(course: Course, act: Act, side: str, quantity: int) -> None:
    del act, side
    course.shipped += quantity
    course.state = "shipped"


def _receive(course: Course, act: Act, side: str, quantity: int) -> None:
    del side
    course.received += quantity
    course.refused += act.refused
    course.lost += course.under_way if act.final else 0
    course.settle()


def _cancel(course: Course, act: Act, side: str, quantity: int) -> None:
    del act, side, quantity
    course.released += course.to_ship
    if course.state == "accepted":
        course.state = "cancelled"
    else:
        course.settle()


def _pay(course: Course, act: Act, side: str, quantity: int) -> None:
    del act, quantity
    course.state = "paid" if side == "offer" else "claimed"


_CARRIED: Final[Mapping[str, Callable[[Course, Act, str, int], None]]] = {
    "accept": _accept,
    "reject": _reject,
    "counter": _counter,
    "ship": _ship,
    "receive": _receive,
    "cancel": _cancel,
    "pay": _pay,
}
