"""A matching problem in a file: its form, its defaults, and what is wrong with one.

Decides the fields of PROBLEM.json and that an unknown field, a doubled key or a vague number is an
error that names its place. Refuses to know commodities, units and how a problem is solved
(`streams.core.answer` brings them together).

    {"now": "2026-11-22T07:00:00+07:00",
     "offers": [{"line", "coop", "hub", "commodity", "grade", "quantity", "unit", "floor_price",
                 "expires_on", "min_lot", "contract", "asks", "holds"}],
     "needs": [{"line", "coop", "hub", "commodity", "grades" or "grade", "quantity", "unit",
                "ceiling_price", "needed_by", "priority", "market", "min_lot", "contract",
                "asks", "holds"}],
     "legs": [{"from", "to", "cost_per_kg", "days", "mode", "capacity_kg", "departs_on",
               "estimated"}],
     "local_leg": {"cost_per_kg", "days"} or the cost alone,
     "recipes": [{"recipe" of the catalogue, or "input", "output", "yield"; "hub", "cost", "days",
                  "capacity", "grade", "shelf_days"}],
     "options": {"bonuses", "keep": [[offer, need]], "finished": [{"offer", "need", "n"}],
                 "held_back": [[offer, need]], "network", "pooling", "local_percent",
                 "permits": [{"commodity", "coops"}], "return_percent", "fairness"},
     "accepted_flows": [{"from", "to", "departs_on", "days", "kg", "mode"}],
     "obligations": [{"id", "debtor", "creditor", "amount"}],
     "cycles": {"party", "parties", "cash_percent", "price_percent", "freight_percent",
                "prices": [{"commodity", "price"}], "refused": [[party, ...]],
                "refused_gifts": [[giver, taker]]}}

Quantities and prices are decimal texts or whole numbers. Defaults: `hub` is the regency of the
co-op's village code; `grade` of an offer is UNGRADED; `unit` is the commodity's base unit;
`floor_price` and `ceiling_price` are the ends of the commodity's published band; no `expires_on`,
`needed_by`, `min_lot`, `grades`: no such limit; `priority` normal, `market` domestic; `days` 0;
`bonuses` true, `contract` false; no `local_leg`: free. Prices are whole rupiah per base unit of
the commodity, whatever unit the quantity is in. `now` gives the day; it may be left out when no
line has a date.

`contract` says that a line stands on a partner's contract: goods that move by contract only (LPG
in 3 kg cylinders, subsidised fertiliser) go from such an offer to such a need, and never else. A
partner's own line names its `hub`, the one of the site. Restricted goods and services go nowhere.
`asks` are permits that the other side must hold, `holds` those that the co-op of a line does.

A recipe makes `yield` base units of output of one of input, at `hub` (without one: in every hub
that offers the input), for `cost` rupiah a unit made; `capacity` is how much input it still takes.
Yield, days and shelf life come from the catalogue where they are not given. `local_percent` is how
much dearer than its floor goods may be that stay in their hub. Recipes, pooling, permits,
`local_percent`, accepted flows, and legs with a capacity, a day of departure or a mode make hubs
trade as a network (`network` does so without them): there staples go before others, not only for a
bonus.

`fairness` (0 to 50) is by how many percent of the middle ceiling the first tenth of an order
counts more than its last, so that scarce goods are shared; 0, and without bonuses: not at all.

The last three keys ask for more beside. `accepted_flows` are goods both sides have said yes to:
what they leave empty on the way back becomes legs at `return_percent` (50) less, as a network.
`obligations` of accepted matches, in whole rupiah, are cleared in rings. `cycles` (`{}` will do)
swaps what found no money: `party` is coop or hub, `parties` the most in a ring (2 to 4),
`cash_percent` (20) how far values may differ, `price_percent` (25) how far a limit may lie from
the price, `freight_percent` (30) the most that freight may take; a commodity's price is what
`prices` says, else the middle of its published band. `refused` rings and gifts are left out.
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec

from schemas.commodity import UNGRADED

Read = TypeVar("Read")
Number = int | str
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_AT: Final = re.compile(r"^(?P<what>.*?)(?: - at `(?P<path>\$.*)`)?$", re.DOTALL)
_FIELD: Final = re.compile(
    r"Object (?P<how>missing required|contains unknown) field `(?P<name>.*)`"
)


class ProblemError(Exception):
    """A problem file that cannot be solved as it stands; `path` is like `$.offers[3].unit`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class _Closed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every part: a field that is not named here is an error."""


class Offer(_Closed, frozen=True, kw_only=True):
    """What somebody can give."""

    line: Name
    coop: Name
    commodity: Name
    quantity: Number
    hub: Name | None = None
    grade: Name = UNGRADED
    unit: Name | None = None
    floor_price: Number | None = None
    expires_on: date | None = None
    min_lot: Number | None = None
    contract: bool = False
    asks: list[Name] = []
    holds: list[Name] = []


class Need(_Closed, frozen=True, kw_only=True):
    """What somebody asks for; `grades` is all it accepts, `grade` the least it accepts."""

    line: Name
    coop: Name
    commodity: Name
    quantity: Number
    hub: Name | None = None
    grades: Annotated[list[Name], msgspec.Meta(min_length=1)] | None = None
    grade: Name | None = None
    unit: Name | None = None
    ceiling_price: Number | None = None
    needed_by: date | None = None
    priority: Literal["emergency", "staple", "normal"] = "normal"
    market: Name = "domestic"
    min_lot: Number | None = None
    contract: bool = False
    asks: list[Name] = []
    holds: list[Name] = []


class LegBetween(_Closed, frozen=True, kw_only=True):
    """The way from one hub to another, or (`from` = `to`) inside that one hub; one direction."""

    origin: Name = msgspec.field(name="from")
    to: Name
    cost_per_kg: Number | float
    days: Number | float = 0
    mode: Name | None = None
    capacity_kg: Annotated[int, msgspec.Meta(ge=0)] | None = None
    departs_on: date | None = None
    estimated: bool = True


class RecipeAt(_Closed, frozen=True, kw_only=True):
    """A recipe at a place; the short names (`from`, `to`, `kg_day`) mean the same."""

    recipe: Name | None = None
    input: Name | None = None
    output: Name | None = None
    source: Name | None = msgspec.field(name="from", default=None)
    to: Name | None = None
    output_per_input: Number | float | None = msgspec.field(name="yield", default=None)
    hub: Name | None = None
    cost: Number = 0
    days: Annotated[int, msgspec.Meta(ge=0)] | None = None
    capacity: Number | None = None
    kg_day: Number | None = None
    grade: Name = UNGRADED
    shelf_days: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Permit(_Closed, frozen=True, kw_only=True):
    """Who may buy a commodity."""

    commodity: Name
    coops: list[Name]


class LocalLeg(_Closed, frozen=True, kw_only=True):
    """The way inside a hub."""

    cost_per_kg: Number | float = 0
    days: Number | float = 0


class FlowBetween(_Closed, frozen=True, kw_only=True):
    """Goods accepted by both sides, on their way from hub to hub."""

    origin: Name = msgspec.field(name="from")
    to: Name
    departs_on: date
    kg: Annotated[int, msgspec.Meta(ge=0)]
    days: Annotated[int, msgspec.Meta(ge=0)] = 0
    mode: Name = "road"


class Debt(_Closed, frozen=True, kw_only=True):
    """What one party owes another for a match that both accepted."""

    id: Name
    debtor: Name
    creditor: Name
    amount: Number


class PriceOf(_Closed, frozen=True, kw_only=True):
    """What one base unit counts in a swap."""

    commodity: Name
    price: Number


class CycleRules(_Closed, frozen=True, kw_only=True):
    """How goods that found no money are swapped."""

    party: Literal["coop", "hub"] = "coop"
    parties: Annotated[int, msgspec.Meta(ge=2, le=4)] = 4
    cash_percent: Annotated[int, msgspec.Meta(ge=1, le=99)] = 20
    price_percent: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 25
    freight_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 30
    prices: list[PriceOf] = []
    refused: list[Annotated[list[Name], msgspec.Meta(min_length=2)]] = []
    refused_gifts: list[tuple[Name, Name]] = []


class Finished(_Closed, frozen=True, kw_only=True):
    """How many matches of a pair have ended."""

    offer: Name
    need: Name
    n: Annotated[int, msgspec.Meta(ge=0)]


class ProblemOptions(_Closed, frozen=True, kw_only=True):
    """How to solve."""

    bonuses: bool = True
    fairness: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0
    keep: list[tuple[Name, Name]] = []
    finished: list[Finished] = []
    held_back: list[tuple[Name, Name]] = []
    network: bool = False
    pooling: bool = False
    local_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    permits: list[Permit] = []
    return_percent: Annotated[int, msgspec.Meta(ge=1, le=99)] = 50


class Problem(_Closed, frozen=True, kw_only=True):
    """The whole file."""

    offers: list[Offer]
    needs: list[Need]
    now: str | None = None
    legs: list[LegBetween] = []
    local_leg: LocalLeg | int | str | float | None = None
    recipes: list[RecipeAt] = []
    options: ProblemOptions = ProblemOptions()
    accepted_flows: list[FlowBetween] = []
    obligations: list[Debt] = []
    cycles: CycleRules | None = None


_decoder: Final = msgspec.json.Decoder(Problem)


def parse_problem(data: bytes) -> Problem:
    """Read a problem file; ProblemError says where it is wrong and what was expected."""
    problem = decoded(data, _decoder)
    check_problem(problem)
    return problem


def decoded(data: bytes, decoder: msgspec.json.Decoder[Read]) -> Read:
    """Read JSON in which every key stands once; ProblemError as `parse_problem`."""
    try:
        json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise ProblemError("$", f"is not JSON: {fault}") from fault
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as fault:
        raise _located(str(fault)) from fault


def check_problem(problem: Problem) -> None:
    """ProblemError when two parts bear one name, or one says what excludes itself."""
    _each_once([offer.line for offer in problem.offers], "$.offers", "line")
    _each_once([need.line for need in problem.needs], "$.needs", "line")
    ways = [(leg.origin, leg.to, leg.mode, leg.departs_on) for leg in problem.legs]
    _each_once(ways, "$.legs", "from and to")
    for n, need in enumerate(problem.needs):
        if need.grade is not None and need.grades is not None:
            raise ProblemError(f"$.needs[{n}]", "gives both `grade` and `grades`; give one")
    _each_once([debt.id for debt in problem.obligations], "$.obligations", "id")
    for n, debt in enumerate(problem.obligations):
        if debt.debtor == debt.creditor:
            raise ProblemError(f"$.obligations[{n}]", "is of a party to itself")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _located(message: str) -> ProblemError:
    """Turn a decoder's words into a place and an expectation."""
    found = _AT.match(message)
    assert found is not None  # the pattern takes every text
    what, path = found["what"], found["path"] or "$"
    field = _FIELD.match(what)
    if field is None:
        return ProblemError(path, what[:1].lower() + what[1:])
    told = "is required" if field["how"] == "missing required" else "is not a known field"
    return ProblemError(f"{path}.{field['name']}", told)


def _each_once(names: Sequence[object], path: str, what: str) -> None:
    first: dict[object, int] = {}
    for at, name in enumerate(names):
        if first.setdefault(name, at) != at:
            raise ProblemError(f"{path}[{at}]", f"has the same {what} as {path}[{first[name]}]")
