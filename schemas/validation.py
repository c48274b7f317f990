"""Decides whether one record is a saying to be kept: bytes in, a judged saying or a rejection out.

The clock here is the record's own Kafka timestamp, so judging the same record again, in any
process at any time, gives the same verdict. Refuses to know state: whether a sequence was used
before, whether an order or a match exists, is the core's to say. What a judge remembers between
records (names of known speakers, known goods) is what any record would find anew.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas.bodies import Bodies
from schemas.commodity import Catalogue
from schemas.decoding import Reading, raw_lines, read
from schemas.errors import Reason, Rejection, Unacceptable
from schemas.events import (
    Contract,
    Decision,
    LooseReport,
    Profile,
    Report,
    Tick,
    Voided,
)
from schemas.identity import COOP_FORM, DEVICE_FORM, HUB_FORM, CoopId, partition_of
from schemas.judged import Judged, JudgedLine
from schemas.register import Register
from schemas.resolving import NO_PACKS, Resolver
from schemas.units import Packs, UnitTable

SKEW_MAX_MS: Final = 10 * 60_000
"""How far ahead of its record a saying's time may lie."""
AGE_MAX_MS: Final = 400 * 86_400_000
"""How far back a saying's time may lie."""
TICK_KEY: Final = b"tick"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_SPEAKERS_MAX: Final = 100_000
_OF_ACTORS: Final = frozenset({Decision, Contract})
"""What a hub may say too; all else is said by a co-op."""


class _Speaker(NamedTuple):
    """A device of a known actor, found by the envelope's source; `named` opens each of its ids."""

    actor: str
    device: str
    hub: str
    home: int
    key: bytes
    named: str


