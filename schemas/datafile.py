"""Reference files as bytes: rows, numbers and the one error a broken file may raise.

Decides how a shipped table is read (UTF-8 CSV with a header; lines that begin with `#` are
remarks). Refuses to know where the bytes come from and what the columns mean.
"""

import csv
from collections.abc import Iterator

from schemas.quantity import MICRO, format_quantity, parse_quantity


class DataError(ValueError):
    """A shipped reference file is broken: the installation is, not somebody's report."""


def rows(data: bytes, name: str) -> Iterator[dict[str, str]]:
    """Yield rows as column -> text; DataError when one does not fit the header."""
    lines = (line for line in data.decode("utf-8").split("\n") if line and line[0] != "#")
    reader = csv.reader(lines)
    header = next(reader, None)
    if not header:
        raise DataError(f"{name}: no header")
    for fields in reader:
        if len(fields) != len(header):
            raise DataError(
                f"{name}, line {reader.line_num}: {len(fields)} of {len(header)} fields"
            )
        yield dict(zip(header, fields, strict=True))


def micro(text: str, name: str) -> int:
    """Read an unsigned decimal as millionths; DataError when it is not one."""
    found = parse_quantity(text)
    if found is None:
        raise DataError(f"{name}: {text!r} is not a decimal with at most six places")
    return found


def scaled(text: str, scale: int, name: str) -> int:
    """Read an unsigned decimal times `scale` as an exact integer; DataError when it is not."""
    whole, rest = divmod(micro(text, name) * scale, MICRO)
    if rest:
        raise DataError(f"{name}: {format_quantity(micro(text, name))} x {scale} is not whole")
    return whole


def signed_micro(text: str, name: str) -> int:
    """Read a decimal that may bear a minus (a latitude) as millionths, or DataError."""
    return -micro(text[1:], name) if text.startswith("-") else micro(text, name)
