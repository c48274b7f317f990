"""Whether the bytes of one record are a saying: its envelope, who speaks, when, and from where.

The checker's own reading. Theory: a JSON decoder that gives plain values keeps the last of two
equal keys, so what it gives, written again, has fewer quotes than what was said. Where the quotes
are as many, in plain ASCII without escapes, nothing was lost; all else is walked by Python's own
decoder, pair by pair. Decides only sound or not; why not is the program's to say. Refuses to know
what was said before.
"""

import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from math import inf
from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify.goods import Reference, home
from deploy.verify.log import LogRecord
from deploy.verify.shapes import BODIES, CONTRACT, DECISION, LINES, REPORT, TICK, Shape, fitted
from deploy.verify.words import COOP, DEVICE, HUB, has_surrogate, moment

BYTES_MAX: Final = 65_536
DEPTH_MAX: Final = 16
AHEAD_MS: Final = 10 * 60_000
BACK_MS: Final = 400 * 86_400_000
_DIGITS_MAX: Final = 20
_EXACT: Final = 2**63
_NESTING: Final = (dict, list)
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NAME_MAX: Final = 20
_TEXTS: Final = ("specversion", "type", "id", "source", "time")
_OPTIONAL_TEXTS: Final = ("datacontenttype", "traceparent")
# Long whole numbers and all fractions: decoders differ in what they make of them.
_DIGITS: Final = re.compile(rb'(?:"\s*:|[\[,])\s*-?[0-9]+(?:[.eE]|[0-9]{18})')
_decoded = msgspec.json.Decoder().decode
_encoded = msgspec.json.Encoder().encode
_ordered = msgspec.json.Encoder(order="deterministic").encode


class Saying(NamedTuple):
    """A record with a sound envelope; `data` has its defaults, `tree` is as it was said.

    Without `nulls` there is no null anywhere in it; `odd` says that it holds numbers that only
    Python's own decoder reads exactly.
    """

    type: str
    id: str
    actor: str
    hub: str
    device: str
    sequence: int
    time_ms: int
    data: dict[str, Any]
    tree: Any
    nulls: bool = False
    odd: bool = False

    def content(self) -> int:
        """What tells two contents apart: the data, whatever its spacing and order of keys."""
        said = json.dumps(_plain(self), sort_keys=True) if self.odd else _ordered(_plain(self))
        digest = blake2b(said.encode() if isinstance(said, str) else said, digest_size=8)
        return int.from_bytes(digest.digest(), "big")


class _NoSaying(ValueError):
    pass


def read(record: LogRecord, partitions: int, known: Reference) -> Saying | None:
    """The saying in a record, None when its envelope is unsound."""
    quick = _quickly(record.value) if record.value else None
    tree = _enveloped(record.value, quick)
    if tree is None:
        return None
    shape = BODIES.get(tree["type"])
    data = None if shape is None else fitted(tree.get("data"), shape)
    time_ms = moment(tree["time"])
    nulls = b"null" in (record.value or b"")
    if data is None or time_ms is None or (nulls and _has_null(tree["data"])):
        return None
    timely = record.timestamp - BACK_MS <= time_ms <= record.timestamp + AHEAD_MS
    if timely and tree["type"] == TICK:
        name = f"tick:{data['tick']}"
        if record.key != b"tick" or tree["id"] != name:
            return None
        return Saying(TICK, name, "", "", "", data["tick"], time_ms, data, None)
    said = _spoken(tree, data, time_ms, known) if timely else None
    if said is None or record.key not in (None, said.actor.encode()):
        return None
    odd = quick is None and _has_odd_number(tree["data"])
    said = said._replace(nulls=nulls, odd=odd) if nulls or odd else said
    return said if home(said.hub, partitions) == record.partition else None


def _spoken(
    tree: dict[str, Any], data: dict[str, Any], time_ms: int, known: Reference
) -> Saying | None:
    """The saying, if envelope and body agree on who speaks, and that is somebody."""
    kind, acts = tree["type"], tree["type"] in (DECISION, CONTRACT)
    actor, device = data["actor" if acts else "coop"], data["device"]
    if COOP.fullmatch(actor):
        folder = "coops"
    elif HUB.fullmatch(actor) and acts:
        folder = "hubs"
    else:
        return None
    name = f"{actor}:{device}:{data['sequence']}"
    sound = (
        known.knows(actor)
        and DEVICE.fullmatch(device) is not None
        and tree["source"] == f"/{folder}/{actor}/devices/{device}"
        and tree["id"] == name
    )
    if not sound:
        return None
    hub = known.hub(actor)
    return Saying(kind, name, actor, hub, device, data["sequence"], time_ms, data, tree["data"])


