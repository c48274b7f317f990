"""Decides the names of what can be wrong with a saying, and nothing about what to do then.

Bad data is a value here, never an exception: a `Rejection` travels to the dead letters with its
reason, the field it names and the original bytes. The reasons are a public contract: a name, once
given, keeps its meaning.
"""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a record or one line of it was not accepted; the text is what a clerk can do."""

    EMPTY_VALUE = "empty_value"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    JSON_MALFORMED = "json_malformed"
    TOO_DEEP = "too_deep"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_SPECVERSION = "unknown_specversion"
    UNKNOWN_TYPE = "unknown_type"
    ID_MISMATCH = "id_mismatch"
    SOURCE_MISMATCH = "source_mismatch"
    KEY_MISMATCH = "key_mismatch"
    WRONG_PARTITION = "wrong_partition"
    COOP_MALFORMED = "coop_malformed"
    UNKNOWN_COOP = "unknown_coop"
    DEVICE_MALFORMED = "device_malformed"
    SEQUENCE_OUT_OF_RANGE = "sequence_out_of_range"
    SEQUENCE_TOO_FAR = "sequence_too_far"
    SEQUENCE_REUSED = "sequence_reused"
    TIME_MALFORMED = "time_malformed"
    TIME_IN_FUTURE = "time_in_future"
    TIME_TOO_OLD = "time_too_old"
    NO_LINES = "no_lines"
    TOO_MANY_LINES = "too_many_lines"
    UNKNOWN_KIND = "unknown_kind"
    TEXT_MALFORMED = "text_malformed"
    UNKNOWN_COMMODITY = "unknown_commodity"
    UNKNOWN_GRADE = "unknown_grade"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_RECIPE = "unknown_recipe"
    RECIPE_MISMATCH = "recipe_mismatch"
    LOT_MALFORMED = "lot_malformed"
    ORDER_MALFORMED = "order_malformed"
    QUANTITY_MALFORMED = "quantity_malformed"
    QUANTITY_NEGATIVE = "quantity_negative"
    QUANTITY_ZERO = "quantity_zero"
    QUANTITY_OUT_OF_RANGE = "quantity_out_of_range"
    PRICE_MALFORMED = "price_malformed"
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    DATE_MALFORMED = "date_malformed"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    PRIORITY_UNKNOWN = "priority_unknown"
    MARKET_UNKNOWN = "market_unknown"
    REVISION_OUT_OF_RANGE = "revision_out_of_range"
    AMENDS_NOTHING = "amends_nothing"
    VOID_MALFORMED = "void_malformed"
    VOID_OF_ANOTHER = "void_of_another"
    VOID_TOO_LATE = "void_too_late"
    COUNT_TOO_LATE = "count_too_late"
    STATE_TOO_LARGE = "state_too_large"
    ALREADY_REPAIRED = "already_repaired"
    GAP_MALFORMED = "gap_malformed"
    DECISION_UNKNOWN = "decision_unknown"
    UNKNOWN_MATCH = "unknown_match"
    NOT_A_PARTY = "not_a_party"
    NO_MANDATE = "no_mandate"
    ILLEGAL_TRANSITION = "illegal_transition"
    STOCK_GONE = "stock_gone"
    WRONG_SIDE = "wrong_side"
    MATCH_IS_DRAFT = "match_is_draft"
    ALREADY_PROPOSED = "already_proposed"
    NOT_ACCEPTED = "not_accepted"
    ALREADY_ACCEPTED = "already_accepted"
    NOT_SHIPPED = "not_shipped"
    ALREADY_SHIPPED = "already_shipped"
    NOT_RECEIVED = "not_received"
    ALREADY_RECEIVED = "already_received"
    NOTHING_TO_PAY = "nothing_to_pay"
    ALREADY_CLAIMED = "already_claimed"
    MATCH_PAID = "match_paid"
    MATCH_REJECTED = "match_rejected"
    MATCH_EXPIRED = "match_expired"
    MATCH_SUPERSEDED = "match_superseded"
    MATCH_CANCELLED = "match_cancelled"
    MATCH_NO_SHOW = "match_no_show"
    MATCH_OPENED = "match_opened"
    MATCH_HELD = "match_held"
    COUNTERED_TOO_OFTEN = "countered_too_often"
    COUNTER_CHANGES_NOTHING = "counter_changes_nothing"
    ABOVE_HOLD = "above_hold"
    ABOVE_MATCH = "above_match"
    STOCK_STALE = "stock_stale"
    TOO_EARLY = "too_early"
    TICK_MALFORMED = "tick_malformed"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One judgement: `line` 0 is the whole record; `field` a path such as `data.lines.2.unit`."""

    reason: Reason
    field: str = ""
    line: int = 0
    coop: str = ""


class Unacceptable(Exception):
    """Carries a rejection from deep inside a judgement to the one place that returns it."""

    def __init__(self, reason: Reason, field: str = "") -> None:
        super().__init__(reason, field)
        self.reason = reason
        self.field = field
