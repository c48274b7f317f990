"""Decides how what could not be kept leaves: reason, field, where it was said, its bytes."""

from schemas import records
from schemas.errors import Rejection
from streams.core.envelope import Row, stamp, wrapped


def dead_letter(
    identity: str,
    where: tuple[str, int, int],
    fault: Rejection,
    recorded_ms: int,
    payload: bytes,
) -> Row:
    """A dead letter, keyed by its identity; `where` is topic, partition, offset."""
    topic, partition, offset = where
    letter = records.DeadLetter(
        identity=identity,
        topic=topic,
        partition=partition,
        offset=offset,
        line=fault.line,
        reason=fault.reason,
        field=fault.field,
        coop=fault.coop,
        recorded_ms=recorded_ms,
        payload=payload,
    )
    source = f"/topics/{topic}/{partition}"
    at = stamp(recorded_ms)
    return identity.encode(), wrapped(records.DEAD_LETTER_TYPE, identity, source, at, letter)
