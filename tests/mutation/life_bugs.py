"""Planted bugs of the life of a match inside a hub, and of what it moves."""

from tests.mutation.planting import CORE, Planted

LIFE = CORE + "deal_life.py"
DECISIONS = "tests/unit/test_deal_decisions.py"

LIFE_BUGS: tuple[Planted, ...] = (
    Planted(
        "the goods of a hub's word are the hub's",
        "I3",
        "what a hub ships or receives in a co-op's name stays where it was",
        CORE + "acts.py",
        "            self._move(*deal_life.given_from(deal), -done.quantity, touched)\n",
        "            if said.actor == deal.from_coop:\n"
        "                self._move(*deal_life.given_from(deal), -done.quantity, touched)\n",
        DECISIONS,
    ),
    Planted(
        "a late count forgets what matches moved",
        "I3",
        "a position that is folded again is folded from lines alone",
        CORE + "sayings.py",
        "[*lines, *self.coop.moves.get(name, ())]",
        "lines",
    ),
    Planted(
        "what came is asked for again",
        "I3",
        "an order wants all that it wanted, whatever was received for it",
        CORE + "view.py",
        "        if coop.filled and seen is not None:\n",
        "        if not coop.filled and seen is not None:\n",
    ),
    Planted(
        "what was received is waited for",
        "I6",
        "a need counts as matched by what it has already",
        LIFE,
        "    return deal.quantity - deal.received - deal.refused",
        "    return deal.quantity - deal.refused",
        DECISIONS,
    ),
    Planted(
        "what has left is held on",
        "I7",
        "goods that were shipped are kept from others as if they were there",
        CORE + "lifecycle.py",
        "        return self.to_ship if agreed else self.granted\n",
        "        return self.quantity if agreed else self.granted\n",
    ),
    Planted(
        "nobody misses what never ships",
        "I7",
        "a match that was agreed on and forgotten holds its goods for ever",
        CORE + "lifecycle.py",
        '    State.ACCEPTED: (Action.NO_SHOW, "ship_by_ms", GRACE_MS),\n',
        "",
    ),
    Planted(
        "an order filled is told by nobody",
        "I3",
        "what was received for an order does not leave with the decision",
        CORE + "outputs.py",
        "        positions, orders = positions + moves, orders + filled\n",
        "        positions = positions + moves\n",
    ),
)
