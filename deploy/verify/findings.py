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
LIVES: Final = "I7 match lives"
WAREHOUSE: Final = "I8 warehouse is the fold"
CHANGELOG: Final = "I9 changelog keeps the newest"
KEPT: Final = "I10 nothing forgotten"
CHECKS: Final = (
    *(JUDGED, COUNTED, CONSERVED, LETTERS, PROMISES),
    *(LIVES, WAREHOUSE, CHANGELOG, KEPT),
)
BREACHES_KEPT: Final = 20
_SHOWN_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken promise: which, in words, the records it was seen in, and the two values."""

    check: str
    what: str
    places: tuple[str, ...] = ()
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        lines = [f"{self.check}: {self.what}"]
        lines += [f"  at {place}" for place in self.places]
        if self.expected or self.found:
            lines += [f"  expected: {self.expected}", f"  found:    {self.found}"]
        return "\n".join(lines)


@dataclass(slots=True)
class Report:
    """The outcome of one run of the checker."""

    checks: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CHECKS, 0)))
    totals: Counter[str] = field(default_factory=Counter)
    breaches: list[Breach] = field(default_factory=list)
    broken: int = 0
    seconds: float = 0.0

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

    def summary(self) -> dict[str, Any]:
        """JSON-ready figures: `ok`, `records`, verdicts, `checks`, `breaches` (at most 20)."""
        out: dict[str, Any] = {"ok": self.ok, "records": 0, **dict(sorted(self.totals.items()))}
        out["checks"] = dict(self.checks)
        out["broken"] = self.broken
        out["breaches"] = [str(breach) for breach in self.breaches]
        out["seconds"] = round(self.seconds, 3)
        return out


def place(topic: str, partition: int, offset: int) -> str:
    """Name a record: topic/partition/offset."""
    return f"{topic}/{partition}/{offset}"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"
