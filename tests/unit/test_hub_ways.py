"""Ways inside a hub: what is kept of them never shows."""

import pytest

from schemas.reference import catalogue, legs
from streams.core import ways
from streams.core.ways import HubWays

COOPS = ("19.02.01.1002", "19.02.01.1005", "19.02.01.2003", "91.03.01.1001")


def test_a_way_is_the_same_when_it_is_kept_found_again_or_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = [(a, b, goods) for a in COOPS for b in COOPS for goods in ("LADA-PUTIH", "TAHU")]
    alone = [HubWays(legs(), catalogue()).leg(*pair) for pair in asked]
    assert len(set(alone)) > len(COOPS)
    assert None in alone
    monkeypatch.setattr(ways, "WAYS_KEPT_MAX", 7)
    every = HubWays(legs(), catalogue())
    assert [every.leg(*pair) for pair in asked * 3] == alone * 3
    assert [every.leg(*pair) for pair in asked for _ in range(2)][::2] == alone
