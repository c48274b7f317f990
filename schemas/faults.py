"""Decides which reason and field a message of the typed decoder stands for.

msgspec tells what is wrong only in words, so its words are a contract here: `WORDS` holds the
opening of each, and a test compares them with what the installed msgspec says. Matches are
anchored at both ends, because the middle may hold whatever a stranger wrote.
"""

import re
from typing import Final

from schemas.errors import Reason, Unacceptable

SHOWN_MAX: Final = 64
"""Most characters of a stranger's word that a rejection repeats."""

WORDS: Final[tuple[tuple[re.Pattern[str], Reason], ...]] = (
    (re.compile(r"Object missing required field `(?P<name>[a-z_]+)`"), Reason.MISSING_FIELD),
    (
        re.compile(r"Object contains unknown field `(?P<name>.*?)`?\Z", re.DOTALL),
        Reason.UNKNOWN_FIELD,
    ),
    (re.compile(r"Invalid RFC3339 encoded datetime"), Reason.TIME_MALFORMED),
    (re.compile(r"Expected `datetime`"), Reason.TIME_MALFORMED),
    (re.compile(r"Invalid RFC3339 encoded date"), Reason.DATE_MALFORMED),
    (re.compile(r"Expected `date(?: \| null)?`"), Reason.DATE_MALFORMED),
    (re.compile(r"Expected `str` of length"), Reason.TEXT_MALFORMED),
)
OUT_OF_RANGE: Final = re.compile(r"Expected `int` [<>]=|Integer value out of range")
KIND_UNKNOWN: Final = re.compile(r"Invalid value ")
NULL: Final = re.compile(r"Expected `[a-z]+`(?: \| `[a-z]+`)*, got `null`")
_AT: Final = re.compile(r" - at `\$\.?(?P<path>[A-Za-z_.0-9\[\]]*)`\Z")
_INDEX: Final = re.compile(r"\[([0-9]+)\]")
_BY_NUMBER: Final = {
    "sequence": Reason.SEQUENCE_OUT_OF_RANGE,
    "revision": Reason.REVISION_OUT_OF_RANGE,
    "first": Reason.GAP_MALFORMED,
    "last": Reason.GAP_MALFORMED,
    "tick": Reason.TICK_MALFORMED,
}


def shown(name: str) -> str:
    """A stranger's word as short printable ASCII, fit for a log, a label and a database."""
    return ascii(name)[1:-1][:SHOWN_MAX]


def fault_of(message: str, where: str) -> Unacceptable:
    """The fault that a message names; `where` is the path of what was being decoded."""
    at = _AT.search(message)
    path = _INDEX.sub(lambda hit: f".{int(hit[1]) + 1}", at["path"]) if at else ""
    said = message[: at.start()] if at else message
    reason, name = _reason(said, path.rpartition(".")[2])
    return Unacceptable(reason, ".".join(part for part in (where, path, name) if part))


def _reason(said: str, last: str) -> tuple[Reason, str]:
    if NULL.fullmatch(said):
        return Reason.WRONG_TYPE, ""
    if OUT_OF_RANGE.match(said):
        return _BY_NUMBER.get(last, Reason.WRONG_TYPE), ""
    if last == "kind" and KIND_UNKNOWN.match(said):
        return Reason.UNKNOWN_KIND, ""
    for pattern, reason in WORDS:
        hit = pattern.match(said)
        if hit:
            return reason, shown(hit["name"]) if pattern.groups else ""
    return Reason.WRONG_TYPE, ""
