"""The reference files as the checker reads them: goods, grades, units, recipes, villages, hubs.

Its own reading of the shipped CSV, so that a mistake of the program's reading is not shared.
Refuses to know sayings.
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from kafka.partitioner.default import murmur2

from deploy.verify.words import micro

UNGRADED: Final = "UNGRADED"
PACKS: Final = frozenset(
    "KARUNG SAK IKAT PAPAN PETI TANDAN EKOR BOKS TABUNG JERIKEN KARTON DRUM BOTOL PIS SISIR BUTIR"
    " KERANJANG TRUK TRUKTANGKI".split()
)
"""Words that say how much only together with a commodity."""
_MEASURES: Final = PACKS | {"LITER"}
_WITA: Final = frozenset("51 52 53 63 64 65 71 72 73 74 75 76".split())
_WIT_FROM: Final = "81"
_FRESH_DAYS: Final = {"high": 1, "medium": 3, "low": 14, "none": 30}
"""By how badly goods keep."""


class Good(NamedTuple):
    """One commodity: base unit, family, stage, trade class, and its usual prices in rupiah.

    `fresh_ms` is how old word of it may be before its owner is asked.
    """

    unit: str
    family: str
    stage: str
    trade: str
    price_min: int
    price_max: int
    fresh_ms: int


@dataclass(frozen=True, slots=True)
class Reference:
    """All that sayings are judged by; `units` gives millionths of the base unit in one unit."""

    goods: Mapping[str, Good]
    ranks: Mapping[str, Mapping[str, int]]
    recipes: Mapping[str, tuple[str, frozenset[str]]]
    units: Mapping[tuple[str, str], int]
    unit_words: frozenset[str]
    grade_words: frozenset[str]
    villages: frozenset[str]
    hubs: Mapping[str, int]
    books: Mapping[str, str]

    def rank(self, commodity: str, grade: str) -> int | None:
        """The rank of a grade, 1 the best, None for one the commodity does not have."""
        return self.ranks.get(commodity, self.ranks["*"]).get(grade)

    def grade(self, commodity: str, said: str) -> str | None:
        """A grade as it is kept: nothing said is UNGRADED; None when there is none such."""
        if said in ("", UNGRADED):
            return UNGRADED
        return said if self.rank(commodity, said) is not None else None

    def hub(self, actor: str) -> str:
        """The book an actor speaks in."""
        for length in (13, 8):
            book = self.books.get(actor[:length])
            if book is not None and len(actor) >= length:
                return book
        return self.books.get(actor[:5], actor[:5]) if len(actor) > len("19.02") else actor

    def knows(self, actor: str) -> bool:
        """Whether an actor is in the register."""
        return actor in self.villages or actor in self.hubs


@lru_cache(maxsize=4_096)
def home(hub: str, partitions: int) -> int:
    """The partition of a hub, as any Kafka client finds it for that key."""
    return int((murmur2(hub.encode()) & 0x7FFFFFFF) % partitions)


@cache
def load() -> Reference:
    """Read the shipped files; some 0.2 s."""
    goods = {
        row["code"]: Good(
            row["uom"],
            row["family"],
            row["stage"],
            row["trade"],
            int(row["price_min_idr"]),
            int(row["price_max_idr"]),
            _FRESH_DAYS[row["perishability"]] * 86_400_000,
        )
        for row in _rows("commodities.csv")
    }
    ranks: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _rows("grades.csv"):
        ranks[row["commodity"]][row["grade"]] = int(row["rank"])
    used = {code if code in ranks else "*" for code in goods}
    units, unit_words = _units(goods)
    return Reference(
        goods=goods,
        ranks=dict(ranks),
        recipes=_recipes(),
        units=units,
        unit_words=unit_words,
        grade_words=frozenset({UNGRADED}.union(*(ranks[scale] for scale in used))),
        villages=_villages(),
        hubs={
            row["code"]: _hours(row["parent"])
            for row in _rows("regions.csv")
            if row["level"] == "regency"
        },
        books={row["prefix"]: row["book"] for row in _rows("region_aliases.csv")},
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("schemas") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(line for line in text.split("\n") if line and line[0] != "#"))


def _villages() -> frozenset[str]:
    packed = (files("schemas") / "data" / "villages.csv.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").split("\n")[1:]
    return frozenset(line.partition(",")[0] for line in lines if line)


def _hours(province: str) -> int:
    """Hours east of UTC: west, middle and east Indonesia."""
    if province in _WITA:
        return 8
    return 9 if province >= _WIT_FROM else 7


def _recipes() -> dict[str, tuple[str, frozenset[str]]]:
    inputs: dict[str, str] = {}
    outputs: dict[str, set[str]] = defaultdict(set)
    for row in _rows("recipes.csv"):
        inputs.setdefault(row["recipe"], row["input"])
        outputs[row["recipe"]].add(row["output"])
    return {code: (inputs[code], frozenset(made)) for code, made in outputs.items()}


def _units(goods: Mapping[str, Good]) -> tuple[dict[tuple[str, str], int], frozenset[str]]:
    """Units that are certain without a declared pack, and every word for any unit."""
    exact: dict[tuple[str, str], int] = {}
    sizes: dict[tuple[str, str], set[int]] = defaultdict(set)
    words = set(PACKS)
    for row in _rows("units.csv"):
        size, commodity = micro(row["factor"]), row["commodity"]
        names = {row["code"], row["rec20"] or row["code"]}
        word = _word(row["code"])
        words |= names | ({word} if word else set())
        if not commodity:
            fits = [code for code, good in goods.items() if good.unit == row["base_uom"]]
            exact.update({(code, name): size for code in fits for name in names})
            continue
        exact[commodity, row["code"]] = size
        if word:
            sizes[commodity, word].add(size)
            if word not in PACKS and row["rec20"]:
                sizes[commodity, row["rec20"]].add(size)
    certain = {key: found.pop() for key, found in sizes.items() if len(found) == 1}
    return certain | exact, frozenset(words)


def _word(code: str) -> str | None:
    """The everyday word in the code of a pack: KARUNG in BERAS-KARUNG25."""
    parts = (part.rstrip("0123456789") for part in code.split("-"))
    return next((part for part in parts if part in _MEASURES), None)
