"""From the outbox to the broker: what is due is sent, what is acknowledged is settled.

Decides the order (devices in order, sequences rising) and that a draft is settled only by the
broker's ack. Refuses to know what a draft says. It may be stopped between any two steps: a draft
sent but not settled is sent again, byte for byte, and the hub counts it once.
"""

from collections.abc import Callable
from dataclasses import dataclass

from producers.address import address_of_speaker
from producers.outbox import Draft
from producers.outbox_store import Outbox
from producers.publisher import Outgoing, Sender, Sent, Unsent
from schemas.failpoints import failpoint
from schemas.register import Register

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many drafts the broker now has and how many are still owed, with the first reason."""

    sent: int
    owed: int
    why: str = ""


def deliver(
    outbox: Outbox,
    sender: Sender,
    register: Register,
    *,
    now: Callable[[], int],
    due_only: bool = False,
) -> Delivered:
    """Send every unacknowledged draft once (with `due_only` those whose back-off is over).

    Stops at the first batch in which anything failed: the broker is not well, and the back-off of
    those drafts says when to come again.
    """
    sent = 0
    while True:
        drafts = outbox.pending(now_ms=now() if due_only else None, limit=_BATCH)
        if not drafts:
            return Delivered(sent, 0)
        failpoint("drafts_due")
        results = sender.publish([_record(d, register, sender.partitions) for d in drafts])
        failpoint("drafts_published")
        pairs = list(zip(drafts, results, strict=True))
        settled = [draft for draft, result in pairs if isinstance(result, Sent)]
        outbox.acknowledged(settled)
        failpoint("drafts_settled")
        sent += len(settled)
        failed = [(draft, result) for draft, result in pairs if isinstance(result, Unsent)]
        if failed:
            outbox.tried([draft for draft, _ in failed], now())
            return Delivered(sent, len(outbox.pending()), failed[0][1].why)


def _record(draft: Draft, register: Register, partitions: int) -> Outgoing:
    key, partition, _ = address_of_speaker(draft.coop, register, partitions)
    return Outgoing(key, draft.value, partition)
