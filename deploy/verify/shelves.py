"""The stock lines of one position, packed: four whole numbers a line.

A checker of ten million lines keeps every one of them, because a late count or a void may change
what any of them means. Decides the packing, and how a level follows from the lines. Refuses to
know which lines were taken back: it asks.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from deploy.verify.lines import Stock, Terms
from deploy.verify.words import UNSAID

Key = tuple[int, str, int, int, int]
"""time, device, sequence, line, part"""
IsVoid = Callable[[Key], bool]
_KINDS: Final = "cio"
_NOTHING: Final[Terms] = (UNSAID, UNSAID, 0, 0)


class Level(NamedTuple):
    """A position as it stands; amounts in millionths of the base unit."""

    on_hand: int
    floor: int
    expires: int
    min_lot: int
    keep: int


@dataclass(slots=True)
class Shelf:
    """One (commodity, grade, lot): per line its time, sequence, place and quantity.

    The place is the device's number, the line, the part and the kind in one number.
    """

    lines: "array[int]" = field(default_factory=lambda: array("q"))
    terms: dict[int, Terms] = field(default_factory=dict)

    def put(self, time_ms: int, device: int, sequence: int, line: Stock) -> None:
        """Keep a line; `device` is its number among the co-op's."""
        if line.terms is not None:
            self.terms[len(self.lines)] = line.terms
        place = (((device << 8 | line.n) << 16 | line.part) << 2) | _KINDS.index(line.kind)
        self.lines.extend((time_ms, sequence, place, line.quantity))

    def entries(self, devices: Sequence[str]) -> Iterator[tuple[int, Key, str, int]]:
        """Every line: where it stands, its key, its kind, its quantity."""
        held = self.lines
        for at in range(0, len(held), 4):
            time_ms, sequence, place, quantity = held[at : at + 4]
            key = (
                *(time_ms, devices[place >> 26], sequence),
                *(place >> 18 & 0xFF, place >> 2 & 0xFFFF),
            )
            yield at, key, _KINDS[place & 3], quantity

    def level(self, devices: Sequence[str], is_void: IsVoid | None) -> Level:
        """The newest count plus the movements after it; None where no line was taken back."""
        if is_void is None and not self.terms and (moved := self._moved()) is not None:
            return Level(moved, *_NOTHING)
        held = [
            entry for entry in self.entries(devices) if is_void is None or not is_void(entry[1])
        ]
        newest, on_hand = None, 0
        for _, key, kind, quantity in held:
            if kind == "c" and (newest is None or key > newest):
                newest, on_hand = key, quantity
        terms_key, terms = None, _NOTHING
        for at, key, kind, quantity in held:
            if kind != "c" and (newest is None or key > newest):
                on_hand += quantity if kind == "i" else -quantity
            speaks = kind == "c" or at in self.terms
            if speaks and (terms_key is None or key > terms_key):
                terms_key, terms = key, self.terms.get(at, _NOTHING)
        return Level(on_hand, *terms)

    def counted(self, devices: Sequence[str], is_void: IsVoid) -> Key | None:
        """The place of the newest count."""
        counts = [key for _, key, kind, _ in self.entries(devices) if kind == "c"]
        return max((key for key in counts if not is_void(key)), default=None)

    def _moved(self) -> int | None:
        """The sum of movements alone; None when there is a count."""
        places, quantities = self.lines[2::4], self.lines[3::4]
        kinds = [place & 3 for place in places]
        if 0 in kinds:
            return None
        pairs = zip(kinds, quantities, strict=True)
        return sum(quantity if kind == 1 else -quantity for kind, quantity in pairs)
