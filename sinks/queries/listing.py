"""Decides what `get` shows of the warehouse: which view, which filters it takes, in which order.

Filters that a listing has no column for are refused, not ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TableClause,
    UnaryExpression,
    and_,
    case,
    func,
    or_,
    select,
    true,
)

from sinks.queries.awaited import with_awaited
from sinks.queries.shown import Shown, everything, rows, view
from sinks.rows import HeardRow
from sinks.tables import COOPERATIVE, HUB, TABLES

LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Filters:
    """What to show; empty (0) means all.

    `state` is that of a match or order, or a letter's reason; `tier` 1 is inside a hub, 2 between.
    """

    hub: str = ""
    commodity: str = ""
    state: str = ""
    coop: str = ""
    horizon: str = ""
    tier: int = 0
    limit: int = LIMIT


class UnknownFilter(ValueError):
    """A listing has no such column."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One thing to get: its view, the columns behind each filter (any of them), its order.

    Of `positive` columns one must be above 0. A minus before a column of the order: highest first.
    """

    view: str
    filters: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    positive: tuple[str, ...] = ()


_PLACE: Final = {"hub": ("hub",), "commodity": ("commodity",)}
_COOP: Final = {"coop": ("coop",)}
LISTINGS: Final[Mapping[str, Listing]] = {
    "coops": Listing("v_cooperative", {"hub": ("hub",), **_COOP}, ("-last_report_at", "coop")),
    "demand": Listing(
        "v_hub_demand",
        {**_PLACE, "horizon": ("horizon",)},
        ("hub", "commodity", "grade", "market", "horizon"),
        positive=("demand",),
    ),
    "supply": Listing(
        "v_hub_demand",
        {**_PLACE, "horizon": ("horizon",)},
        ("hub", "commodity", "grade", "market", "horizon"),
        positive=("supply", "planned"),
    ),
    "positions": Listing("v_position", _PLACE | _COOP, ("coop", "commodity", "grade", "lot")),
    "orders": Listing(
        "v_order", _PLACE | _COOP | {"state": ("state",)}, ("needed_by", "order_id")
    ),
    "matches": Listing(
        "v_match",
        {
            "hub": ("from_hub", "to_hub"),
            "commodity": ("commodity", "to_commodity"),
            "coop": ("from_coop", "to_coop"),
            "state": ("state",),
            "tier": ("tier",),
        },
        ("-version", "match_id"),
    ),
    "unmatched": Listing("v_why_not", _PLACE | _COOP | {"state": ("reason",)}, ("hub", "line")),
    "deadletters": Listing(
        "v_dead_letter", {**_COOP, "state": ("reason",)}, ("-recorded_at", "identity")
    ),
}
NAMES: Final = ("hubs", *LISTINGS)


def get(connection: Connection, name: str, filters: Filters | None = None) -> list[Shown]:
    """List one of `NAMES`; UnknownFilter when a filter does not apply to it."""
    wanted = filters or Filters()
    if name == "hubs":
        return hubs(connection, wanted)
    listing = LISTINGS[name]
    said = _said(wanted)
    of = view(listing.view, *_columns(listing))
    tests: list[ColumnElement[bool]] = []
    for filter_name, value in said.items():
        if filter_name not in listing.filters:
            raise UnknownFilter(f"{name} cannot be chosen by {filter_name}")
        tests.append(or_(*(of.c[each] == value for each in listing.filters[filter_name])))
    if listing.positive:
        tests.append(or_(*(of.c[each] > 0 for each in listing.positive)))
    asked = everything(of).where(and_(true(), *tests)).order_by(*_order(of, listing))
    found = rows(connection, asked.limit(wanted.limit))
    return with_awaited(connection, found) if name == "matches" else found


def hubs(connection: Connection, filters: Filters) -> list[Shown]:
    """List hubs with how many of their co-ops have spoken, and when the last one did (ms)."""
    for name in _said(filters):
        if name != "hub":
            raise UnknownFilter(f"hubs cannot be chosen by {name}")
    heard, coops = TABLES[HeardRow], COOPERATIVE
    asked: Select[Any] = (
        select(
            HUB,
            func.count(coops.c.coop).label("coops"),
            func.count(heard.c.coop).label("coops_heard"),
            func.max(heard.c.occurred_ms).label("last_report_ms"),
        )
        .select_from(HUB.outerjoin(coops, coops.c.hub == HUB.c.hub))
        .outerjoin(heard, heard.c.coop == coops.c.coop)
        .group_by(*HUB.c)
        .order_by(func.count(heard.c.coop).desc(), HUB.c.hub)
        .limit(filters.limit)
    )
    return rows(connection, asked.where(HUB.c.hub == filters.hub) if filters.hub else asked)


def dead_letter(connection: Connection, identity: str) -> Shown | None:
    """Give one dead letter by its identity; `payload` are its original bytes."""
    of = view("v_dead_letter", "identity")
    found = connection.execute(everything(of).where(of.c.identity == identity)).mappings().first()
    return None if found is None else {**found, "payload": bytes(found["payload"])}


def last_reports(connection: Connection) -> dict[str, int]:
    """When each hub was last heard of, in ms by the co-ops' clocks; silent hubs are not there."""
    heard = TABLES[HeardRow].c
    asked = select(heard.hub, func.max(heard.occurred_ms)).group_by(heard.hub)
    return {str(hub): int(ms) for hub, ms in connection.execute(asked)}


def _said(filters: Filters) -> dict[str, str | int]:
    return {
        each.name: getattr(filters, each.name)
        for each in fields(filters)
        if each.name != "limit" and getattr(filters, each.name)
    }


def _columns(listing: Listing) -> set[str]:
    filtered = {each for columns in listing.filters.values() for each in columns}
    return filtered | {each.lstrip("-") for each in listing.order} | set(listing.positive)


def _order(of: TableClause, listing: Listing) -> list[UnaryExpression[Any] | ColumnElement[Any]]:
    order: list[UnaryExpression[Any] | ColumnElement[Any]] = []
    for each in listing.order:
        column = of.c[each.lstrip("-")]
        # SQLite puts NULL first, PostgreSQL last: here it is last.
        order.append(case((column.is_(None), 1), else_=0))
        order.append(column.desc() if each.startswith("-") else column.asc())
    return order
