"""Decides the envelope of what leaves: CloudEvents 1.0 around a derived value."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

Row = tuple[bytes, bytes]
_encode: Final = msgspec.json.Encoder().encode
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def stamp(ms: int) -> str:
    """A time in ms as RFC 3339 text in UTC."""
    return f"{_to_the_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=1024)
def _to_the_second(seconds: int) -> str:
    """Records of one run were said within a few seconds of each other."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()[:-6]


def wrapped(kind: str, name: str, source: str, at: str, data: Any) -> bytes:
    """A derived record in its CloudEvents envelope; name and source hold plain codes only."""
    head = (
        f'{{"specversion":"1.0","type":"{kind}","id":"{name}",'
        f'"source":"{source}","time":"{at}","data":'
    )
    return b"".join((head.encode(), _encode(data), b"}"))
