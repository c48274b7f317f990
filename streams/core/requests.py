"""Decides whether a record of the events is the market's word to a hub, and whether it is sound.

Nearly no record is: reports are keyed by co-ops, and only what is keyed by a hub is looked at.
What is of another type is left to the judge of sayings. Refuses to know what a hub answers.
"""

from typing import Final

from schemas.errors import Reason, Rejection
from schemas.identity import partition_of
from schemas.market import TO_HUB, Request, Retell, key_of, read, type_of

_HUB_LENGTH: Final = len("19.02")
"""A hub's name is that long, and so is the number of a partition in the market's words."""


def request_of(
    key: bytes | None, value: bytes | None, partition: int, partitions: int
) -> Request | Rejection | None:
    """A request, what is wrong with it, or None when the record is none of the market's."""
    if key is None or len(key) != _HUB_LENGTH or not value or type_of(value) not in TO_HUB:
        return None
    found = read(value)
    if isinstance(found, Rejection):
        return found
    if not isinstance(found, Request):
        return Rejection(Reason.UNKNOWN_TYPE, "type")
    if key_of(found) != key:
        return Rejection(Reason.KEY_MISMATCH, "key")
    home = found.partition if isinstance(found, Retell) else partition_of(found.hub, partitions)
    return found if home == partition else Rejection(Reason.WRONG_PARTITION, "partition")
