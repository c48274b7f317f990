"""One row of the corpus: what comes in, and the verdict that is promised for it."""

from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import Reason
from tests.support.sayings import COUNTED, HOME, KEY, RECEIVED, encoded, report

Verdict = Literal["accepted", "rejected", "line_rejected"]


@dataclass(frozen=True, slots=True)
class Case:
    """`field` is the whole path; `note` says why this one is here."""

    name: str
    value: bytes | None
    key: bytes | None
    verdict: Verdict
    reason: Reason | None = None
    field: str = ""
    note: str = ""
    partition: int = HOME
    timestamp_ms: int | None = None


def good(name: str, tree: Any, note: str = "", *, key: bytes | None = KEY) -> Case:
    """Taken whole."""
    return Case(name, _bytes(tree), key, "accepted", note=note)


def bad(
    name: str,
    tree: Any,
    reason: Reason,
    field: str = "",
    note: str = "",
    *,
    key: bytes | None = KEY,
) -> Case:
    """Refused whole."""
    return Case(name, _bytes(tree), key, "rejected", reason, field, note)


def good_line(name: str, line: Any, note: str = "") -> Case:
    """A report whose second line is surprising and sound."""
    return good(name, report(RECEIVED, line, COUNTED), note)


def bad_line(name: str, line: Any, reason: Reason, field: str = "", note: str = "") -> Case:
    """A report whose second line alone is refused; the field is within that line."""
    path = f"data.lines.2.{field}" if field else "data.lines.2"
    value = encoded(report(RECEIVED, line, COUNTED))
    return Case(name, value, KEY, "line_rejected", reason, path, note)


def spelt(tree: Any, literal: str | bytes) -> bytes:
    """The bytes of a tree in which the text @@ stands for JSON that no tree can hold."""
    raw = literal.encode("utf-8", "surrogatepass") if isinstance(literal, str) else literal
    return encoded(tree).replace(b'"@@"', raw)


def _bytes(tree: Any) -> bytes | None:
    return tree if tree is None or isinstance(tree, bytes) else encoded(tree)
