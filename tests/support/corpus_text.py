"""Characters nobody sees, bytes that are no text, and words that are meant for another machine."""

from collections.abc import Iterator

from schemas.errors import Reason
from tests.support.case import Case, bad, bad_line, good, good_line, spelt
from tests.support.sayings import COUNTED, KEY, OBSTACLE, RECEIVED, envelope, report

UNSEEN = {
    "nul": "\x00",
    "bell": "\x07",
    "escape": "\x1b[2J",
    "newline": "\n",
    "tab": "\t",
    "delete": "\x7f",
    "next-line-c1": "\x85",
    "csi-c1": "\x9b",
    "soft-hyphen": "\xad",
    "right-to-left-override": "\u202e",
    "isolate": "\u2066",
    "arabic-letter-mark": "\u061c",
    "zero-width-space": "\u200b",
    "zero-width-joiner": "\u200d",
    "word-joiner": "\u2060",
    "line-separator": "\u2028",
    "byte-order-mark": "\ufeff",
    "hangul-filler": "\u3164",
    "private-use": "\ue000",
    "noncharacter": "\ufffe",
    "tag-letter": "\U000e0041",
}
SEEN = {
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "emoji": "panen \U0001f33e",
    "new-emoji": "\U0001fae8",
    "javanese": "\ua9b1\ua9a5\ua9a4",
    "arabic": "\u062a\u0645",
    "no-break-space": "dua\u00a0ton",
    "only-spaces": "   ",
    "empty": "",
    "two-hundred-emoji": "\U0001f33e" * 200,
    "quotes-and-backslashes": 'kata "siapa" \\ di mana',
    "plus-and-comma": "120 kg, 1.000,50",
}
STRANGE = {
    "sql": "x'; DROP TABLE v_position; --",
    "sql-union": "1 UNION SELECT payload FROM v_dead_letter",
    "html": "<script>alert(1)</script>",
    "html-attribute": '"><img src=x onerror=alert(1)>',
    "csv-formula": "=cmd|' /C calc'!A0",
    "csv-plus": "+SUM(A1:A9)",
    "path": "../../../../etc/passwd",
    "template": "{{ 7 * 7 }}${7*7}#{7*7}",
    "format": "%s%s%n{0.__class__}",
    "lookup": "${jndi:ldap://127.0.0.1/a}",
    "label": 'x",hub="34.02"} 1',
    "shell": "$(reboot) `reboot`; reboot",
    "key-of-state": "19.02|LADA-PUTIH|now",
    "message-of-the-decoder": "Object missing required field `coop` - at `$.x`",
}


def texts() -> Iterator[Case]:
    malformed = Reason.TEXT_MALFORMED
    for name, text in UNSEEN.items():
        line = {**RECEIVED, "reason": f"ikan{text}segar"}
        yield bad_line(f"text-{name}", line, malformed, "reason")
    for name, text in SEEN.items():
        yield good_line(f"text-{name}", {**RECEIVED, "reason": text})
    yield bad_line("text-201", {**RECEIVED, "reason": "x" * 201}, malformed, "reason")
    escaped = spelt(report({**RECEIVED, "reason": "@@"}), '"\\ud83c\\udf3e"')
    yield good("text-surrogate-pair-escape", escaped)
    for name, literal in {
        "lone-high-surrogate": '"\\ud800"',
        "lone-low-surrogate": '"\\udc00"',
        "surrogates-reversed": '"\\udf3e\\ud83c"',
    }.items():
        value = spelt(report({**RECEIVED, "reason": "@@"}), literal)
        yield bad(f"text-{name}", value, Reason.JSON_MALFORMED)
    for name, raw in {
        "encoded-surrogate": b"\xed\xa0\x80",
        "overlong-solidus": b"\xc0\xaf",
        "overlong-nul": b"\xc0\x80",
        "lone-continuation": b"\x80",
        "cut-sequence": b"\xe2\x82",
        "beyond-unicode": b"\xf4\x90\x80\x80",
        "five-bytes": b"\xf8\x88\x80\x80\x80",
    }.items():
        value = spelt(report({**RECEIVED, "reason": "@@"}), b'"' + raw + b'"')
        yield bad(f"text-{name}", value, Reason.NOT_UTF8)
    key = spelt(report(RECEIVED), "").replace(b'"reason"', b'"re\xffason"')
    yield bad("text-broken-utf-8-in-key", key, Reason.NOT_UTF8)


def injections() -> Iterator[Case]:
    for name, text in STRANGE.items():
        yield good_line(f"free-text-{name}", {**RECEIVED, "reason": text}, "text is only text")
        line = {**RECEIVED, "commodity": text}
        yield bad_line(f"commodity-{name}", line, Reason.UNKNOWN_COMMODITY, "commodity")
        yield bad_line(f"lot-{name}", {**COUNTED, "lot": text}, Reason.LOT_MALFORMED, "lot")
        yield bad_line(f"kind-{name}", {**RECEIVED, "kind": text}, Reason.UNKNOWN_KIND, "kind")
    forged = "ok\n2026-11-22 WARN forged line"
    line = {**RECEIVED, "reason": forged}
    yield bad_line("log-newline-in-text", line, Reason.TEXT_MALFORMED, "reason")
    yield bad_line("log-newline-in-lot", {**COUNTED, "lot": "A\n"}, Reason.LOT_MALFORMED, "lot")
    named = {**report(RECEIVED), "a\r\nb\u202e": 1}
    yield bad("newline-in-a-key", named, Reason.UNKNOWN_FIELD, "a\\r\\nb\\u202e", "shown escaped")
    surrogate = spelt({**report(RECEIVED), "@@": 1}, '"\\ud800"')
    yield bad("surrogate-in-a-key", surrogate, Reason.JSON_MALFORMED)
    blank = envelope("obstacle", {**OBSTACLE, "text": " \n "})
    yield bad("obstacle-of-spaces", blank, Reason.TEXT_MALFORMED, "data.text")
    nul = envelope("obstacle", {**OBSTACLE, "text": "jalan\x00"})
    yield bad("obstacle-with-nul", nul, Reason.TEXT_MALFORMED, "data.text", key=KEY)
    category = envelope("obstacle", {**OBSTACLE, "category": "road\n"})
    yield bad("category-with-newline", category, Reason.TEXT_MALFORMED, "data.category")
    long = envelope("obstacle", {**OBSTACLE, "text": "x" * 2_001})
    yield bad("obstacle-of-2001", long, Reason.TEXT_MALFORMED, "data.text")
    yield good("obstacle-in-paragraphs", envelope("obstacle", {**OBSTACLE, "text": "a\r\n\tb"}))
