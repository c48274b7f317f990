"""Prices in interleavings: whoever dies and whatever is late, hubs end up with the newest."""

from collections.abc import Iterable, Sequence
from typing import Any

from streams.core.interchange.hub_prices import HEEDED_MS
from streams.core.interchange.market_lines import rest_of
from streams.core.interchange.market_round import Problem
from streams.core.interchange.outlook import Quote, Quotes, Step
from streams.core.interchange.terms import Shipment
from tests.protocol.audit import law


def priced(problem: Problem, shipments: Sequence[Shipment]) -> Quotes:
    """The best that lines of other hubs would pay, and the least that they ask."""
    offers, needs = rest_of(problem.offers, problem.needs, shipments)
    found: dict[str, dict[tuple[str, str], Quote]] = {}
    for hub in problem.hubs:
        paid = max((need.ceiling for need in needs if need.hub != hub), default=0)
        asked = min((offer.floor for offer in offers if offer.hub != hub), default=0)
        sell, buy = ((Step(0, idr),) if idr else () for idr in (paid, asked))
        found[hub] = {(problem.family, "A"): Quote(sell, buy)}
    return found


def heard_once(stall: Any, said: Any) -> None:
    """After prices are heard: what is held is no older, and only the newest changes anything."""
    name = f"{said.hub}|{said.family}"
    held, known = stall.side.heard[name], stall.newest.get(name, 0)
    law(held.said >= said.version and held.said >= known, "older prices win", held, said)
    if said.version <= known:
        law(stall.prices.get(name) == held.told, "prices heard twice", held, said)
    stall.newest[name], stall.prices[name] = held.said, held.told


def agree(stalls: Iterable[Any], bazaars: Iterable[Any]) -> None:
    """At rest every hub holds what the market told it last, or has let go of it for its age."""
    heard = {name: (stall, one) for stall in stalls for name, one in stall.side.heard.items()}
    for bazaar in bazaars:
        for name, told in bazaar.side.store.prices.items():
            stall, held = heard.get(name, (None, None))
            law(held is not None and held.said == told.version, "prices not heard", name, told)
            old = stall is not None and stall.as_of_ms - told.at_ms > HEEDED_MS
            goods = held.told[-1:] if held is not None else ()
            law(goods == (told.goods,) or (old and not goods), "other prices", name, told, held)
