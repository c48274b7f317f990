"""Asking a Kafka whether it serves: one Metadata request over a plain socket.

Decides what *ready* means: the broker answers and counts itself as alive, so that topics can be
made. A client library would retry and back off; this answers at once.
"""

import socket
import struct
from typing import Final

_METADATA: Final = 3
_CORRELATION: Final = 7
_CLIENT: Final = b"lumbung-probe"
_ANSWER_BYTES_MIN: Final = 8
_ANSWER_BYTES_MAX: Final = 1 << 20


def is_ready(bootstrap: str, *, seconds: float = 1.0) -> bool:
    """Whether the Kafka at ``host:port`` answers and has at least one live broker."""
    host, _, port = bootstrap.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=seconds) as connection:
            connection.sendall(_request())
            return _live_brokers(_answer(connection)) > 0
    except (OSError, ValueError, struct.error):
        return False


def _request() -> bytes:
    """Metadata version 1 about no topic at all."""
    header = struct.pack(">hhih", _METADATA, 1, _CORRELATION, len(_CLIENT)) + _CLIENT
    body = header + struct.pack(">i", 0)
    return struct.pack(">i", len(body)) + body


def _answer(connection: socket.socket) -> bytes:
    (size,) = struct.unpack(">i", _read(connection, 4))
    if not _ANSWER_BYTES_MIN <= size <= _ANSWER_BYTES_MAX:
        raise ValueError(size)
    return _read(connection, size)


def _read(connection: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = connection.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return parts


def _live_brokers(answer: bytes) -> int:
    correlation, brokers = struct.unpack_from(">ii", answer)
    return int(brokers) if correlation == _CORRELATION else 0
