"""Goods that move by matches: any order of arrival, any forgetting between, one position."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.judged import StockLine
from streams.core import movements, position
from streams.core.state import Coop, Key, Level, decode, encode

NAME = "KELAPA|A|"
HOUR = 3_600_000
SPAN = 40
KEYS: st.SearchStrategy[Key] = st.builds(
    lambda hour, device, n: (hour * HOUR, device, n, n << 12),
    st.integers(0, SPAN),
    st.sampled_from(("desk", "hp1", "hp2")),
    st.integers(0, 3),
)
LINES = st.builds(
    lambda key, kind, micro: (
        key,
        StockLine(key[3] >> 12, kind, "KELAPA", "A", "", micro, str(micro), "EA"),
    ),
    KEYS,
    st.sampled_from("cio"),
    st.integers(0, 90),
)
MOVES = st.tuples(KEYS, st.integers(-90, 90))
SAID = st.lists(st.one_of(LINES, MOVES), max_size=14, unique_by=lambda entry: entry[0])


def right(entries: list[position.Entry]) -> int:
    """The newest count and the movements after it, in the plainest way."""
    on_hand = 0
    for _, what in sorted(entries, key=lambda entry: entry[0]):
        if isinstance(what, int):
            on_hand += what
        elif what.kind == "c":
            on_hand = what.quantity
        else:
            on_hand += what.quantity if what.kind == "i" else -what.quantity
    return on_hand


class Shop:
    """A co-op with one position; lines are kept beside it as a shelf would keep them."""

    def __init__(self) -> None:
        self.coop = Coop(levels={NAME: Level()})
        self.lines: list[position.Entry] = []

    @property
    def level(self) -> Level:
        return self.coop.levels[NAME]

    def hears(self, entry: position.Entry) -> None:
        key, what = entry
        if isinstance(what, int):
            movements.move(self.coop, NAME, key, what, 1)
            return
        self.lines.append(entry)
        if not position.apply(self.level, what, key):
            self.folds_again()

    def folds_again(self) -> None:
        position.refold(self.level, [*self.lines, *self.coop.moves.get(NAME, ())])

    def forgets(self, before_ms: int) -> None:
        gone = [entry for entry in self.lines if entry[0][0] < before_ms]
        self.lines = [entry for entry in self.lines if entry[0][0] >= before_ms]
        gone += movements.due(self.coop, before_ms).get(NAME, [])
        position.settle_base(self.level, gone)


@settings(max_examples=300, deadline=None)
@given(SAID, st.integers(0, 2**32))
def test_any_order_of_arrival_of_counts_and_movements_gives_one_position(entries, seed) -> None:
    shop = Shop()
    for entry in Random(seed).sample(entries, len(entries)):
        shop.hears(entry)
    assert shop.level.on_hand == right(entries)
    shop.folds_again()
    assert shop.level.on_hand == right(entries)
    assert decode(b"coop/x", encode(shop.coop)) == shop.coop


@settings(max_examples=300, deadline=None)
@given(SAID, st.integers(0, SPAN), st.integers(0, 2**32))
def test_what_is_forgotten_still_stands_under_what_comes_later(entries, hour, seed) -> None:
    """Counts within what is forgotten are too late; all else comes as if nothing were gone."""
    chance, horizon = Random(seed), hour * HOUR
    early = [entry for entry in entries if entry[0][0] < horizon or chance.random() < 0.5]
    late = [entry for entry in entries if entry not in early]
    shop = Shop()
    for entry in chance.sample(early, len(early)):
        shop.hears(entry)
    shop.forgets(horizon)
    assert all(key[0] >= horizon for moves in shop.coop.moves.values() for key, _ in moves)
    for entry in late:
        shop.hears(entry)
    assert shop.level.on_hand == right(entries)
    shop.folds_again()
    assert shop.level.on_hand == right(entries)
