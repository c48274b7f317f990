"""Whether the bytes of one record are a saying: its envelope, who speaks, when, and from where.

The checker's own reading, with a plain JSON walk. Decides only sound or not; why not is the
program's to say. Refuses to know what was said before.
"""

import json
from collections.abc import Iterator
from hashlib import blake2b
from math import inf
from typing import Any, Final, NamedTuple

from deploy.verify.goods import Reference, home
from deploy.verify.log import LogRecord
from deploy.verify.shapes import BODIES, CONTRACT, DECISION, LINES, REPORT, TICK, Shape, fitted
from deploy.verify.words import COOP, DEVICE, HUB, has_surrogate, moment

BYTES_MAX: Final = 65_536
DEPTH_MAX: Final = 16
AHEAD_MS: Final = 10 * 60_000
BACK_MS: Final = 400 * 86_400_000
_DIGITS_MAX: Final = 20
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_NAME_MAX: Final = 20
_TEXTS: Final = ("specversion", "type", "id", "source", "time")
_OPTIONAL_TEXTS: Final = ("datacontenttype", "traceparent")


class Saying(NamedTuple):
    """A record with a sound envelope; `data` has its defaults, `tree` is as it was said.

    Without `nulls` there is no null anywhere in it.
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

    def content(self) -> bytes:
        """What tells two contents apart: the data, whatever its spacing and order of keys."""
        return blake2b(json.dumps(_plain(self), sort_keys=True).encode(), digest_size=16).digest()


class _NoSaying(ValueError):
    pass


def read(record: LogRecord, partitions: int, known: Reference) -> Saying | None:
    """The saying in a record, None when its envelope is unsound."""
    tree = _tree(record.value)
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
    said = said._replace(nulls=nulls) if nulls else said
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
def _tree(value: bytes | None) -> dict[str, Any] | None:
    """The record as a tree with a well-formed CloudEvents envelope."""
    if not value or len(value) > BYTES_MAX:
        return None
    try:
        tree = json.loads(
            value.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
        )
    except (ValueError, RecursionError):
        return None
    if not isinstance(tree, dict) or not all(isinstance(tree.get(k), str) for k in _TEXTS):
        return None
    sound = (
        tree["specversion"] == "1.0"
        and all(_is_attribute(name, part) for name, part in tree.items())
        and all(isinstance(tree.get(k), str | None) for k in _OPTIONAL_TEXTS)
        and (_brackets(value) <= DEPTH_MAX or not _deeper(tree, DEPTH_MAX))
        and not (b"\\u" in value and _any_surrogate(tree))
    )
    return tree if sound else None


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


def _brackets(value: bytes) -> int:
    """At least as many as there are levels: a cheap look that spares most records the walk."""
    return value.count(b"{") + value.count(b"[")


def _deeper(tree: Any, left: int) -> bool:
    return left < 0 or any(
        _deeper(part, left - 1) for part in _parts(tree) if isinstance(part, dict | list)
    )


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


def _has_null(data: dict[str, Any]) -> bool:
    """The same for a body; the lines of a report are judged one by one."""
    return any(has_null(part) for name, part in data.items() if name != "lines")


# ------------------------------------------------------------------ content
def _plain(said: Saying) -> Any:
    """The data as said, without what is only the default spelt out."""
    tree = _without_defaults(said.tree, BODIES[said.type])
    if said.type == REPORT:
        tree["lines"] = [
            _without_defaults(line, LINES.get(str(line.get("kind")), {}))
            if isinstance(line, dict)
            else line
            for line in said.tree["lines"]
        ]
    return tree


def _without_defaults(tree: dict[str, Any], shape: Shape) -> dict[str, Any]:
    return {
        name: part
        for name, part in tree.items()
        if name not in shape
        or part != shape[name].default
        or isinstance(part, bool) != isinstance(shape[name].default, bool)
    }
