"""Decides what the market writes down: the records and their keys in the changelog.

`residual/<hub>|<family>` the latest lines of a hub; `done/<partition>` the last tick a hub
partition has finished; `match/<match>` a match with both its legs; `pair/<first match>` how often
a pair was tried and how long it rests; `family/<family>` what its last round came to;
`outlook/<hub>|<family>` what a hub was told to spare; `applied` how far the log is folded. Of two
records of a key the one of the higher version is kept.
"""

from typing import Any, Final

import msgspec

from schemas.market import LeftNeed, LeftOffer, LegSide, LegState
from schemas.outlook import Spared
from schemas.permits import Holder
from streams.core.interchange.protocol_table import OVER, Phase
from streams.core.interchange.terms import Part
from streams.core.lifecycle import Life
from streams.core.state import Step

APPLIED: Final = "applied"
_encode = msgspec.msgpack.Encoder().encode


class MarketRecord(msgspec.Struct, array_like=True):
    """Base: compact, changed in place by the fold; `version` orders two of one key."""

    version: int


class Lines(MarketRecord):
    """The latest residual of a hub and family, as told; `told` is the hub's version of it.

    `holders` says which permits owners of lines hold.
    """

    told: int
    hub: str
    family: str
    offers: tuple[LeftOffer, ...]
    needs: tuple[LeftNeed, ...]
    holders: tuple[Holder, ...] = ()
    inside_offers: tuple[LeftOffer, ...] = ()
    inside_needs: tuple[LeftNeed, ...] = ()


class DoneTick(MarketRecord, gc=False):
    """A hub partition has finished this tick."""

    tick: int


class End(msgspec.Struct, array_like=True, gc=False):
    """One leg as the market last heard of it; `told` is the hub's version, 0 before any answer.

    `coop` and `grade` are those of the line when it was matched. `stood` is the version of the
    match that its hub has heard of, `acted` how many acts of it are carried out, `gone` what of
    its goods has left, or arrived, by them. `asks` are permits that the other side must hold,
    `permits` those that its owner held when the two were matched.
    """

    side: LegSide
    hub: str
    line: str
    commodity: str
    asked: int
    least: int
    told: int = 0
    state: LegState | None = None
    quantity: int = 0
    agreed: int = 0
    at_risk: str = ""
    delivered: int = 0
    reason: str = ""
    coop: str = ""
    grade: str = ""
    stood: int = 0
    acted: int = 0
    gone: int = 0
    asks: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """True when the hub said that the leg is no more."""
        return self.state in OVER


class Between(MarketRecord):
    """A match between hubs: both legs, what was proposed, and where it stands.

    `given` and `quantity` are micro of the offer's and of the need's commodity; they differ only
    where a process lies between. `reason` is why it is over, `steps` what people saw of its life.
    `surplus` is whole rupiah per base unit received, `needed_day` the last day of use, -1 where
    none was said. `life` is in the goods received; `stands` is the version of the record that last
    changed it, `moved_ms` when that was; `settled` that the pair may be matched anew. `pool` names
    the `pooled` matches that are shares of one trade, which is of at least `lots`, micro of the
    offer's commodity and of the need's. `freezes_ms` is when hubs with cut-offs decided on it.
    `grains` are what amounts of the goods given, and received, are whole multiples of, in micro.
    """

    match: str
    family: str
    n: int
    phase: Phase
    offer: End
    need: End
    given: int
    quantity: int
    price: int
    buyer_price: int
    leg_cost: int
    processing: int
    days: int
    parts: tuple[Part, ...]
    certified: bool
    digest: str
    tick: int
    created_ms: int
    reason: str = ""
    ended_ms: int = -1
    surplus: int = 0
    needed_day: int = -1
    steps: list[Step] = []
    life: Life | None = None
    stands: int = 0
    moved_ms: int = 0
    settled: bool = False
    pool: str = ""
    pooled: int = 0
    lots: tuple[int, int] = (0, 0)
    partner: str = ""
    freezes_ms: int = -1
    grains: tuple[int, int] = (1, 1)

    @property
    def ends(self) -> tuple[End, End]:
        """The legs, the goods first."""
        return self.offer, self.need

    @property
    def shown(self) -> bool:
        """Whether people have seen it."""
        return self.life is not None

    @property
    def state(self) -> str:
        """What people see; empty before they do."""
        return "" if self.life is None else str(self.life.state)


class Pair(MarketRecord, gc=False):
    """An offer and a need that were brought together: `n` matches of it are over.

    It rests until a time, and until each hub in `after` has told something newer of its lines.
    """

    family: str
    offer: str
    need: str
    n: int
    rest_until_ms: int = 0
    after: tuple[tuple[str, int], ...] = ()


class Family(MarketRecord, gc=False):
    """A family's last round: its tick, the partitions not waited for, proof; and what is new.

    `tried` is how many rounds on end were only told of, for hubs to make up their minds.
    """

    is_dirty: bool = True
    tick: int = 0
    solved: int = 0
    missing: tuple[int, ...] = ()
    certified: bool = True
    method: str = ""
    gap: int = 0
    digest: str = ""
    shipments: int = 0
    tried: int = 0


class Told(MarketRecord):
    """What of its lines a hub was last told to spare, and of which round."""

    hub: str
    family: str
    tick: int
    at_ms: int
    spared: tuple[Spared, ...]


class AppliedTo(MarketRecord, gc=False):
    """How far the log is folded, and what time it is there; `round` is the last one begun.

    `owed` is the work of rounds beyond what their ticks had room for, microseconds; `heard` is
    when the newest cut-off of each zone was heard of.
    """

    offset: int = -1
    epoch: int = 0
    as_of_ms: int = 0
    tick: int = 0
    round: int = 0
    owed: int = 0
    heard: tuple[int, int, int] = (0, 0, 0)


_TYPES: Final[dict[str, type[MarketRecord]]] = {
    "residual": Lines,
    "done": DoneTick,
    "match": Between,
    "pair": Pair,
    "family": Family,
    "outlook": Told,
    APPLIED: AppliedTo,
}
_DECODERS: Final[dict[str, Any]] = {
    kind: msgspec.msgpack.Decoder(cls) for kind, cls in _TYPES.items()
}


def encode(record: MarketRecord) -> bytes:
    """A record as changelog bytes."""
    return _encode(record)


def decode(kind: str, value: bytes) -> MarketRecord:
    """A changelog record; raises `msgspec.DecodeError` when it is none of ours."""
    record: MarketRecord = _DECODERS[kind].decode(value)
    return record
