"""Which permits lines ask for and owners hold, from what contracts and profiles say."""

import json

from tests.support.core_logs import Logged
from tests.support.oracle import Oracle, ms

PROFILE = "lumbung.profile.v1"
_OFFER_BARS = 3


class Licensing:
    """Of a co-op's profiles the newest by its own time says which permits it holds."""

    def __init__(self) -> None:
        self._profiles: dict[str, tuple[tuple[int, str, int], set[str]]] = {}

    def accepted(self, record: Logged) -> None:
        """A record that is no report was accepted."""
        said = json.loads(record.value)
        if said["type"] != PROFILE:
            return
        data, at = said["data"], ms(said["time"])
        when = at, data["device"], data["sequence"]
        newest, _ = self._profiles.get(data["coop"], ((-1, "", 0), set()))
        if when > newest:
            permits = {word.strip().casefold() for word in data.get("permits", ())}
            self._profiles[data["coop"]] = when, permits

    def rights(self, oracle: Oracle, side: str, line: str) -> tuple[set[str], set[str]]:
        """The permits that a line asks for, and those that its owner holds."""
        is_line = side == "need" or line.count("|") == _OFFER_BARS
        pact = oracle.pact(side, line) if is_line else None
        _, holds = self._profiles.get(line.partition("|")[0], (None, set()))
        return set() if pact is None else pact["permits"], holds
