"""Names of things, and what follows from a name alone: its form, its partition, the id of a match.

Decides the ASCII form of every id, the book (hub) a co-op's name leads to, Kafka's murmur2 and the
deterministic match id. Refuses to know which co-ops or commodities exist: `schemas.register` and
`schemas.commodity` know, from data.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple, NewType

CoopId = NewType("CoopId", str)
HubId = NewType("HubId", str)
DeviceId = NewType("DeviceId", str)
CommodityCode = NewType("CommodityCode", str)
FamilyCode = NewType("FamilyCode", str)
GradeCode = NewType("GradeCode", str)
LotId = NewType("LotId", str)
OrderId = NewType("OrderId", str)
MatchId = NewType("MatchId", str)

# Use `fullmatch`: `$` lets a trailing newline pass. Digits are spelt out: `\d` is every script.
COOP_FORM: Final = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[1-3][0-9]{3}")
HUB_FORM: Final = re.compile(r"[0-9]{2}\.[0-9]{2}")
DEVICE_FORM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
COMMODITY_FORM: Final = re.compile(r"[A-Z0-9-]{3,24}")
GRADE_FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}")
TAG_FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9./_-]{0,31}")  # orders and lots; case matters
MATCH_FORM: Final = re.compile(r"[A-Z2-7]{16}")

_MASK: Final = 0xFFFFFFFF
_MURMUR_SEED: Final = 0x9747B28C
_MURMUR_STEP: Final = 0x5BD1E995


class Alias(NamedTuple):
    """A book that keeps the positions of a region whose code is new, from a day on."""

    book: HubId
    since: date


NO_ALIASES: Final[Mapping[str, Alias]] = {}
_ALIAS_LENGTHS: Final = (13, 8, 5)  # a village, a kecamatan, a regency: the narrowest name wins


def hub_of(
    coop: CoopId, aliases: Mapping[str, Alias] = NO_ALIASES, on: date | None = None
) -> HubId:
    """Give the book of a co-op on a day (None: with every alias in the table in force).

    `coop` must have the form of a village code. A book is never re-keyed: when a region is split
    or renamed, its new code gets an alias to the book that already holds its positions.
    """
    if aliases:
        for length in _ALIAS_LENGTHS:
            alias = aliases.get(coop[:length])
            if alias is not None and (on is None or alias.since <= on):
                return alias.book
    return HubId(coop[:5])


def murmur2(key: bytes) -> int:
    """Hash as Kafka's default partitioner does: unsigned 32 bits, seed 0x9747b28c."""
    length = len(key)
    whole = length - length % 4
    h = _MURMUR_SEED ^ length
    for at in range(0, whole, 4):
        k = int.from_bytes(key[at : at + 4], "little") * _MURMUR_STEP & _MASK
        k = (k ^ k >> 24) * _MURMUR_STEP & _MASK
        h = h * _MURMUR_STEP & _MASK ^ k
    if whole < length:
        h = (h ^ int.from_bytes(key[whole:], "little")) * _MURMUR_STEP & _MASK
    h = (h ^ h >> 13) * _MURMUR_STEP & _MASK
    return h ^ h >> 15


@lru_cache(maxsize=8192)
def partition_of(key: str, partitions: int) -> int:
    """Give the partition of a hub (or family), 0 to `partitions` - 1, as any client would."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""What names of matches are spelt in: five bits a letter."""
# Two letters of base 32 at a time: the standard library's encoder takes four times as long.
_PAIRS: Final = tuple(a + b for a in LETTERS for b in LETTERS)


def match_bits(tier: int, offer: str, need: str, n: int) -> bytes:
    """Give the 80 bits (of BLAKE2b) behind the name of a match.

    Lengths stand before the names, so that no two pairs share one text.
    """
    text = f"{tier}|{len(offer)}|{offer}|{len(need)}|{need}|{n}"
    return blake2b(text.encode(), digest_size=10).digest()


def match_id(tier: int, offer: str, need: str, n: int) -> MatchId:
    """Name a match by what it is: tier, offer, need, n earlier finished matches of the pair.

    Sixteen characters A-Z2-7, the same in every process and for ever, that spell `match_bits`.
    """
    word = int.from_bytes(match_bits(tier, offer, need, n), "big")
    low, high, pairs = word & 0xFFFFFFFFFF, word >> 40, _PAIRS
    return MatchId(
        pairs[high >> 30]
        + pairs[high >> 20 & 1023]
        + pairs[high >> 10 & 1023]
        + pairs[high & 1023]
        + pairs[low >> 30]
        + pairs[low >> 20 & 1023]
        + pairs[low >> 10 & 1023]
        + pairs[low & 1023]
    )