class Judge:
    """Judges records of `lumbung.events.v1`, whose partition is that of the hub."""

    def __init__(
        self, catalogue: Catalogue, units: UnitTable, register: Register, partitions: int
    ) -> None:
        self._resolver = Resolver(catalogue, units)
        self._bodies = Bodies(self._resolver, catalogue, register)
        self._register = register
        self._partitions = partitions
        self._speakers: dict[str, _Speaker] = {}

    def judge(
        self,
        value: bytes | None,
        *,
        key: bytes | None,
        timestamp_ms: int,
        partition: int,
        packs_of: Callable[[str], Packs] | None = None,
    ) -> Judged | Rejection:
        """A judged saying, some of whose lines may be rejected, or one rejection of the whole.

        A rejection's `coop` is the co-op that the record's key names; without a key, the body's.
        """
        actor = ""
        try:
            reading = read(value)
            body = reading.body
            said = type(body)
            if said is Tick:
                return _tick(reading, key, _time_ms(reading, timestamp_ms))
            actor = body.actor if said in _OF_ACTORS else body.coop
            time_ms = _time_ms(reading, timestamp_ms)
            speaker = self._speaker(reading, actor, key, partition)
            if said is Report or said is LooseReport:
                repairs = body.repairs
                self._bodies.repairs(body, partition)
                packs = packs_of(actor) if packs_of else NO_PACKS
                lines, faults = self._lines(reading, actor, packs)
            else:
                self._bodies.check(body, speaker.hub)
                lines, faults, repairs = self._bodies.lines(body), (), ""
        except Unacceptable as fault:
            return Rejection(fault.reason, fault.field, 0, _whose(actor, key))
        raws = raw_lines(value) if faults and value else ()
        # The speaker's own strings, met before: looking them up again costs no comparing.
        who = (reading.type, reading.id, speaker.actor, speaker.hub, speaker.device)
        what = (lines, faults, raws, None if reading.lines else body, repairs)
        return Judged(*who, body.sequence, time_ms, reading.digest, *what)

    # ---------------------------------------------------------- envelope
    def _speaker(
        self, reading: Reading, actor: str, key: bytes | None, partition: int
    ) -> _Speaker:
        """Who speaks: the envelope, the body, the record's key and its place must agree."""
        body = reading.body
        speaker = self._speakers.get(reading.source)
        if speaker is None or speaker.actor != actor or speaker.device != body.device:
            speaker = self._introduce(reading, actor)
        if reading.id != f"{speaker.named}{body.sequence}":
            raise Unacceptable(Reason.ID_MISMATCH, "id")
        if key is not None and key != speaker.key:
            raise Unacceptable(Reason.KEY_MISMATCH, "key")
        if speaker.home != partition:
            raise Unacceptable(Reason.WRONG_PARTITION, "partition")
        if actor == speaker.hub and type(body) not in _OF_ACTORS:
            raise Unacceptable(Reason.COOP_MALFORMED, "data.coop")
        return speaker

    def _introduce(self, reading: Reading, actor: str) -> _Speaker:
        """A speaker not met before; a hub speaks in its own book, a co-op in that of its hub."""
        body = reading.body
        field = "data.actor" if type(body) in _OF_ACTORS else "data.coop"
        if HUB_FORM.fullmatch(actor):
            known, hub, kind = self._register.is_hub(actor), actor, "hubs"
        elif COOP_FORM.fullmatch(actor):
            known, kind = self._register.is_coop(actor), "coops"
            hub = str(self._register.hub_of(CoopId(actor)))
        else:
            raise Unacceptable(Reason.COOP_MALFORMED, field)
        if not known:
            raise Unacceptable(Reason.UNKNOWN_COOP, field)
        device = body.device
        if not DEVICE_FORM.fullmatch(device):
            raise Unacceptable(Reason.DEVICE_MALFORMED, "data.device")
        if reading.source != f"/{kind}/{actor}/devices/{device}":
            raise Unacceptable(Reason.SOURCE_MISMATCH, "source")
        home = partition_of(hub, self._partitions)
        speaker = _Speaker(actor, device, hub, home, actor.encode(), f"{actor}:{device}:")
        if len(self._speakers) >= _SPEAKERS_MAX:
            self._speakers.clear()
        self._speakers[reading.source] = speaker
        return speaker

    # ---------------------------------------------------------- content
    def _lines(
        self, reading: Reading, coop: str, packs: Packs
    ) -> tuple[tuple[JudgedLine, ...], tuple[Rejection, ...]]:
        sound: list[JudgedLine] = []
        faults: list[Rejection] = []
        resolvers = self._resolver.by_type
        line: Any
        for n, line in enumerate(reading.lines, 1):
            kind = type(line)
            if kind is Rejection:
                faults.append(Rejection(line.reason, line.field, n, coop))
                continue
            try:
                if kind is Voided:
                    _own_line(line, coop)
                resolvers[kind](line, n, packs, sound)
            except Unacceptable as fault:
                faults.append(Rejection(fault.reason, f"data.lines.{n}.{fault.field}", n, coop))
        return tuple(sound), tuple(faults)

    def packs(self, profile: Profile) -> Packs:
        """The packs a sound profile declares: (commodity, word) -> micro base units."""
        return self._bodies.packs(profile)

    def amount(self, commodity: str, unit: str, stated_micro: int, packs: Packs) -> int | None:
        """Micro base units of an amended quantity, now that its order's commodity is known.

        None when the unit does not fit the commodity or the amount is out of bounds.
        """
        return self._resolver.amount(commodity, unit, stated_micro, packs)


def _time_ms(reading: Reading, timestamp_ms: int) -> int:
    time_ms = (reading.time - _EPOCH) // _MS
    if time_ms > timestamp_ms + SKEW_MAX_MS:
        raise Unacceptable(Reason.TIME_IN_FUTURE, "time")
    if time_ms < timestamp_ms - AGE_MAX_MS:
        raise Unacceptable(Reason.TIME_TOO_OLD, "time")
    return time_ms


def _whose(actor: str, key: bytes | None) -> str:
    """The co-op a rejection is shown to: nobody may put one on another's list."""
    coop = actor if key is None else key.decode("ascii", "replace")
    return coop if COOP_FORM.fullmatch(coop) else ""


def _own_line(line: Voided, coop: str) -> None:
    other, colon, _ = line.line.partition(":")
    if other != coop and colon and COOP_FORM.fullmatch(other):
        raise Unacceptable(Reason.VOID_OF_ANOTHER, "line")


def _tick(reading: Reading, key: bytes | None, time_ms: int) -> Judged:
    tick = reading.body.tick
    if key != TICK_KEY or reading.id != f"tick:{tick}":
        raise Unacceptable(Reason.TICK_MALFORMED, "data.tick")
    return Judged(reading.type, reading.id, "", "", "", tick, time_ms, reading.digest)