# ------------------------------------------------------------------ JSON
def _enveloped(value: bytes | None, quick: Any) -> dict[str, Any] | None:
    """The record as a tree with a well-formed CloudEvents envelope."""
    if not value or len(value) > BYTES_MAX:
        return None
    tree = walked(value) if quick is None else quick
    if not isinstance(tree, dict) or not all(isinstance(tree.get(k), str) for k in _TEXTS):
        return None
    sound = (
        tree["specversion"] == "1.0"
        and all(_is_attribute(name, part) for name, part in tree.items())
        and all(isinstance(tree.get(k), str | None) for k in _OPTIONAL_TEXTS)
        and not _too_deep(tree)
        and not (b"\\u" in value and _any_surrogate(tree))
    )
    return tree if sound else None


def _quickly(value: bytes) -> Any:
    """The tree of a record that hides nothing, None where that is not certain."""
    if len(value) > BYTES_MAX or not value.isascii() or b"\\" in value or _DIGITS.search(value):
        return None
    try:
        tree = _decoded(value)
        same = value.count(b'"') == _encoded(tree).count(b'"')
    except (msgspec.MsgspecError, RecursionError):
        return None
    return tree if same else None


def walked(value: bytes) -> Any:
    """The same by Python's own decoder, None when it is no JSON or says a key twice."""
    try:
        return json.loads(
            value.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        return None


def _is_attribute(name: str, part: Any) -> bool:
    if not 0 < len(name) <= _NAME_MAX or not _NAME.issuperset(name):
        return False
    return name == "data" or not isinstance(part, dict | list)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise _NoSaying
    return tree


def _no_number(_: str) -> None:
    raise _NoSaying


def _whole(digits: str) -> int | float:
    """A number; one of very many digits is none of ours, and not worth working out."""
    return int(digits) if len(digits) <= _DIGITS_MAX else inf


def _parts(tree: Any) -> Iterator[Any]:
    return iter(tree.values() if isinstance(tree, dict) else tree)


def _too_deep(tree: Any) -> bool:
    """Whether objects and lists lie within each other beyond the limit; level by level."""
    level = [tree]
    for _ in range(DEPTH_MAX):
        level = [part for parent in level for part in _parts(parent) if type(part) in _NESTING]
        if not level:
            return False
    return True


def _any_surrogate(tree: Any) -> bool:
    if isinstance(tree, str):
        return has_surrogate(tree)
    if isinstance(tree, dict) and any(map(has_surrogate, tree)):
        return True
    return isinstance(tree, dict | list) and any(map(_any_surrogate, _parts(tree)))


def has_null(tree: Any) -> bool:
    """Whether anything in a tree is null: nothing may be half said."""
    if isinstance(tree, dict | list):
        return any(part is None or has_null(part) for part in _parts(tree))
    return tree is None


def _has_odd_number(tree: Any) -> bool:
    if isinstance(tree, dict | list):
        return any(map(_has_odd_number, _parts(tree)))
    return isinstance(tree, float) or (isinstance(tree, int) and abs(tree) >= _EXACT)


def _has_null(data: dict[str, Any]) -> bool:
    """The same for a body; the lines of a report are judged one by one."""
    return any(has_null(part) for name, part in data.items() if name != "lines")


# ------------------------------------------------------------------ content
def _plain(said: Saying) -> Any:
    """The data as said, without what is only the default spelt out."""
    tree = _without_defaults(said.tree, BODIES[said.type])
    if said.type == REPORT:
        lines = [
            _without_defaults(line, LINES.get(str(line.get("kind")), {}))
            if isinstance(line, dict)
            else line
            for line in said.tree["lines"]
        ]
        return {**tree, "lines": lines}
    return tree


def _without_defaults(tree: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """Without what is said to be empty and would be so anyway; `"priority":"normal"` stays."""
    if all(tree.values()):
        return tree
    return {
        name: part
        for name, part in tree.items()
        if part
        or name not in shape
        or part != shape[name].default
        or isinstance(part, bool) != isinstance(shape[name].default, bool)
    }
