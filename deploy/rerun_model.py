"""A round as its second judge sees it: lines, ways, rooms and what was told, all plain integers.

Decides the shape and the arithmetic of one way. Refuses to know how a round was posed, where its
answer comes from, and which solver looks at it.

Quantities are micro base units, money micro rupiah, prices whole rupiah per base unit.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.core.lines import NeedLine, OfferLine, Priority


class Ride(NamedTuple):
    """What a way takes of a room: so much per micro given, so much per micro received."""

    room: Hashable
    per_given: int
    per_received: int


class Way(NamedTuple):
    """One way between two lines; `up` given for every `down` received.

    `gain` is rupiah per base unit received, `loss` per base unit given; `money_gain` and
    `money_loss` are the same without the bonuses that only steer.
    """

    key: Hashable
    gain: int
    loss: int
    money_gain: int
    money_loss: int
    up: int = 1
    down: int = 1
    rides: tuple[Ride, ...] = ()

    def takes(self, quantity: int) -> int:
        """The least that is given for so much received."""
        return -(-quantity * self.up // self.down)

    def worth(self, given: int, quantity: int) -> int:
        """What a trip counts, bonuses included."""
        return quantity * self.gain - given * self.loss

    def money(self, given: int, quantity: int) -> int:
        """What a trip is worth in money alone."""
        return quantity * self.money_gain - given * self.money_loss

    @property
    def rate(self) -> int:
        """Worth of `down` base units received."""
        return self.down * self.gain - self.up * self.loss

    @property
    def pays(self) -> bool:
        """Whether it brings no loss of money, whatever the bonuses say."""
        return self.down * self.money_gain >= self.up * self.money_loss

    def weight(self, ride: Ride) -> int:
        """What `down` received take of a room."""
        return ride.per_given * self.up + ride.per_received * self.down


class Trip(NamedTuple):
    """What was told: so much of an offer reaches a need by a way."""

    offer: str
    need: str
    given: int
    quantity: int
    way: Hashable


WaysOf = Callable[[OfferLine, NeedLine], Iterable[Way]]
"""Every way that grades, dates and rules allow; those that do not pay among them."""


@dataclass(frozen=True, slots=True)
class Part:
    """Goods that are solved together, and what was told of them.

    `phases` are priorities in the order in which they are served. `steps` says to which multiple
    a room is rounded down between phases. `loose`: goods are made, or share rooms, and rounded to
    `grains` (commodity -> micro; 1 where absent), so that less than a grain of each line, and less
    than a rupiah, decides nothing. `tenths` are those of the orders that are cut: micro that fit,
    and rupiah per base unit that they count more.
    """

    offers: Sequence[OfferLine]
    needs: Sequence[NeedLine]
    ways: WaysOf
    phases: Sequence[tuple[Priority, ...]]
    trips: Sequence[Trip]
    rooms: Mapping[Hashable, int]
    steps: Mapping[Hashable, int]
    loose: bool = False
    grains: Mapping[str, int] = field(default_factory=dict)
    tenths: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)


class Column(NamedTuple):
    """A way between an offer and a need, by their places."""

    offer: int
    need: int
    way: Way


@dataclass(frozen=True, slots=True)
class Programme:
    """One phase to be solved anew; `lots` are the least that a pair may carry, if anything.

    `tenths` are those of the needs that are cut, by their places.
    """

    supply: Sequence[int]
    demand: Sequence[int]
    rooms: Mapping[Hashable, int]
    columns: Sequence[Column]
    lots: Mapping[tuple[int, int], int]
    tenths: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)

    @property
    def is_plain(self) -> bool:
        """Whether nothing is made on the way and no room is shared."""
        return not any(c.way.rides or c.way.up != c.way.down for c in self.columns)
