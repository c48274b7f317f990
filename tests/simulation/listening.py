"""A market that only listens: whether it asks again for what it was told, and did not hear.

The fold is the real one; no round ever begins in it, for most partitions of hubs are silent.
"""

from collections.abc import Sequence
from typing import Any

from schemas.market import Residual, Retell, read
from streams.core.interchange.market_round import Policy, Problem
from streams.core.interchange.market_side import MarketSide
from streams.core.interchange.terms import Interchange
from tests.simulation.craft import HOME, PARTITIONS


def asks(values: Sequence[bytes], lost: int = -1) -> bool:
    """True when the family's partition asks for leftovers anew; word `lost` it never heard."""
    side = MarketSide(_nothing, Policy(PARTITIONS), number=HOME)
    for offset, value in enumerate(values):
        heard: Any = read(value)
        if offset != lost:
            side.hear(offset, heard)
    _, asked, _ = side.drain()
    return any(isinstance(one.request, Retell) for one in asked)


def last_left(values: Sequence[bytes]) -> int:
    """Which word was the last that told of leftovers; -1 for none."""
    left = [at for at, value in enumerate(values) if isinstance(read(value), Residual)]
    return left[-1] if left else -1


def _nothing(_problem: Problem) -> Interchange:
    raise AssertionError("a round began while most partitions were silent")
