"""Codes that look right: other scripts, other case, lost zeros, places that are no more."""

from collections.abc import Iterator

from schemas.errors import Reason
from tests.support.case import Case, bad, bad_line, good, good_line
from tests.support.sayings import (
    CANCELLED,
    CONVERTED,
    COOP,
    COUNTED,
    DEVICE,
    GONE_COOP,
    HUB,
    ISSUED,
    OTHER_COOP,
    PLACED,
    RECEIVED,
    VOIDED,
    report,
)

CYRILLIC_A = "\u0410"


NO_GOODS = {
    "homoglyph": f"L{CYRILLIC_A}DA-PUTIH",
    "trailing-space": "LADA-PUTIH ",
    "leading-space": " LADA-PUTIH",
    "trailing-newline": "LADA-PUTIH\n",
    "lower-case": "lada-putih",
    "zero-width": "LADA\u200b-PUTIH",
    "full-width-hyphen": "LADA\uff0dPUTIH",
    "everyday-name": "Lada putih",
    "empty": "",
    "never-heard-of": "EMAS-BATANGAN",
    "prototype": "__proto__",
}


def goods() -> Iterator[Case]:
    for name, code in NO_GOODS.items():
        line = {**RECEIVED, "commodity": code}
        yield bad_line(f"code-{name}", line, Reason.UNKNOWN_COMMODITY, "commodity")
    for name, grade in {
        "homoglyph": CYRILLIC_A,
        "lower-case": "a",
        "unknown": "Z",
        "space": "A ",
        "long": "A" * 5_000,
    }.items():
        for kind, line in (("stock", COUNTED), ("order", PLACED)):
            yield bad_line(
                f"{kind}-grade-{name}", {**line, "grade": grade}, Reason.UNKNOWN_GRADE, "grade"
            )
    yield good_line("grade-ungraded", {**COUNTED, "grade": "UNGRADED"})
    yield good_line("grade-empty", {**COUNTED, "grade": "", "lot": ""}, "as if absent")
    for name, lot in {"lower": "nov-1", "33": "A" * 33, "space": "NOV 1", "dash": "-A"}.items():
        yield bad_line(f"lot-{name}", {**COUNTED, "lot": lot}, Reason.LOT_MALFORMED, "lot")
    for name, order in {"empty": "", "lower": "po-1", "newline": "PO-17\n", "pipe": "A|B"}.items():
        line = {**PLACED, "order": order}
        yield bad_line(f"order-{name}", line, Reason.ORDER_MALFORMED, "order")
    line = {**CANCELLED, "order": "PO 16"}
    yield bad_line("cancelled-order-space", line, Reason.ORDER_MALFORMED, "order")
    yield good_line("order-with-slashes", {**PLACED, "order": "PO/2026/11_A.7"})
    line = {**PLACED, "priority": "urgent"}
    yield bad_line("priority-unknown", line, Reason.PRIORITY_UNKNOWN, "priority")
    line = {**PLACED, "market": "pasar"}
    yield bad_line("market-unknown", line, Reason.MARKET_UNKNOWN, "market")
    line = {**ISSUED, "match": "abc"}
    yield bad_line("match-malformed", line, Reason.UNKNOWN_MATCH, "match")
    yield good_line("restricted-goods", {**RECEIVED, "commodity": "BIJIH-TIMAH"}, "said, not sold")


def recipes() -> Iterator[Case]:
    line = {**CONVERTED, "recipe": "R99"}
    yield bad_line("recipe-unknown", line, Reason.UNKNOWN_RECIPE, "recipe")
    mismatch = Reason.RECIPE_MISMATCH
    yield bad_line("recipe-without-inputs", {**CONVERTED, "inputs": []}, mismatch, "inputs")
    yield bad_line("recipe-without-outputs", {**CONVERTED, "outputs": []}, mismatch, "outputs")
    swapped = {**CONVERTED, "inputs": CONVERTED["outputs"], "outputs": CONVERTED["inputs"]}
    yield bad_line("recipe-backwards", swapped, mismatch, "inputs.1.commodity")
    (gabah,) = CONVERTED["outputs"]
    stone = [gabah, {**gabah, "commodity": "LADA-PUTIH"}]
    line = {**CONVERTED, "outputs": stone}
    yield bad_line("recipe-with-a-foreign-output", line, mismatch, "outputs.2.commodity")
    line = {**CONVERTED, "outputs": [{**gabah, "quantity": "1,5"}]}
    yield bad_line("recipe-comma", line, Reason.QUANTITY_MALFORMED, "outputs.1.quantity")
    line = {**CONVERTED, "outputs": [gabah, {**gabah, "quantity": 5}]}
    yield bad_line("recipe-number", line, Reason.WRONG_TYPE, "outputs.2.quantity")
    yield good_line("recipe-in-two-lots", {**CONVERTED, "outputs": [gabah, {**gabah, "lot": "B"}]})


NO_COOPS = {
    "lost-its-zero": "9.02.01.2003",
    "lost-every-zero": "19.2.1.2003",
    "without-points": "1902012003",
    "arabic-digits": "١٩.02.01.2003",
    "trailing-newline": f"{COOP}\n",
    "trailing-space": f"{COOP} ",
    "empty": "",
    "a-kecamatan": "19.02.01",
    "a-path": "../19.02.01.2003",
}


def places() -> Iterator[Case]:
    malformed = Reason.COOP_MALFORMED
    for name, code in NO_COOPS.items():
        yield bad(f"coop-{name}", report(RECEIVED, coop=code), malformed, "data.coop", key=None)
    hub = report(RECEIVED, coop=HUB)
    yield bad("coop-is-a-hub", hub, malformed, "data.coop", "hubs do not count", key=HUB.encode())
    gone = report(RECEIVED, coop=GONE_COOP)
    key = GONE_COOP.encode()
    yield bad("coop-that-is-no-more", gone, Reason.UNKNOWN_COOP, "data.coop", key=key)
    nowhere = report(RECEIVED, coop="99.99.99.2999")
    yield bad("coop-nowhere", nowhere, Reason.UNKNOWN_COOP, "data.coop", key=b"99.99.99.2999")
    for name, device in {
        "upper-case": "HP1",
        "33-characters": "a" * 33,
        "empty": "",
        "colon": "hp:1",
        "hash": "hp#1",
        "slash": "hp/1",
        "newline": "hp1\n",
        "homoglyph": "h\u0440\u0031",
    }.items():
        tree = report(RECEIVED, device=device)
        yield bad(f"device-{name}", tree, Reason.DEVICE_MALFORMED, "data.device")
    yield good("device-of-32-characters", report(RECEIVED, device="a" * 32))
    void = Reason.VOID_MALFORMED
    for name, target in {
        "empty": "",
        "event-only": f"{COOP}:{DEVICE}:40",
        "leading-zero": f"{COOP}:{DEVICE}:040#2",
        "arabic": f"{COOP}:{DEVICE}:٤٠#2",
        "newline": f"{COOP}:{DEVICE}:40#2\n",
        "upper-device": f"{COOP}:HP1:40#2",
        "beyond-2-to-the-53": f"{COOP}:{DEVICE}:{2**53}#1",
        "of-a-part": f"{COOP}:{DEVICE}:40#2.1",
    }.items():
        yield bad_line(f"void-{name}", {**VOIDED, "line": target}, void, "line")
    line = {**VOIDED, "line": f"{OTHER_COOP}:{DEVICE}:40#2"}
    yield bad_line("void-of-another-coop", line, Reason.VOID_OF_ANOTHER, "line")
