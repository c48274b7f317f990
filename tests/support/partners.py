"""What partners say of coconuts and gas at a village, and what a hub makes of it."""

import json
from dataclasses import dataclass, field
from typing import Any

from streams.core.effects import Effects
from tests.support.core_desk import Desk
from tests.support.core_logs import DAY, HUB, NOON, B, Saying, counted, day, placed, report, said

FIRST, LAST = day(NOON), day(NOON + 9 * DAY)


@dataclass
class Hub(Desk):
    """A desk that keeps what the market was told last, by key."""

    told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, effects: Effects) -> None:
        super().take(effects)
        for _, _, rows in effects.away:
            self.told |= {key.decode(): json.loads(value)["data"] for key, value in rows}


def contract(
    tag: str, direction: str, quantity: int, at: int = NOON, *, n: int = 1, **more: Any
) -> Saying:
    """What a partner says of coconuts at the village B, by the desk of the hub."""
    actor = more.pop("actor", HUB)
    body = {"contract": tag, "direction": direction, "site": B, "commodity": "KELAPA"}
    body |= {"quantity": str(quantity), "unit": "BUTIR", "since": FIRST, "until": LAST}
    return said("contract", (actor, "mitra", n), body | more, at)


def supply(tag: str, quantity: int, at: int = NOON, **more: Any) -> Saying:
    return contract(tag, "supply", quantity, at, **more)


def buy(tag: str, quantity: int, at: int = NOON, **more: Any) -> Saying:
    return contract(tag, "buy", quantity, at, **more)


def lpg(tag: str, quantity: int, **more: Any) -> Saying:
    return supply(tag, quantity, commodity="LPG-3KG", unit="TABUNG", price="16000", **more)


def wants(coop: str, order: str, quantity: int, n: int = 1, **more: Any) -> Saying:
    return report(coop, n, placed(order, quantity, ceiling_price="9000", **more))


def wants_lpg(coop: str, n: int = 1) -> Saying:
    order = placed("PO-1", 10, "LPG-3KG", unit="TABUNG", ceiling_price="19000")
    return report(coop, n, order)


def has(coop: str, quantity: int, n: int = 1, **more: Any) -> Saying:
    return report(coop, n, counted(quantity, floor_price="5000", **more))


def proposed(desk: Hub) -> list[tuple[str, str, str, str]]:
    """Offer, need, quantity and partner of what stands."""
    shown = [m for m in desk.matches().values() if m["state"] in ("draft", "proposed")]
    return sorted((m["offer"], m["need"], m["quantity"], m.get("partner", "")) for m in shown)


def left(desk: Hub, family: str = "KELAPA") -> dict[str, Any]:
    """What the market was told last of a family."""
    return desk.told.get(f"{HUB}|{family}", {})
