import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.simulate import SEED_HUBS, seed_world
from producers.world.world import Spoken

hubs = st.lists(st.sampled_from(SEED_HUBS), min_size=1, max_size=2, unique=True)


def told(seed: int, hubs: list[str], start_ms: int, every_us: int) -> list[Spoken]:
    world = seed_world(seed, hubs)
    opening = list(world.opening(start_ms))
    return opening + list(itertools.islice(world.reports(start_ms, every_us), 400))


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**64 - 1),
    hubs=hubs,
    start_ms=st.integers(1_500_000_000_000, 2_000_000_000_000),
    every_us=st.integers(1, 10_000_000),
)
def test_the_same_seed_tells_the_same_bytes(seed, hubs, start_ms, every_us):
    first = told(seed, hubs, start_ms, every_us)
    assert first == told(seed, hubs, start_ms, every_us)
    assert first != told(seed + 1, hubs, start_ms, every_us)
    moments = [spoken.at_ms for spoken in first]
    assert moments == sorted(moments)
