"""Decides whether bytes are one well-formed saying: UTF-8, JSON, closed fields, no key twice.

Refuses to judge what the codes mean. Theory: nearly every record is a sound report, so it is
decoded in one typed go. JSON's silent traps (the last of two equal keys wins, unknown attributes
are skipped, null may mean absent) all leave bytes over: what was decoded, written again, is the
shortest way to say it. So when its length accounts for every byte, or its quotes for every
quote, nothing is hidden. Whatever does not pass that gate takes the slow road: a plain JSON walk
that names the fault, then line by line, so that one bad line does not take its neighbours along.
Both roads give the same reading.
"""

import json
import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Any, Final, Literal, TypeVar, cast

import msgspec

from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import (
    BODIES,
    BYTES_MAX,
    LINES_MAX,
    REPORT_TYPE,
    Envelope,
    Line,
    LooseReport,
    Report,
    Stamp,
)
from schemas.faults import fault_of, shown

DEPTH_MAX: Final = 16
"""Most objects and lists within each other; a sound saying has six."""
T = TypeVar("T")


class _Heard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The envelope of a report with nothing beside what it must have; its time as it was spelt."""

    specversion: Literal["1.0"]
    type: Literal["lumbung.report.v1"]
    id: str
    source: str
    time: msgspec.Raw
    data: Report


_FRAME: Final = len(
    f'{{"specversion":"1.0","type":"{REPORT_TYPE}","id":"","source":"","time":,"data":}}'
)
_FRAME_QUOTES: Final = 22  # six keys, and five values in quotes
_ATTRIBUTE: Final = re.compile(r"[a-z0-9]{1,20}")
_DIGITS_READ: Final = 20  # more digits than any whole number we take
_heard = msgspec.json.Decoder(_Heard).decode
_stamp = msgspec.json.Decoder(Stamp).decode
_envelope = msgspec.json.Decoder(Envelope)
_loose = msgspec.json.Decoder(LooseReport)
_line: Final = cast("msgspec.json.Decoder[Line]", msgspec.json.Decoder(Line))
_bodies: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(body) for name, body in BODIES.items()
}
_encode = msgspec.json.Encoder().encode


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A well-formed saying; `lines` are typed lines or what is wrong with them, in order.

    `body` is a `Report` when all lines are well-formed, else a `LooseReport`. `digest` is of the
    body as it was said: spaces, the order of keys and escapes do not change it; a default said
    aloud (priority normal) does.
    """

    type: str
    id: str
    source: str
    time: Stamp
    body: Any
    lines: list[Line | Rejection]
    digest: bytes


def read(value: bytes | None) -> Reading:
    """Read one record's bytes; raises `Unacceptable` with the reason and the field."""
    if not value:
        raise Unacceptable(Reason.EMPTY_VALUE)
    if len(value) > BYTES_MAX:
        raise Unacceptable(Reason.TOO_LARGE)
    try:
        heard = _heard(value)
        time = _stamp(heard.time)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return read_slowly(value)
    report = heard.data
    canon = _encode(report)
    if not _nothing_is_hidden(value, heard, canon):
        return read_slowly(value)
    _count(report.lines)
    lines = cast("list[Line | Rejection]", report.lines)
    return Reading(heard.type, heard.id, heard.source, time, report, lines, _digest(canon))


def raw_lines(value: bytes) -> tuple[bytes, ...]:
    """The exact bytes of each line of a report that `read` let pass."""
    return tuple(bytes(line) for line in _loose.decode(_envelope.decode(value).data).lines)


def _digest(canon: bytes) -> bytes:
    return blake2b(canon, digest_size=8).digest()


def _nothing_is_hidden(value: bytes, heard: _Heard, canon: bytes) -> bool:
    """True when every byte, or at least every quote, belongs to what was decoded."""
    spoken = _FRAME + len(heard.id) + len(heard.source) + len(memoryview(heard.time)) + len(canon)
    if spoken == len(value):
        return True
    # Spaces between tokens: without escapes each key and each text still has its two quotes.
    return b"\\" not in value and value.count(b'"') == canon.count(b'"') + _FRAME_QUOTES


