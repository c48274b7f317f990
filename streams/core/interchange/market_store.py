"""Decides how the market's state is held and found again: records by key, open matches, pairs.

Refuses to know what any of it means: `market_side` and `market_round` do.
"""

from collections.abc import Callable, Iterator
from typing import Any

from streams.core.interchange.market_state import (
    APPLIED,
    AppliedTo,
    Between,
    DoneTick,
    Family,
    Lines,
    MarketRecord,
    Pair,
    Told,
    decode,
    encode,
)
from streams.core.interchange.protocol_table import Phase
from streams.core.interchange.tally import Tally


class MarketStore:
    """All state of one market partition; `changed` are keys to write."""

    def __init__(self, epoch: int, home: Callable[[str], int]) -> None:
        """`home` is the partition of a hub."""
        self._home = home
        self.tally = Tally()
        self.now = AppliedTo(0, epoch=epoch)
        self.residuals: dict[str, Lines] = {}
        self.done: dict[str, DoneTick] = {}
        self.matches: dict[str, Between] = {}
        self.pairs: dict[str, Pair] = {}
        self.families: dict[str, Family] = {}
        self.outlooks: dict[str, Told] = {}
        self.changed: dict[str, None] = {}
        self.open: dict[str, Between] = {}
        self._show: dict[str, None] = {}
        self._ended: dict[str, Between] = {}
        self._pairs_of: dict[str, dict[str, Pair]] = {}
        self._open_of: dict[str, dict[str, Between]] = {}
        self._pools: dict[str, dict[str, Between]] = {}

    # -------------------------------------------------------------- changing
    def put(self, kind: str, name: str, record: MarketRecord) -> None:
        """A record is new, or has changed at the record being folded."""
        record.version = self.now.version
        self._table(kind)[name] = record
        self.changed[f"{kind}/{name}"] = None
        self._index(kind, name, record)

    def drop(self, kind: str, name: str) -> None:
        """A record is past keeping."""
        dropped = self._table(kind).pop(name, None)
        self.changed[f"{kind}/{name}"] = None
        if kind == "match":
            self._ended.pop(name, None)
            own = self._pools.get(getattr(dropped, "pool", ""), {})
            own.pop(name, None)
            if dropped is not None and not own:
                self._pools.pop(dropped.pool, None)

    def show(self, name: str) -> None:
        """A match that people have seen, or now see, is to be published as it stands."""
        if self.matches[name].shown:
            self._show[name] = None

    def _index(self, kind: str, name: str, record: Any) -> None:
        if kind == "residual":
            self.tally.put(name, self._home(record.hub), record.told)
        elif kind == "pair":
            self._pairs_of.setdefault(record.family, {})[name] = record
        elif kind == "match":
            self._index_match(name, record)

    def _index_match(self, name: str, match: Between) -> None:
        if match.pool:
            self._pools.setdefault(match.pool, {})[name] = match
        own = self._open_of.setdefault(match.family, {})
        if match.phase is Phase.ENDED:
            self.open.pop(name, None)
            own.pop(name, None)
            if not match.shown:  # what people have seen stays
                self._ended[name] = match
        else:
            self.open[name] = own[name] = match

    # -------------------------------------------------------------- finding
    def lines_of(self, family: str) -> Iterator[Lines]:
        """The residuals of a family, by hub."""
        for name in sorted(self.residuals):
            if self.residuals[name].family == family:
                yield self.residuals[name]

    def pairs_of(self, family: str) -> Iterator[Pair]:
        """The pairs of a family that were tried."""
        return iter(self._pairs_of.get(family, {}).values())

    def open_of(self, family: str) -> Iterator[Between]:
        """The matches of a family that are not over."""
        return iter(self._open_of.get(family, {}).values())

    def pool_of(self, match: Between) -> list[Between]:
        """All matches of its pool, itself among them, by name; none for a match of no pool."""
        own = self._pools.get(match.pool, {})
        return [own[name] for name in sorted(own)]

    def forgettable(self, until_ms: int, most: int) -> list[str]:
        """Matches that nobody saw and that were over before a time, oldest first."""
        old = [(m.ended_ms, name) for name, m in self._ended.items() if m.ended_ms < until_ms]
        return [name for _, name in sorted(old)[:most]]

    # -------------------------------------------------------------- recovery
    def restore(self, key: str, value: bytes | None) -> bool:
        """Take a changelog record in; False when something newer of its key is held."""
        kind, _, name = key.partition("/")
        if value is None:
            self._table(kind).pop(name, None)
            return True
        record, held = decode(kind, value), self._held(kind, name)
        if held is not None and held.version > record.version:
            return False
        if isinstance(record, AppliedTo):
            self.now = record
        else:
            self._table(kind)[name] = record
        return True

    def settle(self) -> None:
        """Build what the state implies."""
        self.open, self._ended, self._pairs_of, self._open_of = {}, {}, {}, {}
        self._pools = {}
        self.tally = Tally()
        for kind in ("match", "pair", "residual"):
            table = self._table(kind)
            for name in sorted(table):
                self._index(kind, name, table[name])

    def encode(self, key: str) -> bytes | None:
        """What the changelog should hold for a key; None when nothing."""
        held = self._held(*key.partition("/")[::2])
        return None if held is None else encode(held)

    def drain(self) -> tuple[list[tuple[str, bytes | None]], list[Between]]:
        """What to write, `applied` last, and what to publish."""
        rows = [(key, self.encode(key)) for key in self.changed if key != APPLIED]
        if self.changed:
            rows.append((APPLIED, encode(self.now)))
        shown = [self.matches[name] for name in self._show if name in self.matches]
        self.changed, self._show = {}, {}
        return rows, shown

    def _held(self, kind: str, name: str) -> MarketRecord | None:
        if kind == APPLIED:
            return self.now
        held: MarketRecord | None = self._table(kind).get(name)
        return held

    def _table(self, kind: str) -> dict[str, Any]:
        tables: dict[str, dict[str, Any]] = {
            "residual": self.residuals,
            "done": self.done,
            "match": self.matches,
            "pair": self.pairs,
            "family": self.families,
            "outlook": self.outlooks,
        }
        return tables[kind]
