"""What hubs spare in interleavings: whoever dies and whatever is late, the newest word is held."""

from collections.abc import Iterable
from typing import Any

from streams.core.interchange.hub_outlook import HEEDED_MS
from tests.protocol.audit import law

INSIDE_EACH = 3
"""A hub that matches inside takes one in so many units for that, of what it does not spare."""


def inside(free: int, spared: int) -> int:
    """What of a line a hub matches inside."""
    return max(0, free - spared) // INSIDE_EACH


def heard_once(stall: Any, said: Any) -> None:
    """After a word is heard: what is held is no older, and only the newest changes anything."""
    name = f"{said.hub}|{said.family}"
    held, known = stall.side.heard[name], stall.newest.get(name, 0)
    law(held.said >= said.version and held.said >= known, "an older outlook wins", held, said)
    if said.version <= known:
        law(stall.spared.get(name) == held.spared, "an outlook heard twice", held, said)
    stall.newest[name], stall.spared[name] = held.said, held.spared


def agree(stalls: Iterable[Any], bazaars: Iterable[Any]) -> None:
    """At rest every hub holds what the market told it last, or has let go of it for its age."""
    heard = {name: (stall, one) for stall in stalls for name, one in stall.side.heard.items()}
    for bazaar in bazaars:
        for name, told in bazaar.side.store.outlooks.items():
            stall, held = heard.get(name, (None, None))
            law(held is not None and held.said == told.version, "not heard", name, told)
            old = stall is not None and stall.as_of_ms - told.at_ms > HEEDED_MS
            spared = () if held is None else held.spared
            law(spared == told.spared or (old and not spared), "another outlook", name, told)
