"""Decides who must answer next on a match, as its row and its life so far tell.

Refuses to know mandates: a hub that said yes inside itself may have spoken for either side, so
both are still named. Whether an answer is allowed, the hub worker says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from sinks.queries.shown import Shown, view

_HISTORY: Final = view("v_match_history", "match_id", "step", "state", "actor")
_OPEN: Final = ("proposed", "countered")
_AT_ONCE: Final = 500


class Spoke(NamedTuple):
    """One step of a life: the state after it, and who brought it about."""

    state: str
    actor: str


def awaits(match: Mapping[str, Any], life: Sequence[Spoke]) -> str:
    """Give what is waited for and from whom: "accept 19.02.01.2001"; "" when it is over."""
    giver, taker = str(match["from_coop"]), str(match["to_coop"])
    state = match["state"]
    if state == "draft":  # asked whether the goods are there: any newer word of them answers
        return f"count {giver}" if match["asked_at"] else ""
    if state == "proposed":
        return f"accept {', '.join(_silent(match, life[1:]))}"
    if state == "countered":
        return f"accept {', '.join(_silent(match, life[-1:]))}"
    if state == "shipped":
        return ", ".join(_under_way(match, giver, taker))
    if state == "short" and not match["received_quantity"]:
        return ""
    waited = {
        "accepted": f"ship {giver}",
        "received": f"pay {taker}",
        "short": f"pay {taker}",
        "claimed": f"pay {giver}",
    }
    return waited.get(state, "")


def _silent(match: Mapping[str, Any], said: Iterable[Spoke]) -> list[str]:
    """The parties of whom none of these steps is the word, nor surely their hub's."""
    actors = {each.actor for each in said}
    apart = match["from_hub"] != match["to_hub"]
    sides = (("from_coop", "from_hub"), ("to_coop", "to_hub"))
    return [
        str(match[coop])
        for coop, hub in sides
        if match[coop] not in actors and not (apart and match[hub] in actors)
    ]


def _under_way(match: Mapping[str, Any], giver: str, taker: str) -> list[str]:
    settled = match["received_quantity"] + match["refused_quantity"]
    found = [f"ship {giver}"] if match["shipped_quantity"] < match["quantity"] else []
    if match["shipped_quantity"] > settled or not found:
        found.append(f"receive {taker}")
    return found


def lives(connection: Connection, names: Sequence[str]) -> dict[str, list[Spoke]]:
    """Give the lives of matches, by match id, step by step."""
    found: dict[str, list[Spoke]] = defaultdict(list)
    of = _HISTORY.c
    for at in range(0, len(names), _AT_ONCE):
        asked = select(of.match_id, of.state, of.actor).where(
            of.match_id.in_(names[at : at + _AT_ONCE])
        )
        for name, state, actor in connection.execute(asked.order_by(of.match_id, of.step)):
            found[name].append(Spoke(str(state), str(actor)))
    return found


def with_awaited(connection: Connection, matches: list[Shown]) -> list[Shown]:
    """Give rows of v_match with a column `awaits` behind the others."""
    open_ = [str(row["match_id"]) for row in matches if row["state"] in _OPEN]
    known = lives(connection, open_)
    return [{**row, "awaits": awaits(row, known.get(row["match_id"], []))} for row in matches]
