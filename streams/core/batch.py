"""Decides how much one state batch takes, and what belongs into it.

State leaves as one batch that Kafka appends whole or not at all, so it has a bound; sizes are
estimates that are never much too small.
"""

from typing import Any, Final

from streams.core import state
from streams.core.state import Coop, Deal
from streams.core.ticks import bytes_of

STATE_BYTES_MAX: Final = 400 * 1024
"""A run is cut before its state batch passes this; one report more still fits 512 KiB."""
HEAVY_BYTES: Final = 32 * 1024
"""A co-op of this size opens a batch of its own rather than filling one up."""
COOP_BYTES_MAX: Final = 300 * 1024
"""A co-op of this size is heard no more: its state has to fit one batch for ever."""
DEAL_BYTES: Final = 500


class Batch:
    """The state records of a run, by key; `bytes` is about what they take."""

    def __init__(self) -> None:
        self.bytes = 0
        self.heavy: set[bytes] = set()
        """Co-ops, by record key, whose state is large."""
        self._rows: dict[bytes, Any] = {}

    def clear(self) -> None:
        """Begin a run."""
        self._rows, self.bytes = {}, 0

    def keep(self, key: bytes, record: Any, size: int) -> None:
        """A record has changed; None: it is past keeping."""
        if key not in self._rows:
            self.bytes += size + len(key)
        self._rows[key] = record

    def said(self, name: bytes, value: bytes) -> None:
        """A saying, as bytes; each is written down once."""
        self._rows[name] = value
        self.bytes += len(value) + len(name)

    def coop(self, actor: str, coop: Coop) -> None:
        """An actor's state has changed."""
        key = f"coop/{actor}".encode()
        if key not in self._rows:
            size = bytes_of(coop)
            self.keep(key, coop, size)
            if size > HEAVY_BYTES:
                self.heavy.add(actor.encode())

    def deal(self, deal: Deal) -> None:
        """A match inside a hub has changed."""
        self.keep(f"deal/{deal.match}".encode(), deal, DEAL_BYTES)

    def rows(self) -> list[tuple[bytes, bytes | None]]:
        """What to write, as it stands now."""
        return [
            (key, value if value is None or isinstance(value, bytes) else state.encode(value))
            for key, value in self._rows.items()
        ]
