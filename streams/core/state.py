"""Decides the records of a partition's state and their keys in the changelog.

One table, one changelog: `coop/<actor>` (gates, levels, orders, plans),
`said/<actor>|<device>|<n>` (a judged saying, kept for late counts and voids), `deal/<match>`,
`round/<hub>|<family>` (what the last solution left over and why), `odd/<offset>` (a sound record
that the state refused), `mended/<dead letter>` (which report mended it) and `applied` (how far the
log is folded, and the partition's sense of time). Every record carries the version of the input
record that last changed it, so that recovery can keep the newest.
"""

from functools import lru_cache
from typing import Final

import msgspec

from schemas.commodity import UNGRADED
from schemas.judged import JudgedLine

Key = tuple[int, str, int, int]
"""Order of sayings: time in ms, device, sequence, line * 4096 + part of a conversion."""
NO_KEY: Final[Key] = (-1, "", 0, 0)
APPLIED: Final = b"applied"


class State(msgspec.Struct, array_like=True):
    """Base of the state records: compact, changed in place by the fold."""


class Gate(State, gc=False):
    """One device: every sequence up to `low` was seen; `bits` marks those above it, lowest first.

    `digests` holds four bytes for each of the newest 256 sequences, at sequence mod 256.
    """

    low: int = 0
    bits: bytes = b""
    digests: bytearray = msgspec.field(default_factory=bytearray)
    high: int = 0


class Ground(State, gc=False):
    """What sayings up to a moment amount to: micro base units, the count under them, the terms."""

    on_hand: int = 0
    count_key: Key = NO_KEY
    newest_key: Key = NO_KEY
    terms_key: Key = NO_KEY
    floor: int = -1
    expires_day: int = -1
    min_lot: int = 0
    keep: int = 0


class Level(Ground, gc=False):
    """A position as it stands; `base` is what its forgotten lines amount to."""

    last_ms: int = 0
    version: int = 0
    base: Ground | None = None


class Plan(State, gc=False):
    """Goods to be ready on a day, as newest said; `under` is an older one whose line is gone."""

    quantity: int
    key: Key
    version: int
    under: tuple[int, Key] | None = None


class Revision(State, gc=False):
    """What one saying changes of an order; see `schemas.judged.OrderLine`."""

    key: Key
    kind: str
    commodity: str
    grade: str
    quantity: int
    unit: str
    ceiling: int
    needed_day: int
    priority: str
    market: str
    min_lot: int


class Order(State):
    """All sayings of one order, by revision; what it amounts to is folded from them.

    `under` holds older sayings of a revision whose lines are gone, should the newer be taken back.
    """

    revisions: dict[int, Revision] = {}
    version: int = 0
    under: dict[int, Revision] = {}


class Term(State):
    """On what terms a line stands on a contract; days count since 1970, both ends hold.

    `key` is the place of what said it; `position` is that of the goods a supply counts, "" where
    goods are bought: then the order bears the tag. `permits` are in small letters.
    """

    key: Key
    tag: str
    position: str
    site: str
    since_day: int
    until_day: int
    permits: list[str] = []


class Coop(State):
    """All that is known of one actor: a co-op, or a hub that decides.

    `marks` is by commodity the version of what last touched it here, and outlives what it touched.
    `voids` is by line the times at which it was taken back: one that holds, or all that may yet.
    `moves` is by position what matches brought or took, micro, with its place among sayings;
    `filled` is by `order|commodity` what was received for an order, micro base units.
    `contracts` is by `device|sequence` of what said them the terms of contracts; `outlet` and
    `permits` are of its profile, permits in small letters.
    """

    version: int = 0
    last_ms: int = 0
    gates: dict[str, Gate] = {}
    levels: dict[str, Level] = {}
    plans: dict[str, Plan] = {}
    orders: dict[str, Order] = {}
    marks: dict[str, int] = {}
    voids: dict[str, list[int]] = {}
    packs: dict[str, int] = {}
    mandates: list[tuple[str, int, int]] = []
    profile_key: Key = NO_KEY
    moves: dict[str, list[tuple[Key, int]]] = {}
    filled: dict[str, int] = {}
    contracts: dict[str, Term] = {}
    outlet: bool = False
    permits: list[str] = []


