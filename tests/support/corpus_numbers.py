"""Quantities, prices and whole numbers, as JSON numbers and as text."""

from collections.abc import Iterator

from schemas.errors import Reason
from tests.support.case import Case, bad, bad_line, good, good_line, spelt
from tests.support.sayings import (
    AMENDED,
    COOP,
    COUNTED,
    DEVICE,
    KEY,
    PLACED,
    RECEIVED,
    VOIDED,
    report,
)

LONG = "9" * 5_000


def literals() -> Iterator[Case]:
    for name, literal in {
        "nan-literal": "NaN",
        "infinity-literal": "Infinity",
        "minus-infinity-literal": "-Infinity",
        "plus-sign-literal": "+5",
        "leading-zero-literal": "05",
        "hexadecimal-literal": "0x10",
        "underscore-literal": "1_000",
        "bare-point-literal": ".5",
        "comma-decimal-literal": "1,5",
        "arabic-digit-literal": "\u0665",
    }.items():
        value = spelt(report({**RECEIVED, "quantity": "@@"}), literal)
        yield bad(name, value, Reason.JSON_MALFORMED, note="no JSON, so nothing of it counts")
    for name, literal in {
        "huge-exponent-literal": "1e999999",
        "float-literal": "0.1",
        "whole-number-literal": "120",
        "minus-zero-literal": "-0",
        "5000-digit-literal": LONG,
        "true-as-quantity": "true",
        "null-as-quantity": "null",
        "list-as-quantity": "[1]",
        "object-as-quantity": '{"value":1}',
    }.items():
        value = spelt(report(RECEIVED, {**RECEIVED, "quantity": "@@"}, COUNTED), literal)
        path = "data.lines.2.quantity"
        yield Case(name, value, KEY, "line_rejected", Reason.WRONG_TYPE, path, "text only")


NO_QUANTITIES = {
    "nan-text": "NaN",
    "infinity-text": "Infinity",
    "huge-exponent-text": "1e999999",
    "exponent-text": "1e3",
    "5000-digit-text": LONG,
    "thirteen-digits": "1234567890123",
    "seven-decimals": "0.1234567",
    "sum-of-floats": "0.30000000000000004",
    "underscore-text": "1_000",
    "spaces-around-text": " 5 ",
    "only-spaces-text": "   ",
    "trailing-newline": "5\n",
    "empty-text": "",
    "plus-sign-text": "+5",
    "bare-point": ".",
    "nothing-after-point": "5.",
    "nothing-before-point": ".5",
    "two-points": "1.2.3",
    "indonesian-comma": "1,5",
    "indonesian-thousands-and-comma": "1.000,50",
    "english-thousands": "1,000.50",
    "arabic-digits": "١٢٠",
    "full-width-digits": "\uff11\uff12\uff10",
    "devanagari-digits": "१२०",
    "superscript-two": "²",
    "one-half-sign": "½",
    "minus-sign-of-typographers": "−5",
    "hexadecimal-text": "0x10",
    "unit-in-quantity": "120 KG",
    "word-for-number": "seratus",
    "two-to-the-70": str(2**70),
}


def quantities() -> Iterator[Case]:
    for name, text in NO_QUANTITIES.items():
        line = {**RECEIVED, "quantity": text}
        yield bad_line(f"quantity-{name}", line, Reason.QUANTITY_MALFORMED, "quantity")
    for name, text, note in (
        ("one-millionth", "0.000001", "the smallest that is kept"),
        ("leading-zeros", "000120", "a form field with a fixed width"),
        ("thousand-with-a-point", "1.000", "reads as one: nobody can know that 1,000 was meant"),
        ("zero-decimals", "5.000000", ""),
        ("the-most", "1000000000", "a million tonnes in KG"),
    ):
        yield good_line(f"quantity-{name}", {**RECEIVED, "quantity": text}, note)


def prices() -> Iterator[Case]:
    for name, text in {
        "with-point": "14000.5",
        "indonesian-thousands": "14.000",
        "with-rp": "Rp14000",
        "negative": "-1",
        "exponent": "1e5",
        "arabic": "١٤٠٠٠",
        "thirteen-digits": "1000000000000",
        "only-spaces": " ",
    }.items():
        line = {**PLACED, "ceiling_price": text}
        yield bad_line(f"price-{name}", line, Reason.PRICE_MALFORMED, "ceiling_price")
    line = {**COUNTED, "floor_price": "1000000001"}
    yield bad_line("price-above-a-billion", line, Reason.PRICE_OUT_OF_RANGE, "floor_price")
    line = {**COUNTED, "floor_price": 110000}
    yield bad_line("price-as-number", line, Reason.WRONG_TYPE, "floor_price")
    yield good_line("price-zero", {**COUNTED, "floor_price": "0"}, "given away")


def whole_numbers() -> Iterator[Case]:
    for name, literal in {
        "zero": "0",
        "minus-one": "-1",
        "minus-zero": "-0",
        "2-to-the-53": str(2**53),
        "2-to-the-53-and-one": str(2**53 + 1),
        "2-to-the-63": str(2**63),
        "2-to-the-64": str(2**64),
        "2-to-the-70": str(2**70),
        "5000-digits": LONG,
    }.items():
        value = spelt(report(RECEIVED, sequence="@@"), literal)
        value = value.replace(f"{DEVICE}:@@".encode(), f"{DEVICE}:{literal}".encode())
        yield bad(f"sequence-{name}", value, Reason.SEQUENCE_OUT_OF_RANGE, "data.sequence")
    for name, literal in {
        "as-float": "42.0",
        "as-exponent": "42e0",
        "infinite": "1e999999",
        "as-text": '"42"',
        "as-bool": "true",
        "null": "null",
    }.items():
        value = spelt(report(RECEIVED, sequence="@@"), literal)
        yield bad(f"sequence-{name}", value, Reason.WRONG_TYPE, "data.sequence")
    yield good("sequence-2-to-the-53-less-one", report(RECEIVED, sequence=2**53 - 1))
    for name, number in {"one": 1, "10001": 10_001, "negative": -2, "2-to-the-70": 2**70}.items():
        amended = {**AMENDED, "revision": number}
        yield bad_line(f"revision-{name}", amended, Reason.REVISION_OUT_OF_RANGE, "revision")
    yield bad_line("revision-float", {**AMENDED, "revision": 2.0}, Reason.WRONG_TYPE, "revision")
    for name, target in {"sequence-zero": "0#1", "line-zero": "1#0", "line-201": "1#201"}.items():
        line = {**VOIDED, "line": f"{COOP}:{DEVICE}:{target}"}
        yield bad_line(f"void-of-{name}", line, Reason.VOID_MALFORMED, "line")
