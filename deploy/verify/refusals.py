"""Which refusals of a sound line the facts allow: those that depend on what was said before.

Decides with the widest bounds that the design gives, so that a refusal outside of them is a
breach.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from deploy.verify.books import REACH_MS, CoopBook
from deploy.verify.lines import Asked, Line, LineReader, Plan, Stock, Void
from deploy.verify.sayings import Saying

ENTRIES_MIN: Final = 100
"""Below this many positions, orders, plans and voids no co-op is too large."""
DEVICES_MIN: Final = 32
MENDED_MIN: Final = 1_000
TOO_LARGE: Final = "state_too_large"
ALREADY_REPAIRED: Final = "already_repaired"
OF_A_BODY: Final = frozenset(
    (
        "unknown_match not_a_party no_mandate illegal_transition stock_gone stock_stale wrong_side"
        " match_is_draft already_proposed not_accepted already_accepted not_shipped"
        " already_shipped not_received already_received nothing_to_pay already_claimed match_paid"
        " match_rejected match_expired match_superseded match_cancelled match_no_show match_opened"
        " match_held countered_too_often counter_changes_nothing above_hold above_match"
        " quantity_zero missing_field too_early state_too_large"
    ).split()
)
"""Why a sound decision may be refused."""


class Facts(NamedTuple):
    """What a refusal may rest on: the saying, the co-op's book so far, the partition's time."""

    said: Saying
    book: CoopBook
    reader: LineReader
    as_of_ms: int


def too_many_devices(book: CoopBook, device: str, reason: str) -> bool:
    """Whether a new device may be turned away."""
    if reason != TOO_LARGE:
        return False
    speaking = book.speaking()
    return device not in speaking and len(speaking) >= DEVICES_MIN


def too_many_mended(mended: Mapping[str, str], actor: str, reason: str | None) -> bool:
    """Whether a co-op that mended very many dead letters may be turned away."""
    if reason != TOO_LARGE:
        return False
    return sum(by.startswith(f"{actor}:") for by in mended.values()) >= MENDED_MIN


def allowed(line: Line, reason: str, facts: Facts) -> bool:
    """Whether a sound line may be refused for a reason."""
    said, book, reader, as_of_ms = facts
    if reason == TOO_LARGE:
        return book.entries() >= ENTRIES_MIN
    kept_since = as_of_ms - REACH_MS
    match line:
        case Stock():
            return reason == "count_too_late" and line.kind == "c" and said.time_ms < kept_since
        case Void():
            at = book.time_of(line.device, line.sequence)
            far = at is None or at < kept_since or abs(at - said.time_ms) > REACH_MS
            return reason == "void_too_late" and far
        case Asked():
            order = book.order(line.order, reader)
            unfit = order is not None and not book.fits(order.commodity, line, reader)
            return reason == "unknown_unit" and unfit
        case Plan():
            return False