class Said(State, gc=False):
    """A judged saying that passed the gate: offset, time, its sound lines, what was refused."""

    offset: int
    time_ms: int
    lines: tuple[JudgedLine, ...]
    refused: tuple[tuple[int, str, str], ...] = ()
    recorded_ms: int = 0


class Step(State, gc=False):
    """One moment in the life of a match."""

    state: str
    at_ms: int
    actor: str
    reason: str = ""


class Deal(State):
    """A match inside the hub, as it stands, with its life; see `streams.core.deal_life`.

    `granted` is what its offer holds for it until both have said yes, -1: all that it proposes.
    From `shipped` on: what left, arrived sound, arrived and was not taken, never arrived, and
    was agreed on and given up before it left. `stood` is what it proposed before it was last
    solved again, nothing when it is new: what grew is told after what shrank. `freezes_ms` is when
    a draft is proposed, `asked_ms` when its owner was asked whether the goods are there,
    `opened_ms` when somebody looked; each -1 when never. `partner` is the tag of the contract that
    an end of it stands on, "" where none does.
    """

    version: int
    match: str
    state: str
    offer: str
    need: str
    n: int
    family: str
    commodity: str
    grade: str
    lot: str
    order: str
    from_coop: str
    to_coop: str
    quantity: int
    price: int
    leg_cost: int
    leg_mode: str
    leg_days: int
    certified: bool
    tick: int
    digest: str
    expires_ms: int
    arrive_day: int
    at_risk: str
    accepted_from: bool
    accepted_to: bool
    surplus: int
    steps: list[Step]
    granted: int = -1
    counters: int = 0
    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0
    released: int = 0
    stood: int = 0
    freezes_ms: int = -1
    asked_ms: int = -1
    opened_ms: int = -1
    partner: str = ""


class WhyNot(State, gc=False):
    """Why a line found no match: offer or need, quantity left, the reason's code and figures."""

    kind: str
    coop: str
    commodity: str
    quantity: int
    reason: str
    figures: dict[str, int | str] = {}


class Round(State):
    """What the last solution of a family in a hub left unmatched, and when it was solved."""

    version: int
    certified: bool
    left: dict[str, WhyNot] = {}


class Odd(State, gc=False):
    """A sound record that the state refused whole: kept until its verdict is surely delivered."""

    offset: int
    reason: str
    field: str


class Mended(State, gc=False):
    """The report that mended a dead letter: its offset and its id. Never forgotten."""

    offset: int
    by: str


class Applied(State, gc=False):
    """How far the log is folded, and the partition's own time, which only ticks move."""

    offset: int = -1
    epoch: int = 0
    as_of_ms: int = 0
    tick: int = 0
    day: int = 0
    day_version: int = 0
    swept: str = ""
    tick_offset: int = 0


_encode = msgspec.msgpack.Encoder().encode
_TYPES: Final[dict[bytes, type[State]]] = {
    b"coop": Coop,
    b"said": Said,
    b"deal": Deal,
    b"round": Round,
    b"applied": Applied,
    b"odd": Odd,
    b"mended": Mended,
}
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(cls) for kind, cls in _TYPES.items()}


def encode(record: State) -> bytes:
    """A state record as changelog bytes."""
    return _encode(record)


def decode(key: bytes, value: bytes) -> State:
    """A changelog record; raises `msgspec.DecodeError` when it is none of ours."""
    return _DECODERS[key.partition(b"/")[0]].decode(value)


def version_in(record: State) -> int:
    """What orders two records of one key."""
    if isinstance(record, Applied | Said | Odd | Mended):
        return record.offset
    version: int = getattr(record, "version", 0)
    return version


@lru_cache(maxsize=65_536)
def position_key(commodity: str, grade: str, lot: str) -> str:
    """The name of a position inside its co-op; what has no grade is UNGRADED.

    The same string for all co-ops: they keep millions of these.
    """
    return f"{commodity}|{grade or UNGRADED}|{lot}"


def line_key(time_ms: int, device: str, sequence: int, n: int, part: int) -> Key:
    """The place of a line in the order of sayings."""
    return (time_ms, device, sequence, n << 12 | part)
