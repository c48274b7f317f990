"""What a check found: how often each invariant held, and where one did not.

Decides the words of a breach (what is wrong, with which records, what was expected and what was
found) and the JSON summary. Refuses to know how anything is checked.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

JUDGED: Final = "I1 judged once"
COUNTED: Final = "I2 counted once"
CONSERVED: Final = "I3 conservation"
LETTERS: Final = "I4 dead letters"
PROMISES: Final = "I5 no over-promise"
RESIDUAL: Final = "I6 residual"
LIVES: Final = "I7 match lives"
WAREHOUSE: Final = "I8 warehouse is the fold"
CHANGELOG: Final = "I9 changelog keeps the newest"
KEPT: Final = "I10 nothing forgotten"
GAPS: Final = "I11 gaps visible"
VERSIONS: Final = "I13 versions rise"
FIGURES: Final = "I14 metrics truth"
CHECKS: Final = (
    *(JUDGED, COUNTED, CONSERVED, LETTERS, PROMISES, RESIDUAL),
    *(LIVES, WAREHOUSE, CHANGELOG, KEPT, GAPS, VERSIONS),
)
"""Looked at in every run; figures only where they are given."""
BREACHES_KEPT: Final = 20
_SHOWN_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of a breach as it stands in its topic; key and value shortened, as text."""

    topic: str
    partition: int
    offset: int
    key: str
    value: str

    def __str__(self) -> str:
        return (
            f"{place(self.topic, self.partition, self.offset)}  key {self.key}\n    {self.value}"
        )


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise: which, in words, the records it was seen in, and the two values."""

    check: str
    what: str
    places: tuple[str, ...] = ()
    expected: str = ""
    found: str = ""
    records: tuple[Seen, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.check}: {self.what}"]
        read = {place(seen.topic, seen.partition, seen.offset): seen for seen in self.records}
        lines += [f"  at {read.get(name, name)}" for name in self.places]
        if self.expected or self.found:
            lines += [f"  expected: {self.expected}", f"  found:    {self.found}"]
        return "\n".join(lines)

    def as_data(self) -> dict[str, Any]:
        """The same, JSON-ready."""
        return {
            "invariant": self.check,
            "sentence": self.what,
            "expected": self.expected,
            "found": self.found,
            "places": list(self.places),
            "records": [
                {
                    "topic": seen.topic,
                    "partition": seen.partition,
                    "offset": seen.offset,
                    "key": seen.key,
                    "value": seen.value,
                }
                for seen in self.records
            ],
        }


@dataclass(slots=True)
class Report:
    """The outcome of one run of the checker."""

    checks: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CHECKS, 0)))
    totals: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)
    broken: int = 0
    seconds: float = 0.0
    peak_mib: int = 0

    @property
    def ok(self) -> bool:
        """Whether every invariant held."""
        return not self.broken

    @property
    def first(self) -> Breach | None:
        """The first breach, None when there is none."""
        return self.breaches[0] if self.breaches else None

    def held(self, check: str, times: int = 1) -> None:
        """An invariant was looked at, and held or not: `breach` says when it did not."""
        self.checks[check] += times

    def count(self, name: str, times: int = 1) -> None:
        """A figure of the run: records read, lines, verdicts."""
        self.totals[name] += times

    def breach(
        self, check: str, what: str, *places: str, expected: object = "", found: object = ""
    ) -> None:
        """Note a breach; all are counted, the first ones kept."""
        self.broken += 1
        if len(self.breaches) < BREACHES_KEPT:
            self.breaches.append(Breach(check, what, places, _shown(expected), _shown(found)))

    def add(self, other: "Report") -> None:
        """Take in what another found, after what was found here."""
        self.checks.update(other.checks)
        self.totals.update(other.totals)
        self.reasons.update(other.reasons)
        self.broken += other.broken
        self.breaches += other.breaches[: BREACHES_KEPT - len(self.breaches)]

    def summary(self) -> dict[str, Any]:
        """JSON-ready figures: `ok`, `records`, verdicts, `checks`, `first`, `breaches` (<= 20)."""
        out: dict[str, Any] = {"ok": self.ok, "records": 0, **dict(sorted(self.totals.items()))}
        out["checks"] = dict(self.checks)
        out["broken"] = self.broken
        out["first"] = None if self.first is None else self.first.as_data()
        out["breaches"] = [str(breach) for breach in self.breaches]
        out["seconds"] = round(self.seconds, 3)
        out["peak_mib"] = self.peak_mib
        return out


def place(topic: str, partition: int, offset: int) -> str:
    """Name a record: topic/partition/offset."""
    return f"{topic}/{partition}/{offset}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
