"""Sign and size of amounts, and the units they are said in."""

from collections.abc import Iterator

from schemas.errors import Reason
from tests.support.case import Case, bad_line, good_line
from tests.support.sayings import AMENDED, COUNTED, ISSUED, PLACED, PLANNED, RECEIVED, without


def sizes() -> Iterator[Case]:
    negative = Reason.QUANTITY_NEGATIVE
    yield bad_line("negative-stock", {**COUNTED, "quantity": "-120"}, negative, "quantity")
    yield bad_line("negative-receipt", {**RECEIVED, "quantity": "-0.5"}, negative, "quantity")
    yield bad_line("minus-zero", {**COUNTED, "quantity": "-0"}, negative, "quantity")
    yield bad_line("negative-least-lot", {**COUNTED, "min_lot": "-1"}, negative, "min_lot")
    zero = Reason.QUANTITY_ZERO
    yield bad_line("zero-order", {**PLACED, "quantity": "0"}, zero, "quantity")
    yield bad_line("zero-receipt", {**RECEIVED, "quantity": "0.000"}, zero, "quantity")
    yield bad_line("zero-issue", {**ISSUED, "quantity": "0"}, zero, "quantity")
    yield bad_line("zero-amendment", {**AMENDED, "quantity": "0"}, zero, "quantity")
    dust = {**COUNTED, "quantity": "0.0001", "unit": "GRAM"}
    yield bad_line("less-than-a-micro", dust, zero, "quantity", "would be lost in rounding")
    far = Reason.QUANTITY_OUT_OF_RANGE
    pepper = {**COUNTED, "quantity": "1000000000", "unit": "TON"}
    yield bad_line("a-billion-tonnes-of-pepper", pepper, far, "quantity")
    over = {**COUNTED, "quantity": "1000000000.000001"}
    yield bad_line("a-micro-too-much", over, far, "quantity")
    yield bad_line("keep-out-of-range", {**COUNTED, "keep": "999999999999"}, far, "keep")
    yield good_line("zero-count", {**COUNTED, "quantity": "0"}, "the store is empty: a fact")
    yield good_line("zero-plan", {**PLANNED, "quantity": "0"}, "withdraws what was planned")
    yield good_line("keep-nothing", {**COUNTED, "keep": "0", "min_lot": "0"})


NO_UNITS = (
    ("lower-case", "LADA-PUTIH", "kg"),
    ("mixed-case", "LADA-PUTIH", "Kg"),
    ("trailing-space", "LADA-PUTIH", "KG "),
    ("homoglyph", "LADA-PUTIH", "\u041aG"),
    ("empty", "LADA-PUTIH", ""),
    ("only-spaces", "LADA-PUTIH", "  "),
    ("english-tonne", "LADA-PUTIH", "TONNE"),
    ("litres-of-pepper", "LADA-PUTIH", "LITER"),
    ("pieces-of-rice", "BERAS-MED", "BUTIR"),
    ("sack-of-two-sizes", "BERAS-MED", "KARUNG"),
    ("bundle-of-rice", "BERAS-MED", "IKAT"),
    ("pack-of-another-commodity", "BERAS-MED", "LADA-KARUNG"),
    ("with-nul", "LADA-PUTIH", "KG\x00"),
    ("six-hundred-characters", "LADA-PUTIH", "KG" * 300),
)


def units() -> Iterator[Case]:
    unknown = Reason.UNKNOWN_UNIT
    for name, commodity, unit in NO_UNITS:
        line = {**RECEIVED, "commodity": commodity, "unit": unit}
        yield bad_line(f"unit-{name}", line, unknown, "unit")
    yield bad_line("unit-absent", without(RECEIVED, "unit"), Reason.MISSING_FIELD, "unit")
    yield bad_line("unit-null", {**RECEIVED, "unit": None}, Reason.WRONG_TYPE, "unit")
    for name, commodity, unit in (
        ("kilogram-code", "LADA-PUTIH", "KGM"),
        ("quintal", "LADA-PUTIH", "KUINTAL"),
        ("ons", "LADA-PUTIH", "ONS"),
        ("litre-of-rice", "BERAS-MED", "LITER"),
        ("sack-of-pepper", "LADA-PUTIH", "KARUNG"),
        ("sack-of-rice-by-full-code", "BERAS-MED", "BERAS-KARUNG25"),
        ("coconuts-by-piece", "KELAPA", "BUTIR"),
        ("eggs-by-tray", "TELUR", "PAPAN"),
    ):
        line = {**RECEIVED, "commodity": commodity, "unit": unit}
        yield good_line(f"unit-{name}", line)
    lone = without(AMENDED, "quantity")
    yield bad_line("amended-unit-alone", lone, Reason.MISSING_FIELD, "quantity")
    bare = without(AMENDED, "unit")
    yield bad_line("amended-quantity-without-unit", bare, Reason.MISSING_FIELD, "unit")
    yield bad_line("amended-unit-unknown", {**AMENDED, "unit": "SEKARUNG"}, unknown, "unit")
    yield bad_line("amended-unit-nul", {**AMENDED, "unit": "TON\x00"}, unknown, "unit")
    idle = without(AMENDED, "quantity", "unit")
    yield bad_line("amended-nothing", idle, Reason.AMENDS_NOTHING, "revision")
    yield good_line("amended-unit-of-any-commodity", {**AMENDED, "unit": "EKOR"}, "known later")
