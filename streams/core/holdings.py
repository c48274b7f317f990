"""Decides which state records a partition holds, by key, and which of two of one key is kept.

Recovery keeps the newest of each key: a worker that was thought dead may have written an older one
after it. Refuses to know what the records mean and how they come to change.
"""

from collections.abc import Mapping
from typing import Any

from schemas.records import version_of
from streams.core import state
from streams.core.interchange.hub_side import HubSide
from streams.core.interchange.hub_state import KINDS, decode
from streams.core.mending import Mending
from streams.core.shelf import Shelf, opened
from streams.core.state import Applied, Odd, Said
from streams.core.view import View


class Holdings:
    """All state of one partition, as it lies in the changelog."""

    def __init__(self, view: View, shelf: Shelf, epoch: int, legs: HubSide) -> None:
        self.now = Applied(epoch=epoch)
        self.odd: dict[int, Odd] = {}
        self.mending = Mending()
        self._view, self._shelf, self._legs = view, shelf, legs
        self._whole = False

    def restore(self, key: bytes, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        kind, _, name = key.decode().partition("/")
        if kind in KINDS:
            return self._restore_leg(key.decode(), value)
        if value is None:
            self._forget(kind, name)
            return True
        record = state.decode(key, value)
        held = self._held(kind, name)
        if held is not None and state.version_in(held) > state.version_in(record):
            return False
        if self._is_gone(record) and held is None:
            return False
        self._hold(kind, name, record, value)
        return True

    def _restore_leg(self, key: str, value: bytes | None) -> bool:
        if value is not None and self._whole and self._legs.encode(key) is None:
            version = decode(key.partition("/")[0], value).version
            if version <= version_of(self.now.epoch, self.now.offset):
                return False
        return self._legs.restore(key, value)

    def settled(self) -> None:
        """Recovery is over: what `applied` covers and is not held was forgotten since."""
        self._whole = True

    def _is_gone(self, record: Any) -> bool:
        """True of what only a stranger can write who does not know that it was forgotten since."""
        known = self._whole and isinstance(record, Said | Odd)
        return known and record.offset <= self.now.offset

    def encode(self, key: bytes) -> bytes | None:
        """What the changelog should hold for a key; None when nothing."""
        kind, _, name = key.decode().partition("/")
        if kind in KINDS:
            return self._legs.encode(key.decode())
        if kind == "said":
            return self._shelf.get(*said_name(name))
        held = self._held(kind, name)
        return None if held is None else state.encode(held)

    def _held(self, kind: str, name: str) -> Any:
        if kind == "said":
            kept = self._shelf.get(*said_name(name))
            return None if kept is None else opened(kept)
        if kind == "odd":
            return self.odd.get(int(name))
        tables: Mapping[str, Mapping[str, Any]] = {
            "coop": self._view.book.coops,
            "deal": self._view.book.deals,
            "round": self._view.rounds,
            "mended": self.mending.by_letter,
            "applied": {"": self.now},
        }
        return tables[kind].get(name)

    def _hold(self, kind: str, name: str, record: Any, value: bytes) -> None:
        book = self._view.book
        if kind == "coop":
            book.coops[name] = record
            book.hub_of[name] = self._view.hub(name)
        elif kind == "said":
            self._shelf.put(*said_name(name), value)
        elif kind == "deal":
            book.deals[name] = record
        elif kind == "round":
            self._view.rounds[name] = record
        elif kind == "odd":
            self.odd[int(name)] = record
        elif kind == "mended":
            self.mending.hold(name, record)
        else:
            self.now = record

    def _forget(self, kind: str, name: str) -> None:
        if kind == "said":
            self._shelf.drop(*said_name(name))
        elif kind == "odd":
            self.odd.pop(int(name), None)


def said_name(name: str) -> tuple[str, str, int]:
    """The saying that a key names: actor, device, sequence."""
    actor, device, number = name.split("|")
    return actor, device, int(number)
