"""Who must answer next on a match, and what the demo's screen shows of it."""

import io
from typing import Any

import pytest
from rich.console import Console

from deploy.screen import Sight, screen
from sinks.queries.awaited import Spoke, awaits

GIVER, TAKER, HUB, THERE = "19.02.01.2001", "36.01.01.2003", "19.02", "36.01"
MATCH: dict[str, Any] = {
    "match_id": "AMBFGHIJ2345KLMN",
    "tier": 2,
    "from_coop": GIVER,
    "from_hub": HUB,
    "to_coop": TAKER,
    "to_hub": THERE,
    "quantity": 100,
    "unit": "EA",
    "commodity": "KELAPA",
    "to_commodity": "KOPRA",
    "to_quantity": 20,
    "to_unit": "KGM",
    "shipped_quantity": 0,
    "received_quantity": 0,
    "refused_quantity": 0,
    "price": 5_000,
    "leg_cost": 300,
    "leg_mode": "sea",
}
PROPOSED = Spoke("proposed", "lumbung")


@pytest.mark.parametrize(
    ("state", "more", "life", "waits"),
    [
        ("proposed", {}, [PROPOSED], f"accept {GIVER}, {TAKER}"),
        ("proposed", {}, [PROPOSED, Spoke("proposed", GIVER)], f"accept {TAKER}"),
        ("proposed", {}, [PROPOSED, Spoke("proposed", THERE)], f"accept {GIVER}"),
        (
            "proposed",
            {"to_hub": HUB},
            [PROPOSED, Spoke("proposed", HUB)],
            f"accept {GIVER}, {TAKER}",
        ),
        ("countered", {}, [PROPOSED, Spoke("countered", GIVER)], f"accept {TAKER}"),
        ("accepted", {}, [], f"ship {GIVER}"),
        ("shipped", {"shipped_quantity": 100}, [], f"receive {TAKER}"),
        ("shipped", {"shipped_quantity": 60}, [], f"ship {GIVER}, receive {TAKER}"),
        (
            "shipped",
            {"shipped_quantity": 60, "received_quantity": 50, "refused_quantity": 10},
            [],
            f"ship {GIVER}",
        ),
        ("received", {}, [], f"pay {TAKER}"),
        ("short", {"received_quantity": 5}, [], f"pay {TAKER}"),
        ("short", {}, [], ""),
        ("claimed", {}, [], f"pay {GIVER}"),
        ("paid", {}, [], ""),
        ("expired", {}, [], ""),
    ],
)
def test_whoever_must_answer_is_named(
    state: str, more: dict[str, Any], life: list[Spoke], waits: str
) -> None:
    assert awaits({**MATCH, "state": state, **more}, life) == waits


def shown(sight: Sight) -> str:
    out = io.StringIO()
    Console(file=out, width=140).print(screen(sight))
    return out.getvalue()


def test_the_screen_tells_matches_between_hubs_apart_and_what_goods_become() -> None:
    inside = {**MATCH, "tier": 1, "to_commodity": "KELAPA", "state": "proposed"}
    between = {**MATCH, "state": "shipped", "shipped_quantity": 100, "received_quantity": 15}
    lives = {(1, "proposed"): 7, (2, "shipped"): 3, (2, "no_show"): 1}
    said = shown(Sight(0, matches=[between, inside], lives=lives))
    assert "inside a hub  proposed 7\n" in said
    assert "between hubs  shipped 3  no show 1\n" in said
    first, second = said.split("newest matches between hubs")
    assert "newest matches inside a hub" in first
    assert "100 EA KELAPA → 20 KGM KOPRA" in second
    assert "→" not in first
    assert "shipped 100, received 15" in second