# ------------------------------------------------------------------ the slow road
def read_slowly(value: bytes) -> Reading:
    """Read bytes of any type and any spelling, with the first fault by name."""
    _not_too_many(value)
    tree = _walk(value)
    envelope = _typed(_envelope, value, "")
    _attributes(tree)
    if envelope.specversion != "1.0":
        raise Unacceptable(Reason.UNKNOWN_SPECVERSION, "specversion")
    decoder = _bodies.get(envelope.type)
    if decoder is None:
        raise Unacceptable(Reason.UNKNOWN_TYPE, "type")
    lines: list[Line | Rejection] = []
    body: Any
    if envelope.type == REPORT_TYPE:
        body = _typed(_loose, envelope.data, "data")
        said = tree["data"]["lines"]
        lines = [_one_line(raw, said[n], n + 1) for n, raw in enumerate(body.lines)]
        whole = _whole_report(body, lines)
        body, canon = (whole, _encode(whole)) if whole else (body, _plain(tree["data"]))
    else:
        body = _typed(decoder, envelope.data, "data")
        _no_null(tree["data"], "data")
        canon = _encode(body)
    return Reading(
        envelope.type, envelope.id, envelope.source, envelope.time, body, lines, _digest(canon)
    )


def _not_too_many(value: bytes) -> None:
    """Count the lines of a report before the walk looks at each: twenty thousand fit 64 KiB."""
    try:
        envelope = _envelope.decode(value)
        lines = _loose.decode(envelope.data).lines if envelope.type == REPORT_TYPE else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return  # the walk will name what is wrong
    if lines is not None:
        _count(lines)


def _count(lines: list[Any]) -> None:
    if not 1 <= len(lines) <= LINES_MAX:
        raise Unacceptable(Reason.TOO_MANY_LINES if lines else Reason.NO_LINES, "data.lines")


def _attributes(tree: dict[str, Any]) -> None:
    """CloudEvents: attribute names are short and lower-case, values are single, null is absent."""
    for name, value in tree.items():
        if not _ATTRIBUTE.fullmatch(name):
            raise Unacceptable(Reason.UNKNOWN_FIELD, shown(name))
        if name != "data" and isinstance(value, (dict, list)):
            raise Unacceptable(Reason.WRONG_TYPE, name)


def _whole_report(loose: LooseReport, lines: list[Line | Rejection]) -> Report | None:
    """What the fast road would have read, when every line is well-formed."""
    sound = [line for line in lines if not isinstance(line, Rejection)]
    if len(sound) != len(lines):
        return None
    return Report(
        coop=loose.coop,
        device=loose.device,
        sequence=loose.sequence,
        lines=sound,
        repairs=loose.repairs,
    )


def _plain(tree: Any) -> bytes:
    return json.dumps(tree, sort_keys=True, separators=(",", ":")).encode()


def _one_line(raw: msgspec.Raw, said: Any, n: int) -> Line | Rejection:
    try:
        line = _typed(_line, raw, f"data.lines.{n}")
        _no_null(said, f"data.lines.{n}")
    except Unacceptable as fault:
        return Rejection(fault.reason, fault.field, n)
    return line


def _typed(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, where: str) -> T:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as exc:
        raise fault_of(str(exc), where) from exc
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise Unacceptable(Reason.JSON_MALFORMED, where) from exc


def _no_null(tree: Any, where: str) -> None:
    """Null would read as "not said" in some places and as a fault in others: it is a fault."""
    parts: Iterator[tuple[Any, Any]]
    if isinstance(tree, dict):
        parts = iter(tree.items())
    else:
        parts = enumerate(tree, 1) if isinstance(tree, list) else iter(())
    for name, part in parts:
        if part is None:
            raise Unacceptable(Reason.WRONG_TYPE, f"{where}.{name}")
        _no_null(part, f"{where}.{name}")


# ------------------------------------------------------------------ the plain walk
def _walk(value: bytes) -> dict[str, Any]:
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Unacceptable(Reason.NOT_UTF8) from exc
    try:
        tree = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole
        )
    except RecursionError as exc:
        raise Unacceptable(Reason.TOO_DEEP) from exc
    except ValueError as exc:
        raise Unacceptable(Reason.JSON_MALFORMED) from exc
    if not isinstance(tree, dict):
        raise Unacceptable(Reason.WRONG_TYPE)
    _no_deeper(tree)
    return tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) == len(pairs):
        return tree
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            break
        seen.add(name)
    raise Unacceptable(Reason.DUPLICATE_KEY, shown(name))


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _whole(digits: str) -> int | str:
    """Python refuses very long whole numbers, as malformed; here they are only out of range."""
    return int(digits) if len(digits) <= _DIGITS_READ else digits


def _no_deeper(tree: dict[str, Any]) -> None:
    """Level by level: what is wide is cheap to walk, what is deep is left early."""
    level: list[Any] = [tree]
    for _ in range(DEPTH_MAX):
        level = [
            part
            for parent in level
            for part in (parent.values() if type(parent) is dict else parent)
            if type(part) is dict or type(part) is list
        ]
        if not level:
            return
    raise Unacceptable(Reason.TOO_DEEP)


__all__ = ["Reading", "raw_lines", "read", "read_slowly"]
