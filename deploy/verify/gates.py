"""Whether a sequence of a device was used before, and with which content.

The checker's own gate: plain sets. Everything up to `low` was used; a sequence more than 65,536
above it is too far; contents of the newest 256 are told apart. Nothing is ever forgotten.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

AHEAD_MAX: Final = 65_536
CONTENTS: Final = 256
_TRIM: Final = CONTENTS + 64
_OFFSET_BITS: Final = 48


class Use(Enum):
    """What a sequence means when it comes."""

    FRESH = "fresh"
    SAME = "used before, same content"
    OTHER = "used before, other content"
    OLD = "used long before"
    GIVEN_UP = "given up by the device"
    TOO_FAR = "too far ahead"


@dataclass(slots=True)
class Gate:
    """One device; a content is kept together with the offset that said it, in one number."""

    low: int = 0
    above: set[int] = field(default_factory=set)
    high: int = 0
    contents: dict[int, int] = field(default_factory=dict)

    def look(self, sequence: int, content: int) -> Use:
        """What this sequence with this content is."""
        if sequence - self.low > AHEAD_MAX:
            return Use.TOO_FAR
        if sequence > self.low and sequence not in self.above:
            return Use.FRESH
        if self.high - sequence >= CONTENTS:
            return Use.OLD
        known = self.contents.get(sequence)
        if known is None:
            return Use.GIVEN_UP
        return Use.SAME if known >> _OFFSET_BITS == content else Use.OTHER

    def use(self, sequence: int, content: int, offset: int) -> None:
        """The sequence is used now, by the record at `offset`."""
        self.high = max(self.high, sequence)
        if self.high - sequence < CONTENTS:
            self.contents[sequence] = content << _OFFSET_BITS | offset
        if len(self.contents) > _TRIM:
            newest = self.high - CONTENTS
            self.contents = {n: kept for n, kept in self.contents.items() if n > newest}
        self._mark(sequence, sequence)

    def give_up(self, first: int, last: int) -> bool:
        """These will never come; False when they reach too far."""
        if last - self.low > AHEAD_MAX:
            return False
        self._mark(max(first, self.low + 1), last)
        return True

    def first_use(self, sequence: int) -> int | None:
        """The offset that used a recent sequence."""
        known = self.contents.get(sequence)
        return None if known is None else known & (1 << _OFFSET_BITS) - 1

    def missing(self) -> int:
        """How many sequences below the highest never came and were not given up."""
        return max(self.above, default=self.low) - self.low - len(self.above)

    def marks(self) -> tuple[int, int]:
        """`low`, and a bit for each sequence used above it, the lowest first."""
        bits = 0
        for sequence in self.above:
            bits |= 1 << (sequence - self.low - 1)
        return self.low, bits

    def _mark(self, first: int, last: int) -> None:
        if first == last == self.low + 1 and not self.above:
            self.low = last
            return
        self.above.update(range(first, last + 1))
        while self.low + 1 in self.above:
            self.low += 1
            self.above.discard(self.low)
