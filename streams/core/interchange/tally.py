"""Decides how hubs and the market notice that they know different leftovers.

What a hub partition has told a market partition of its families adds up to one number, whatever
the order: the sum of a digest of each family's name and the version last told. Both sides keep it
as leftovers come and go; it travels with the word that a tick is done. When the numbers differ
something never arrived (its teller died before it left, twice over), and the market asks for all
of it anew. Refuses to know what is left over.
"""

from collections import defaultdict
from hashlib import blake2b
from typing import Final

_BITS: Final = 63
_MASK: Final = (1 << _BITS) - 1


class Tally:
    """Sums by the partition that the other side lives in; a family counts once, as last told."""

    def __init__(self) -> None:
        self._sums: defaultdict[int, int] = defaultdict(int)
        self._told: dict[str, tuple[int, int, int]] = {}

    def put(self, name: str, place: int, version: int) -> None:
        """Of `hub|family`, whose other side is `place`, this version is what was told last."""
        before = self._told.get(name)
        if before is not None:
            if before[:2] == (place, version):
                return
            self._sums[before[0]] -= before[2]
        stands = token(name, version)
        self._told[name] = (place, version, stands)
        self._sums[place] += stands

    def sum(self, place: int) -> int:
        """What was told to, or heard from, a partition: 0 to 2**63 - 1."""
        return self._sums[place] & _MASK


def token(name: str, version: int) -> int:
    """A number that says which version of which family."""
    digest = blake2b(f"{name}@{version}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") & _MASK
