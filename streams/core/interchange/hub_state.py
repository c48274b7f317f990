"""Decides what a hub writes down of its legs: the records and their keys in the changelog.

`leg/<match>|<side>` is a leg, alive or remembered; `fence/<family>` the youngest generation of the
market that spoke; `left/<hub>|<family>` what was last said to be left over; `out/<hub>|<family>`
the prices that the market told; `ask/<line>` that the owner of goods was asked whether they are
there. Of two records of a key the one of the higher version is kept.
"""

from typing import Final

import msgspec

from schemas.market import ActTold, LegSide, LegState, LegTold
from schemas.outlook import Spared
from streams.core.lifecycle import Life

_encode = msgspec.msgpack.Encoder().encode


class HubRecord(msgspec.Struct, array_like=True):
    """Base: compact, changed in place by the fold; `version` orders two of one key."""

    version: int


class Leg(HubRecord):
    """One end of a match: what is held, what was committed and how much of that was delivered.

    `since` is the tick of the round that asked for it; `until_ms` ends a hold, or the memory of
    what is over. `life` is how the match stood for this end when the market last told, in version
    `stood` of it; `acts` is what was done here since, after `heard` others. `asks` and `permits`
    are those that were asked for and held when it was granted.
    """

    match: str
    side: LegSide
    hub: str
    family: str
    line: str
    commodity: str
    state: LegState
    since: int
    until_ms: int
    generation: int
    held: int = 0
    committed: int = 0
    delivered: int = 0
    at_risk: str = ""
    reason: str = ""
    life: Life | None = None
    stood: int = 0
    grade: str = ""
    heard: int = 0
    acts: list[ActTold] = []
    asks: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Both legs of a match may lie in one partition."""
        return leg_name(self.match, self.side)

    @property
    def promised(self) -> int:
        """Micro base units of its line that nobody else may have."""
        return self.held + self.committed - self.delivered

    def told(self) -> LegTold:
        """The leg as the market hears of it."""
        return LegTold(
            match=self.match,
            side=self.side,
            hub=self.hub,
            family=self.family,
            line=self.line,
            state=self.state,
            quantity=self.held + self.committed,
            version=self.version,
            generation=self.generation,
            delivered=self.delivered,
            at_risk=self.at_risk,
            reason=self.reason,
            stood=self.stood,
            heard=self.heard,
            acts=tuple(self.acts),
            asks=self.asks,
            permits=self.permits,
        )


class Fence(HubRecord, gc=False):
    """The highest generation of the market heard for a family, and when."""

    generation: int
    at_ms: int


class LeftOver(HubRecord, gc=False):
    """The digest of the lines last told, so that they are told again only when they changed."""

    digest: bytes


class Heard(HubRecord):
    """What of its lines the market last told a hub to spare; nothing, too, when it is too old.

    `said` is the market's version of it, `at_ms` the time of its round; `moved` is the version of
    the record that last changed what the hub goes by.
    """

    said: int
    moved: int
    at_ms: int
    spared: tuple[Spared, ...] = ()


class Question(HubRecord, gc=False):
    """An owner was asked at a time whether goods are still there, for another hub wants them.

    `until_ms` is the cut-off up to which the answer counts as just given; -1 before any answer.
    """

    hub: str
    family: str
    at_ms: int
    until_ms: int = -1


_TYPES: Final[dict[str, type[HubRecord]]] = {
    "leg": Leg,
    "fence": Fence,
    "left": LeftOver,
    "out": Heard,
    "ask": Question,
}
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(cls) for kind, cls in _TYPES.items()}
KINDS: Final = frozenset(_TYPES)


def leg_name(match: str, side: LegSide) -> str:
    """The name of a leg."""
    return f"{match}|{side}"


def encode(record: HubRecord) -> bytes:
    """A record as changelog bytes."""
    return _encode(record)


def decode(kind: str, value: bytes) -> HubRecord:
    """A changelog record; raises `msgspec.DecodeError` when it is none of ours."""
    return _DECODERS[kind].decode(value)
