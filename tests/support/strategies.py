"""Sound sayings of every type, and bytes that were sound once, for Hypothesis.

What these strategies give must be accepted: they know the forms, the catalogue and the bounds, and
nothing of how a judge works.
"""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from schemas import reference
from schemas.amounts import LINE_MAX_MICRO
from schemas.events import SEQUENCE_MAX
from schemas.quantity import format_quantity
from schemas.units import PACK_WORDS
from tests.support.sayings import COOP, HUB, NOW_MS, envelope

COOPS = (COOP, "19.02.01.1001", "19.02.02.2001")
TREES = st.SearchStrategy[dict[str, Any]]
DATES = st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat)
TAGS = st.text("PON179./_-", max_size=31).map(lambda text: f"L{text}")
DEVICES = st.text("hp0z-", max_size=31).map(lambda text: f"d{text}")
MATCHES = st.text("AMZ27", min_size=16, max_size=16)
SEQUENCES = st.integers(1, SEQUENCE_MAX) | st.integers(1, 100)
PRICES = st.integers(0, 10**9).map(str)
LETTERS = st.characters(
    max_codepoint=0x3FFFF, categories=("L", "Mn", "Nd", "Nl", "P", "Sc", "Sm", "So", "Zs")
).filter(lambda c: c not in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
TEXTS = st.text(LETTERS, max_size=20).flatmap(
    lambda text: st.sampled_from([text, text, text * (200 // max(1, len(text)))])
)
WORDS = TEXTS.map(lambda text: f"x{text[:199]}")
CODES = st.sampled_from(sorted(reference.catalogue().commodities))
RECIPES = st.sampled_from(sorted(reference.catalogue().recipes.values(), key=lambda r: r.code))


@st.composite
def moments(draw: st.DrawFn) -> str:
    """A moment of the last year, in any zone, at any precision."""
    at = datetime.fromtimestamp(NOW_MS / 1000, UTC) - timedelta(
        seconds=draw(st.integers(0, 365 * 86_400)), milliseconds=draw(st.integers(0, 999))
    )
    zone = timezone(timedelta(minutes=draw(st.sampled_from([0, 420, 480, 540, -720, 345]))))
    return at.astimezone(zone).isoformat(
        timespec=draw(st.sampled_from(["seconds", "milliseconds"]))
    )


@st.composite
def goods(draw: st.DrawFn, code: str | None = None, *, least: int = 1, lot: bool = True) -> Any:
    """Commodity, unit, grade, lot and a quantity in bounds, some of them unsaid."""
    commodity = code or draw(CODES)
    unit = draw(st.sampled_from(reference.units().names(commodity)))
    factor = reference.units().micro_per_unit(commodity, unit)
    assert factor
    most = LINE_MAX_MICRO // factor
    whole = draw(st.integers(least, most - 1) | st.integers(least, 1000))
    micro = whole * 1_000_000 + draw(st.sampled_from([0, 0, 500_000]) | st.integers(0, 999_999))
    if not whole and micro * factor < 10**12:
        micro = 0
    tree = {"commodity": commodity, "quantity": format_quantity(micro), "unit": unit}
    grades = [grade.code for grade in reference.catalogue().scale(commodity)]  # type: ignore[arg-type]  # a code
    optional = {"grade": st.sampled_from(["", "UNGRADED", *grades])}
    if lot:
        optional["lot"] = TAGS | st.just("")
    return tree | draw(st.fixed_dictionaries({}, optional=optional))


@st.composite
def stock(draw: st.DrawFn, kind: str, least: int, optional: dict[str, Any]) -> Any:
    """A count or a movement with any of its optional parts."""
    more = draw(st.fixed_dictionaries({}, optional=optional))
    return {"kind": kind, **draw(goods(least=least)), **more}


@st.composite
def conversions(draw: st.DrawFn) -> Any:
    """A recipe carried out, over one or more lots."""
    recipe = draw(RECIPES)
    made = st.sampled_from([str(product.commodity) for product in recipe.products])
    inputs = draw(st.lists(goods(str(recipe.input)), min_size=1, max_size=3))
    outputs = draw(st.lists(made.flatmap(goods), min_size=1, max_size=3))
    kind = "stock.converted"
    return {"kind": kind, "recipe": recipe.code, "inputs": inputs, "outputs": outputs}


TERMS = {"floor_price": PRICES, "expires_on": DATES, "min_lot": st.just("0"), "keep": st.just("0")}
MOVED = {"reason": TEXTS, "match": MATCHES}
WANTED = {
    "ceiling_price": PRICES,
    "needed_by": DATES,
    "priority": st.sampled_from(["emergency", "staple", "normal"]),
    "market": st.sampled_from(["domestic", "export"]),
}
PLANNED: TREES = st.builds(
    lambda what, day: {"kind": "supply.planned", **what, "ready_on": day}, goods(least=0), DATES
)
PLACED: TREES = st.builds(
    lambda what, order, more: {"kind": "order.placed", "order": order, **what, **more},
    goods(lot=False),
    TAGS,
    st.fixed_dictionaries({}, optional={**WANTED, "min_lot": st.just("0")}),
)
AMENDED: TREES = st.fixed_dictionaries(
    {
        "kind": st.just("order.amended"),
        "order": TAGS,
        "revision": st.integers(2, 10_000),
        "ceiling_price": PRICES,
    },
    optional={key: WANTED[key] for key in ("needed_by", "priority", "market")},
)
CANCELLED: TREES = st.fixed_dictionaries(
    {"kind": st.just("order.cancelled"), "order": TAGS},
    optional={"revision": st.just(0) | st.integers(2, 10_000), "reason": TEXTS},
)


def voids(coop: str) -> TREES:
    """A line of the co-op that was a mistake."""
    target = st.builds(
        lambda device, sequence, line: f"{coop}:{device}:{sequence}#{line}",
        DEVICES,
        SEQUENCES,
        st.integers(1, 200),
    )
    return st.fixed_dictionaries(
        {"kind": st.just("line.voided"), "line": target}, optional={"reason": TEXTS}
    )


def lines(coop: str) -> TREES:
    """Any sound line that the co-op may say."""
    return st.one_of(
        stock("stock.counted", 0, TERMS),
        stock("stock.received", 1, {**TERMS, **MOVED}),
        stock("stock.issued", 1, MOVED),
        conversions(),
        PLANNED,
        PLACED,
        AMENDED,
        CANCELLED,
        voids(coop),
    )


@st.composite
def spoken(draw: st.DrawFn, name: str, body: dict[str, Any], *, actor: bool = False) -> Any:
    """An envelope around a body, said by any co-op (or the hub) from any device."""
    who = draw(st.sampled_from((HUB, *COOPS) if actor else COOPS))
    said = {("actor" if actor else "coop"): who}
    data = {**said, "device": draw(DEVICES), "sequence": draw(SEQUENCES), **body}
    return envelope(name, data, time=draw(moments()))


@st.composite
def reports(draw: st.DrawFn, most: int = 4) -> Any:
    """A report of one to `most` lines."""
    tree = draw(spoken("report", {}))
    coop = tree["data"]["coop"]
    tree["data"]["lines"] = draw(st.lists(lines(coop), min_size=1, max_size=most))
    if draw(st.booleans()):
        tree["data"]["repairs"] = f"{coop}:{draw(DEVICES)}:{draw(SEQUENCES)}#1"
    return tree


def bodies(required: dict[str, Any], **optional: Any) -> TREES:
    """A body of fixed and optional parts."""
    return st.fixed_dictionaries(required, optional=optional)


def windows() -> st.SearchStrategy[tuple[str, str]]:
    """Two days, the first not after the second."""
    return st.lists(DATES, min_size=2, max_size=2).map(sorted).map(tuple)  # type: ignore[arg-type]  # two


MANDATES: TREES = windows().map(lambda days: {"hub": HUB, "since": days[0], "until": days[1]})
PACKS: TREES = st.builds(
    lambda what, word: {**what, "pack": word},
    goods(lot=False),
    st.sampled_from(sorted(PACK_WORDS)),
).map(lambda pack: {key: part for key, part in pack.items() if key != "grade"})
PROFILE = bodies(
    {},
    land=st.booleans(),
    outlet=st.booleans(),
    permits=st.lists(WORDS, max_size=3),
    flagship=st.lists(CODES, max_size=3),
    packs=st.lists(PACKS, max_size=3, unique_by=lambda pack: (pack["commodity"], pack["pack"])),
    working_capital=st.integers(0, 10**12 - 1).map(str),
    mandates=st.lists(MANDATES, max_size=2),
)
GAP: TREES = st.lists(SEQUENCES, min_size=2, max_size=2).map(
    lambda ends: {"first": min(ends), "last": max(ends)}
)
OBSTACLE = bodies({"category": WORDS, "text": WORDS}, status=st.sampled_from(["open", "solved"]))
VISIT = bodies({"by": WORDS, "on": DATES}, text=WORDS)
DECISION = bodies(
    {
        "match": MATCHES,
        "decision": st.sampled_from(
            ["accept", "reject", "counter", "ship", "receive", "pay", "cancel"]
        ),
    },
    quantity=st.integers(0, 10**9).map(str),
    price=PRICES,
    on=DATES,
    reason=TEXTS,
)
CONTRACT: TREES = st.builds(
    lambda what, name, days, site, more: (
        {**what, "contract": name, "site": site, "since": days[0], "until": days[1], **more}
    ),
    goods(lot=False),
    TAGS,
    windows(),
    st.sampled_from(COOPS),
    bodies({"direction": st.sampled_from(["buy", "supply"])}, price=PRICES, permits=st.just([])),
)
TICKS: TREES = st.builds(
    lambda n, time: envelope("tick", {"tick": n}, id=f"tick:{n}", source="/clock", time=time),
    SEQUENCES,
    moments(),
)
EVENTS: dict[str, TREES] = {
    "report": reports(),
    "profile": PROFILE.flatmap(lambda body: spoken("profile", body)),
    "gap": GAP.flatmap(lambda body: spoken("gap", body)),
    "obstacle": OBSTACLE.flatmap(lambda body: spoken("obstacle", body)),
    "visit": VISIT.flatmap(lambda body: spoken("visit", body)),
    "decision": DECISION.flatmap(lambda body: spoken("decision", body, actor=True)),
    "contract": CONTRACT.flatmap(lambda body: spoken("contract", body, actor=True)),
    "tick": TICKS,
}


@st.composite
def spellings(draw: st.DrawFn, tree: dict[str, Any]) -> bytes:
    """The same saying in other bytes: order of keys, spaces, escapes."""
    gap = st.sampled_from(["", " ", "\n", "\t\r\n "])
    text = json.dumps(
        shuffled(draw, tree),
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.none() | st.integers(0, 2)),
        separators=(f"{draw(gap)},{draw(gap)}", f"{draw(gap)}:{draw(gap)}"),
    )
    return f"{draw(gap)}{text}{draw(gap)}".encode()


def shuffled(draw: st.DrawFn, tree: Any) -> Any:
    """The tree with the keys of every object in another order."""
    if isinstance(tree, list):
        return [shuffled(draw, part) for part in tree]
    if not isinstance(tree, dict):
        return tree
    return {key: shuffled(draw, tree[key]) for key in draw(st.permutations(list(tree)))}


PUNCTUATION = (b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n")
NUMBERS = (b"0", b"-", b".0", b"1e999", b"null", b"true", "\u0661".encode())
KEYS = (b'"unit":', b'"kind":"', b'"lines":[', b"\\u0022:")
NO_TEXT = (b"\x00", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800")
HIDDEN = ("\u202e".encode(), "\u200b".encode())
SHARDS = st.sampled_from((*PUNCTUATION, *NUMBERS, *KEYS, *NO_TEXT, *HIDDEN)) | st.binary(
    max_size=4
)


@st.composite
def broken(draw: st.DrawFn, value: bytes) -> bytes:
    """The bytes after one to four accidents: cut, doubled, overwritten, something in between."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(value)))
        end = min(len(value), start + draw(st.integers(0, 24)))
        part = value[start:end]
        middle = draw(st.sampled_from([b"", part + part, part[::-1]]) | SHARDS)
        value = value[:start] + middle + value[end:]
    return value
