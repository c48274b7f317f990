"""One suite for every shelf: what is put is found again, in memory or on disk."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from streams.agents.spill import SpillShelf
from streams.core.shelf import MemoryShelf, Shelf

MAKERS: dict[str, Callable[[Path], Shelf]] = {
    "memory": lambda _: MemoryShelf(),
    "spilling": lambda folder: SpillShelf(folder / "said.db", 4_000),
    "all on disk": lambda folder: SpillShelf(folder / "said.db", 0),
}


@pytest.fixture(params=sorted(MAKERS))
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MAKERS[request.param](tmp_path)


def test_a_shelf_does_what_a_dictionary_does(shelf: Shelf) -> None:
    chance, held = Random(7), {}
    for step in range(3_000):
        name = (f"c{chance.randrange(9)}", f"hp{chance.randrange(2)}", chance.randrange(40))
        if chance.random() < 0.6:
            held[name] = b"%d" % step
            shelf.put(*name, held[name])
        elif chance.random() < 0.5:
            held.pop(name, None)
            shelf.drop(*name)
        assert shelf.get(*name) == held.get(name)
    for actor in {name[0] for name in held}:
        own = {name[1:]: value for name, value in held.items() if name[0] == actor}
        found = [((device, sequence), value) for device, sequence, value in shelf.of(actor)]
        assert len(found) == len(own)
        assert dict(found) == own
    assert set(shelf.actors()) == {name[0] for name in held}


def test_an_unknown_actor_has_said_nothing(shelf: Shelf) -> None:
    assert list(shelf.of("nobody")) == []
    assert shelf.get("nobody", "hp1", 1) is None


def test_memory_stays_within_the_budget_and_nothing_is_lost(tmp_path: Path) -> None:
    shelf = SpillShelf(tmp_path / "said.db", 100_000)
    for number in range(5_000):
        shelf.put(f"c{number % 50}", "hp1", number, b"x" * 100)
    assert shelf.in_memory < 300
    assert sum(1 for n in range(50) for _ in shelf.of(f"c{n}")) == 5_000


def test_a_new_start_finds_an_empty_shelf(tmp_path: Path) -> None:
    SpillShelf(tmp_path / "said.db", 0).put("c1", "hp1", 1, b"old")
    assert SpillShelf(tmp_path / "said.db", 0).get("c1", "hp1", 1) is None
