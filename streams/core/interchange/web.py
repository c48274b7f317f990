"""The network of a round: nodes, arcs, gains and shared rooms, as columns of integers.

Decides the form that weaving makes, solvers solve, proofs prove and parcels are read from. Refuses
to know what a node stands for.

Nodes are numbered offers first, then needs, then the rest. A unit that enters an arc leaves it as
`gain_up / gain_down` units, which is 1 everywhere but where a process turns one commodity into
another. Worth is rupiah per unit that enters,
`grams` what a base unit weighs on a leg. Networks have no rings: goods move from offers over
hubs to needs.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from streams.core.lines import BoolArray, IntArray

PLAIN: Final = -1
"""The tag of an arc that is neither a leg (its number) nor a process (-2 - its number)."""
UNLIMITED: Final = 1 << 62


class Bundle(NamedTuple):
    """Arcs that share a room: the sum of flow x weight is at most `room`."""

    arcs: tuple[int, ...]
    weights: tuple[int, ...]
    room: int


@dataclass(frozen=True, slots=True)
class Web:
    """`supply` per offer and `demand` per need, micro; the other columns per arc."""

    supply: IntArray
    demand: IntArray
    nodes: int
    tail: IntArray
    head: IntArray
    worth: IntArray
    room: IntArray
    tag: IntArray
    grams: IntArray
    gain_up: IntArray
    gain_down: IntArray
    bundles: tuple[Bundle, ...] = ()

    @property
    def first_need(self) -> int:
        """The node of the first need."""
        return len(self.supply)

    @property
    def first_hub(self) -> int:
        """The node after the last need."""
        return len(self.supply) + len(self.demand)

    @property
    def gains(self) -> BoolArray:
        """Which arcs change the amount."""
        found: BoolArray = self.gain_up != self.gain_down
        return found


@dataclass(slots=True)
class Loom:
    """Arcs as they are woven, many at a time."""

    nodes: int
    _tails: list[IntArray] = field(default_factory=list)
    _heads: list[IntArray] = field(default_factory=list)
    _worths: list[IntArray] = field(default_factory=list)
    _rooms: list[IntArray] = field(default_factory=list)
    _tags: list[IntArray] = field(default_factory=list)
    _grams: list[IntArray] = field(default_factory=list)
    _gains: list[tuple[int, int, int]] = field(default_factory=list)
    arcs: int = 0

    def new_nodes(self, count: int) -> int:
        """Give the number of the first of some new nodes."""
        first = self.nodes
        self.nodes += count
        return first

    def lay(
        self,
        ends: tuple[IntArray, IntArray],
        worth: IntArray | int = 0,
        *,
        room: IntArray | int = UNLIMITED,
        tag: IntArray | int = PLAIN,
        grams: int = 0,
    ) -> int:
        """Add arcs from tails to heads; give the number of the first."""
        tail, head = ends
        first, count = self.arcs, len(tail)
        for column, values in (
            (self._tails, tail),
            (self._heads, head),
            (self._worths, worth),
            (self._rooms, room),
            (self._tags, tag),
            (self._grams, grams),
        ):
            column.append(np.broadcast_to(np.asarray(values, np.int64), (count,)))
        self.arcs += count
        return first

    def gain(self, arc: int, up: int, down: int) -> None:
        """Make an arc give `up` for every `down`."""
        self._gains.append((arc, up, down))

    def done(self, supply: IntArray, demand: IntArray, bundles: tuple[Bundle, ...] = ()) -> Web:
        """Give the whole network."""
        up, down = np.ones(self.arcs, np.int64), np.ones(self.arcs, np.int64)
        for arc, above, below in self._gains:
            up[arc], down[arc] = above, below

        def whole(parts: list[IntArray]) -> IntArray:
            return np.concatenate(parts) if parts else np.zeros(0, np.int64)

        return Web(
            supply=supply,
            demand=demand,
            nodes=self.nodes,
            tail=whole(self._tails),
            head=whole(self._heads),
            worth=whole(self._worths),
            room=whole(self._rooms),
            tag=whole(self._tags),
            grams=whole(self._grams),
            gain_up=up,
            gain_down=down,
            bundles=bundles,
        )
