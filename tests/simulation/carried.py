"""What decisions that were carried out have done to matches, in the plainest way.

Decides what a match must have shipped, received, refused and lost after each of them, and what
they moved. Of what the core says it takes that a decision was carried out, and between whom the
match is; amounts are those of the decision, as it was said.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from tests.simulation.facts import Amounts, Name
from tests.support.oracle import Moved, ms

MICRO = 1_000_000
Law = Callable[[str, bool, str], None]


class Deeds:
    """All decisions of a story so far; `moved` is what they moved, in the order of the log."""

    def __init__(self) -> None:
        self.moved: list[Moved] = []
        self._amounts: dict[str, Amounts] = defaultdict(Amounts)

    def done(self, value: bytes, abouts: Mapping[Name, Any], law: Law) -> bool:
        """Take in a saying that was carried out; True when it moved goods."""
        said = json.loads(value)
        body = said["data"]
        if "decision" not in body:
            return False
        match, what = body["match"], body["decision"]
        about = abouts["match", match]
        amount, refused = int(body.get("quantity") or 0), int(body.get("refused") or 0)
        was, seen = self._amounts[match], about.amounts
        under_way = was.shipped - was.received - was.refused - was.lost
        if ("short", "lumbung") in zip(about.steps, about.actors, strict=True):
            was = was._replace(lost=was.lost + under_way)  # time was up
        if what == "ship":
            law("I7", amount > 0, f"{match} shipped nothing")
            was = was._replace(shipped=was.shipped + amount * MICRO)
        elif what == "receive":
            more = was.received + amount * MICRO, was.refused + refused * MICRO
            rest = under_way - (amount + refused) * MICRO
            law("I7", rest >= 0, f"{match} received what never left")
            was = Amounts(was.shipped, *more, was.lost + (rest if body.get("final") else 0))
        self._amounts[match] = was
        law("I7", seen == was, f"after {said['id']} {match} shows {seen}, not {was}")
        if what not in ("ship", "receive") or not amount:
            return False
        key = (ms(said["time"]), body["device"], body["sequence"], 0)
        giver, _, place = about.offer.partition("|")
        if what == "ship":
            self.moved.append(Moved(giver, place, -amount, key))
        else:
            taker, _, order = about.need.partition("|")
            unnamed = f"{place.rpartition('|')[0]}|"
            self.moved.append(Moved(taker, unnamed, amount, key, order))
        return True
