"""A match as one record tells it: what it says, what follows from it, and its name.

Decides how the bytes of a record of the matches are read, and the id that a match must have.
Refuses to know what may follow what: `matches` does.
"""

from base64 import b32encode
from hashlib import blake2b
from math import gcd
from typing import Final

import msgspec

from deploy.verify.derived import EPOCH
from deploy.verify.lives import HOLDING, LUMBUNG, Amounts, Parties
from deploy.verify.log import Log
from deploy.verify.words import micro

MATCH_TYPE: Final = "lumbung.match.v1"
_PIECE: Final = 1_000_000
_GRAM: Final = 1_000
"""Millionths of the base unit in what nobody can count, or weigh, a part of."""
_YES: Final = frozenset({"proposed", "countered", "accepted"})


class Step(msgspec.Struct, frozen=True, gc=False):
    """One moment in a life."""

    state: str
    at_ms: int
    actor: str
    reason: str = ""


class MatchRecord(msgspec.Struct, frozen=True):
    """A match as one record tells it."""

    match_id: str
    tier: int
    state: str
    offer: str
    need: str
    commodity: str
    to_commodity: str
    family: str
    grade: str
    lot: str
    quantity: str
    unit: str
    from_coop: str
    from_hub: str
    to_coop: str
    to_hub: str
    price: int
    leg_cost: int
    leg_days: int
    tick: int
    version: int
    history: list[Step]
    to_quantity: str = ""
    shipped_quantity: str = "0"
    received_quantity: str = "0"
    refused_quantity: str = "0"
    lost_quantity: str = "0"
    held_quantity: str = ""
    expires_ms: int = -1
    ship_by_day: int = -1
    arrive_by_day: int = -1
    payment: str = "none"
    pool: str = ""
    pooled: int = 0
    freezes_ms: int = -1
    asked_ms: int = -1
    opened_ms: int = -1
    partner: str = ""
    to_unit: str = ""

    @property
    def micro(self) -> int:
        """Its quantity in millionths of the base unit."""
        return micro(self.quantity)

    @property
    def at(self) -> int:
        """The version within its epoch: the offset of the input record, and one."""
        return self.version % EPOCH

    @property
    def amounts(self) -> Amounts:
        """What became of its quantity, in millionths; ValueError when one is no decimal."""
        return Amounts(
            micro(self.quantity),
            micro(self.shipped_quantity),
            micro(self.received_quantity),
            micro(self.refused_quantity),
            micro(self.lost_quantity),
        )

    @property
    def held(self) -> int:
        """What its offer may give to nobody else, in millionths; what is not said follows."""
        if self.held_quantity:
            return micro(self.held_quantity)
        left = self.micro - micro(self.shipped_quantity)
        return max(0, left) if self.state in HOLDING - {"shipped"} else 0

    @property
    def parties(self) -> Parties:
        """Who it is between."""
        return Parties(self.from_coop, self.from_hub, self.to_coop, self.to_hub)

    @property
    def is_held(self) -> bool:
        """Whether a side has said yes."""
        said = (step for step in self.history[1:] if step.actor != LUMBUNG)
        return any(step.state in _YES for step in said)

    @property
    def is_frozen(self) -> bool:
        """Whether it was a draft, was proposed, and nobody has answered yet."""
        return self.history[0].state == "draft" and self.state == "proposed"

    @property
    def held_still(self) -> bool:
        """Whether rounds may have left it alone before anybody said yes."""
        return self.opened_ms >= 0 or (
            self.history[0].state == "draft"
            and any(step.state == "proposed" for step in self.history)
        )


class _Versioned(msgspec.Struct, gc=False):
    version: int


class _Any(msgspec.Struct, gc=False):
    type: str
    data: msgspec.Raw


read_any = msgspec.json.Decoder(_Any).decode
read_match = msgspec.json.Decoder(MatchRecord).decode
read_version = msgspec.json.Decoder(_Versioned).decode


def newest_in(log: Log, topic: str, partition: int) -> dict[str, MatchRecord]:
    """The newest of each match in a partition; what cannot be read is left to others."""
    newest: dict[str, MatchRecord] = {}
    for record in log.records(topic, partition):
        try:
            found = read_any(record.value or b"")
            said = read_match(found.data) if found.type == MATCH_TYPE else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        held = None if said is None else newest.get(said.match_id)
        if said is not None and (held is None or held.version <= said.version):
            newest[said.match_id] = said
    return newest


def grains_of(said: MatchRecord, given: int, taken: int) -> tuple[int, int]:
    """What amounts given, and received, are multiples of: where goods are made, no nut is cut."""
    if said.commodity == said.to_commodity:
        return 1, 1
    one, other = (_PIECE if unit == "EA" else _GRAM for unit in (said.unit, said.to_unit))
    return gcd(one, given), gcd(other, taken)


def name_of(said: MatchRecord) -> str:
    """A match in a sentence."""
    return f"the match {said.match_id} of {said.offer} for {said.need}"


def match_id(tier: int, offer: str, need: str, n: int) -> str:
    """The id of the n-th match of a pair."""
    text = f"{tier}|{len(offer)}|{offer}|{len(need)}|{need}|{n}".encode()
    return b32encode(blake2b(text, digest_size=10).digest()).decode("ascii")
