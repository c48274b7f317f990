"""Bytes that are no JSON, no UTF-8, or too much of either."""

import gzip
import json
from collections.abc import Iterator

from schemas.errors import Reason
from schemas.events import BYTES_MAX
from tests.support.case import Case, bad, bad_line, good, good_line, spelt
from tests.support.sayings import COUNTED, RECEIVED, VOIDED, encoded, report

PLAIN = report(RECEIVED)
BYTES = encoded(PLAIN)


NOT_JSON = {
    "only-spaces": b"  \n\t ",
    "truncated-in-the-middle": BYTES[: len(BYTES) // 2],
    "truncated-before-the-last-brace": BYTES[:-1],
    "one-brace-too-many": BYTES + b"}",
    "two-documents-in-one-record": BYTES + b"\n" + BYTES,
    "trailing-nul": BYTES + b"\x00",
    "trailing-comma": BYTES[:-1] + b",}",
    "missing-colon": BYTES.replace(b'"data":', b'"data"'),
    "single-quotes": BYTES.replace(b'"', b"'"),
    "unquoted-key": BYTES.replace(b'"data"', b"data"),
    "comment": BYTES + b" // kiriman pagi",
    "byte-order-mark": b"\xef\xbb\xbf" + BYTES,
    "utf-16-without-mark": BYTES.decode().encode("utf-16-be"),
    "raw-newline-in-text": BYTES.replace(b"catch", b"cat\nch"),
    "raw-tab-in-text": BYTES.replace(b"catch", b"cat\tch"),
    "escape-that-json-lacks": BYTES.replace(b"catch", b"\\x63atch"),
    "half-an-escape": BYTES.replace(b"catch", b"\\u00"),
    "registry-frame-before-json": b"\x00\x00\x00\x00\x07" + BYTES,
    "web-page": b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>",
    "billion-laughs": b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><l>&b;</l>',
    "csv-line": b"19.02.01.2003;LADA-PUTIH;120;KG\r\n",
    "python-literal": repr(PLAIN).encode(),
}


def syntax() -> Iterator[Case]:
    for name, value in NOT_JSON.items():
        yield bad(name, value, Reason.JSON_MALFORMED)
    not_utf8 = {
        "utf-16-with-mark": BYTES.decode().encode("utf-16"),
        "utf-32-with-mark": BYTES.decode().encode("utf-32"),
        "latin-1": encoded(report({**RECEIVED, "reason": "é"})).replace(b"\xc3\xa9", b"\xe9"),
        "gzip": gzip.compress(BYTES, mtime=0),
        "gzip-bomb": gzip.compress(b"0" * 1_000_000, mtime=0),
        "random-bytes": bytes(range(128, 256)),
    }
    for name, value in not_utf8.items():
        yield bad(name, value, Reason.NOT_UTF8)
    yield bad("tombstone", None, Reason.EMPTY_VALUE)
    yield bad("empty-value", b"", Reason.EMPTY_VALUE)
    yield good("spaces-around", b" \r\n\t" + BYTES + b"\n")
    yield good("pretty-printed", json.dumps(PLAIN, indent=2).encode())
    yield good("space-before-colons", json.dumps(PLAIN, separators=(" , ", " : ")).encode())
    yield good("escaped-key-and-text", spelt(PLAIN, "").replace(b'"catch"', b'"\\u0063atch"'))
    yield good("escaped-solidus", BYTES.replace(b"/coops/", b"\\/coops\\/"))


def bombs() -> Iterator[Case]:
    nested = b"[" * 30_000 + b"]" * 30_000
    objects = b'{"a":' * 10_000 + b"1" + b"}" * 10_000
    yield bad("depth-100000", b"[" * 100_000, Reason.TOO_LARGE, note="64 KiB come first")
    yield bad("depth-60000-unclosed", b"[" * 60_000, Reason.TOO_DEEP)
    yield bad("depth-30000-lists", nested, Reason.TOO_DEEP)
    yield bad("depth-10000-objects", objects, Reason.TOO_DEEP)
    deep: object = "x"
    for _ in range(16):
        deep = [deep]
    yield bad("depth-17", {**PLAIN, "deep": deep}, Reason.TOO_DEEP, note="one too many")
    deep = [deep]
    yield bad("depth-18", {**PLAIN, "deep": deep}, Reason.TOO_DEEP)
    million = b"{" + b",".join(b'"%x":0' % n for n in range(1_000_000)) + b"}"
    yield bad("million-keys", million, Reason.TOO_LARGE)
    many = {f"k{n:x}": 0 for n in range(4_000)}
    yield good("four-thousand-attributes", {**PLAIN, **many}, "CloudEvents allows extensions")
    twice = encoded({**PLAIN, **many})[:-1] + b',"kf9f":0}'
    yield bad("last-of-4000-keys-twice", twice, Reason.DUPLICATE_KEY, "kf9f", "not in n**2 time")
    yield bad("million-digits", b"1" * 1_000_000, Reason.TOO_LARGE)
    yield good("exactly-64-kib", BYTES + b" " * (BYTES_MAX - len(BYTES)))
    over = BYTES + b" " * (BYTES_MAX + 1 - len(BYTES))
    yield bad("64-kib-and-one", over, Reason.TOO_LARGE)
    huge = "A" * 60_000
    yield bad_line("huge-reason", {**VOIDED, "reason": huge}, Reason.TEXT_MALFORMED, "reason")
    yield bad_line("huge-lot", {**COUNTED, "lot": huge}, Reason.LOT_MALFORMED, "lot")
    unknown = {**COUNTED, "commodity": huge}
    yield bad_line("huge-commodity", unknown, Reason.UNKNOWN_COMMODITY, "commodity")
    cut = huge[:64]
    yield bad_line("huge-key", {**COUNTED, huge: "1"}, Reason.UNKNOWN_FIELD, cut, "cut to 64")
    yield bad_line("huge-kind", {"kind": huge}, Reason.UNKNOWN_KIND, "kind")
    yield bad("twenty-thousand-lines", report(*[{}] * 20_000), Reason.TOO_MANY_LINES, "data.lines")
    nothing = {**COUNTED, "quantity": "0" * 50_000}
    yield bad_line("fifty-thousand-zeros", nothing, Reason.QUANTITY_MALFORMED, "quantity")
    yield good_line("two-hundred-characters", {**VOIDED, "reason": "x" * 200})
