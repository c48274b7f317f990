"""The wire form of what a device says: lines to the bytes of a report, or a decision to its own.

Decides the id (``<coop>:<device>:<sequence>``), the source, the zone the time is written in (the
village's own) and how many lines make a report. Refuses to know whether a line is sound: the judge
does, once, for everybody.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import msgspec

from schemas.events import (
    BYTES_MAX,
    LINES_MAX,
    REPORT_TYPE,
    Contract,
    Decision,
    Line,
    Profile,
    Report,
    ReportEnvelope,
    Stamp,
)
from schemas.identity import HUB_FORM
from schemas.register import UTC_OFFSET_HOURS

CONTRACT_TYPE: Final = "lumbung.contract.v1"
DECISION_TYPE: Final = "lumbung.decision.v1"
PROFILE_TYPE: Final = "lumbung.profile.v1"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_JAKARTA_HOURS: Final = 7
_ZONES: Final = {
    hours: timezone(timedelta(hours=hours))
    for hours in {*UTC_OFFSET_HOURS.values(), _JAKARTA_HOURS}
}
_encode: Final = msgspec.json.Encoder().encode


class _ActEnvelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A saying that is no report whole, as it is written."""

    specversion: str
    type: str
    id: str
    source: str
    time: Stamp
    data: Decision | Contract | Profile


def report_id(coop: str, device: str, sequence: int) -> str:
    """Name a report: the same in every re-send."""
    return f"{coop}:{device}:{sequence}"


def zone_of(coop: str) -> timezone:
    """Give the village's zone: WIB, WITA or WIT; WIB where the province is unknown."""
    return _ZONES[UTC_OFFSET_HOURS.get(coop[:2], _JAKARTA_HOURS)]


def local_time(coop: str, at_ms: int) -> datetime:
    """Give a moment as the village's clock shows it."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone_of(coop))


def report_value(  # noqa: PLR0913 - one argument for each part of a report
    coop: str,
    device: str,
    sequence: int,
    lines: Sequence[Line],
    said_ms: int,
    *,
    repairs: str = "",
) -> bytes:
    """Give the bytes of a report of 1 to 200 lines said at `said_ms`; at most 64 KiB.

    `repairs` names the dead letter that it mends, if any.

    More lines or bytes are a broken program (AssertionError): split with `portions` first.
    """
    assert 1 <= len(lines) <= LINES_MAX, f"{len(lines)} lines in one report"
    value = _encode(
        ReportEnvelope(
            specversion="1.0",
            type=REPORT_TYPE,
            id=report_id(coop, device, sequence),
            source=f"/coops/{coop}/devices/{device}",
            time=local_time(coop, said_ms),
            data=Report(
                coop=coop, device=device, sequence=sequence, lines=list(lines), repairs=repairs
            ),
        )
    )
    assert len(value) <= BYTES_MAX, f"{len(value)} bytes in one report"
    return value


def decision_value(decision: Decision, said_ms: int) -> bytes:
    """Give the bytes of a decision that a co-op or its hub took at `said_ms`."""
    return _act_value(DECISION_TYPE, decision.actor, decision, said_ms)


def contract_value(contract: Contract, said_ms: int) -> bytes:
    """Give the bytes of a contract that a partner's officer said at `said_ms`."""
    return _act_value(CONTRACT_TYPE, contract.actor, contract, said_ms)


def profile_value(profile: Profile, said_ms: int) -> bytes:
    """Give the bytes of a co-op's profile said at `said_ms`."""
    return _act_value(PROFILE_TYPE, profile.coop, profile, said_ms)


def _act_value(name: str, actor: str, act: Decision | Contract | Profile, said_ms: int) -> bytes:
    kind = "hubs" if HUB_FORM.fullmatch(actor) else "coops"
    return _encode(
        _ActEnvelope(
            specversion="1.0",
            type=name,
            id=report_id(actor, act.device, act.sequence),
            source=f"/{kind}/{actor}/devices/{act.device}",
            time=local_time(actor, said_ms),
            data=act,
        )
    )


def portions(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """Split lines, in order, into reports that keep both bounds (200 lines, 64 KiB)."""
    room = BYTES_MAX - 1024  # the envelope takes under 600 bytes
    start = size = 0
    for at, line in enumerate(lines):
        more = len(_encode(line)) + 1
        if at > start and (at - start == LINES_MAX or size + more > room):
            yield lines[start:at]
            start, size = at, 0
        size += more
    if start < len(lines):
        yield lines[start:]
