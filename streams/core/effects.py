"""Decides the shape of what a run of records leads to: state first, then what leaves."""

from dataclasses import dataclass, field

Away = list[tuple[str, int, list[tuple[bytes, bytes]]]]
"""(topic, partition, rows) for partitions that others write to as well."""


@dataclass(slots=True)
class Effects:
    """What a run leads to; `next` is the index after its last record folded.

    Of the records `judged` (ticks are none) `refused` are those kept in no part, counted from 0.
    """

    next: int
    state: list[tuple[bytes, bytes | None]]
    outputs: list[tuple[str, list[tuple[bytes, bytes]]]]
    counts: dict[str, int] = field(default_factory=dict)
    judged: int = 0
    refused: list[int] = field(default_factory=list)
    away: Away = field(default_factory=list)
