"""A dead letter as a person mends it: the document to change, and the report that comes of it.

Decides what of a letter can be changed (a line; or co-op, time and lines of a whole report), and
judges what came of it by the very judge of the workers, so that nothing is sent that would only
come back. Refuses to know where letters lie, who edits and how a report leaves.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

from deploy.errors import CheckFailed, UsageError
from producers.address import address_of, address_of_speaker
from producers.speech import local_time
from schemas import reference
from schemas.errors import Rejection
from schemas.events import BODIES, REPORT_TYPE, Line, Profile
from schemas.judged import Judged
from schemas.market import TYPES as BETWEEN_HUBS
from schemas.reason_words import REASON_WORDS
from schemas.resolving import NO_PACKS
from schemas.units import Packs
from schemas.validation import Judge
from sinks.queries.letters import Letter

DEVICE: Final = "perbaikan"
_LINES: Final = "data.lines."
_OTHERS: Final = {*BODIES, *BETWEEN_HUBS} - {REPORT_TYPE}
"""What is said by partners, officers, and hubs and the market to each other: never a report."""
Document = dict[str, Any]
_profile: Final = msgspec.json.Decoder(Profile).decode


class Fault(NamedTuple):
    """What is wrong with a document: where in it, the reason, and that in both languages."""

    field: str
    reason: str
    words_id: str
    words_en: str


class Repair(NamedTuple):
    """A report that will be kept: whose it is, its lines, when they were said (ms UTC)."""

    coop: str
    lines: list[Line]
    said_ms: int
    repairs: str


@dataclass(frozen=True, slots=True)
class Bench:
    """Where letters are mended; `profile_of` gives the newest profile of a co-op as JSON."""

    partitions: int
    now_ms: int
    profile_of: Callable[[str], str | None] = lambda _: None

    def judged(self, value: bytes) -> Judged | Rejection:
        """What the workers would say of bytes that came now; the gate of sequences apart."""
        address = address_of(value, reference.register(), self.partitions)
        return judge(self.partitions).judge(
            value,
            key=address.key,
            timestamp_ms=self.now_ms,
            partition=address.partition,
            packs_of=self.packs,
        )

    def packs(self, coop: str) -> Packs:
        """The packs that a co-op has declared."""
        said = self.profile_of(coop)
        return judge(self.partitions).packs(_profile(said)) if said else NO_PACKS

    def repaired(
        self, letter: Letter, document: Document, *, bound: bool = True
    ) -> Repair | list[Fault]:
        """The report that a document makes; not `bound`, it is a new one that mends nothing."""
        whole = {"lines": [document]} if letter.line else document
        coop = str(whole.get("coop") or letter.coop)
        time = whole.get("time") or local_time(coop, letter.said_ms or self.now_ms).isoformat()
        data: Document = {"coop": coop, "device": DEVICE, "sequence": 1}
        data |= {name: part for name, part in whole.items() if name not in ("coop", "time")}
        if bound:
            data["repairs"] = letter.identity
        tree = {
            "specversion": "1.0",
            "type": REPORT_TYPE,
            "id": f"{coop}:{DEVICE}:1",
            "source": f"/coops/{coop}/devices/{DEVICE}",
            "time": time,
            "data": data,
        }
        found = self.judged(json.dumps(tree, ensure_ascii=False).encode())
        faults = [found] if isinstance(found, Rejection) else list(found.rejections)
        if faults:
            return [fault_of(fault, of_line=bool(letter.line)) for fault in faults]
        assert isinstance(found, Judged)
        lines = msgspec.convert(data["lines"], list[Line])
        return Repair(coop, lines, found.time_ms, letter.identity if bound else "")

    def is_within_reach(self, letter: Letter, coop: str) -> bool:
        """Whether a repair can be kept to one: a whole record must lie where the co-op's book is.

        True as well for who is nobody: the judge says so.
        """
        home = address_of_speaker(coop, reference.register(), self.partitions)
        return bool(letter.line) or home.key is None or home.partition == letter.partition


_JUDGES: Final[dict[int, Judge]] = {}


def judge(partitions: int) -> Judge:
    """The judge of the workers, over the shipped tables."""
    if partitions not in _JUDGES:
        _JUDGES[partitions] = Judge(
            reference.catalogue(), reference.units(), reference.register(), partitions
        )
    return _JUDGES[partitions]


def fault_of(rejection: Rejection, *, of_line: bool) -> Fault:
    """A rejection in words; the field is that of the document."""
    field = rejection.field
    if of_line and field.startswith(_LINES):
        field = field.removeprefix(_LINES).partition(".")[2]
    return Fault(field.removeprefix("data."), rejection.reason, *REASON_WORDS[rejection.reason])


def document_of(letter: Letter, now_ms: int) -> Document:
    """What is to be mended; CheckFailed LB-D002 for what no report can say.

    A record that cannot be read at all is given as an empty report; its bytes are in the letter.
    """
    if letter.line:
        return dict(_tree(letter.payload))
    tree = _tree(letter.payload)
    kind = str(tree.get("type", REPORT_TYPE))
    if "#" in letter.identity or kind in _OTHERS:
        raise CheckFailed(
            "LB-D002",
            f"{letter.identity} is no report but {kind}",
            "Have it said anew by whoever said it: only reports can be repaired.",
        )
    data = tree.get("data")
    said = data if isinstance(data, dict) else {}
    coop = said.get("coop", letter.coop)
    at = letter.said_ms or now_ms
    time = tree.get("time") or datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return {"coop": coop, "time": time, "lines": said.get("lines", [])}


def _tree(payload: bytes) -> Document:
    try:
        tree = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return tree if isinstance(tree, dict) else {}


def changed(document: Document, sets: Iterable[str], unsets: Iterable[str]) -> Document:
    """The document with fields set (`unit=KG`, `revision:=2`) and left out (`lines.1.colour`)."""
    made: Document = json.loads(json.dumps(document))
    for said in sets:
        name, is_, text = said.partition("=")
        if not is_ or not name.rstrip(":"):
            raise UsageError("LB-U030", f"{said!r} sets nothing", "Say FIELD=VALUE.")
        value: Any = text
        if name.endswith(":"):
            try:
                value = json.loads(text)
            except ValueError as wrong:
                raise UsageError("LB-U030", f"{text!r} is no JSON", "Say FIELD=TEXT.") from wrong
        parent, last = _place(made, name.rstrip(":"))
        parent[last] = value
    for name in unsets:
        parent, last = _place(made, name)
        if isinstance(parent, dict):
            parent.pop(last, None)
        else:
            del parent[last]
    return made


def _place(document: Document, path: str) -> tuple[Any, Any]:
    """Where a field lies: what holds it, and its name; lines are counted from 1."""
    at: Any = document
    parts = path.split(".")
    for n, name in enumerate(parts, 1):
        key: Any = int(name) - 1 if isinstance(at, list) and name.isdigit() else name
        if isinstance(at, list):
            there = isinstance(key, int) and 0 <= key < len(at)
        else:
            there = isinstance(at, dict) and (n == len(parts) or key in at)
        if not there:
            raise UsageError("LB-U030", f"there is no field {path}", "`lumbung dlq show` it.")
        if n == len(parts):
            return at, key
        at = at[key]
    raise AssertionError("a path has a last part")
