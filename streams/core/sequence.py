"""Decides whether a device's sequence is fresh, seen or too far ahead; nothing is ever forgotten.

Every sequence up to a low-water mark was seen; a bitmap of 65,536 above it says which later ones
were. Of the newest 256 a digest is kept: the same sequence with other content is not a repetition.
"""

from enum import Enum
from typing import Final

from streams.core.state import Gate

WINDOW: Final = 65_536
DIGESTS: Final = 256
_BYTES: Final = 4


class Passage(Enum):
    """The gate's answer."""

    FRESH = "fresh"
    SEEN = "seen"
    REUSED = "reused"
    TOO_FAR = "too_far"


def look(gate: Gate | None, sequence: int, digest: bytes) -> Passage:
    """What the gate says of a sequence (from 1) without changing anything."""
    if gate is None:
        return Passage.FRESH if sequence <= WINDOW else Passage.TOO_FAR
    if sequence > gate.low:
        ahead = sequence - gate.low - 1
        if ahead >= WINDOW:
            return Passage.TOO_FAR
        byte, bit = divmod(ahead, 8)
        if byte >= len(gate.bits) or not gate.bits[byte] >> bit & 1:
            return Passage.FRESH
    if gate.high - sequence >= DIGESTS:
        return Passage.SEEN
    at = sequence % DIGESTS * _BYTES
    # A sequence given up has no digest: whatever is sent for it now comes too late.
    return Passage.SEEN if gate.digests[at : at + _BYTES] == digest[:_BYTES] else Passage.REUSED


def enter(gate: Gate, sequence: int, digest: bytes) -> None:
    """Mark a fresh sequence as seen and keep its digest."""
    if sequence == gate.low + 1 and not gate.bits:
        gate.low = sequence
    else:
        _mark(gate, sequence, sequence)
    if sequence > gate.high:
        _forget(gate, gate.high + 1, sequence - 1)
        gate.high = sequence
    if gate.high - sequence < DIGESTS:
        at = sequence % DIGESTS * _BYTES
        if len(gate.digests) < at + _BYTES:
            gate.digests.extend(bytes(at + _BYTES - len(gate.digests)))
        gate.digests[at : at + _BYTES] = digest[:_BYTES]


def give_up(gate: Gate, first: int, last: int) -> bool:
    """Mark a range as never to come; False when it reaches beyond the window."""
    if last - gate.low - 1 >= WINDOW:
        return False
    _mark(gate, max(first, gate.low + 1), last)
    return True


def missing(gate: Gate) -> tuple[tuple[int, int], ...]:
    """The gaps: ranges of sequences that were passed over so far."""
    marks = int.from_bytes(gate.bits, "little")
    gaps = []
    start = gate.low + 1
    for at in range(start, gate.low + 1 + marks.bit_length()):
        if marks >> (at - gate.low - 1) & 1:
            if at > start:
                gaps.append((start, at - 1))
            start = at + 1
    return tuple(gaps)


def _mark(gate: Gate, first: int, last: int) -> None:
    if last < first:
        return
    marks = int.from_bytes(gate.bits, "little")
    marks |= ((1 << (last - first + 1)) - 1) << (first - gate.low - 1)
    done = ((marks + 1) & ~marks).bit_length() - 1  # how many lowest marks stand together
    gate.low += done
    marks >>= done
    gate.bits = marks.to_bytes((marks.bit_length() + 7) // 8, "little")


def _forget(gate: Gate, first: int, last: int) -> None:
    """Clear the places of sequences passed over, which still hold digests of older ones."""
    for sequence in range(max(first, last - DIGESTS + 1), last + 1):
        at = sequence % DIGESTS * _BYTES
        if at < len(gate.digests):
            gate.digests[at : at + _BYTES] = bytes(_BYTES)
