"""Planted bugs of what hubs and the market between them tell each other."""

from tests.mutation.planting import AGENTS, CORE, Planted

HUB_SIDE = CORE + "interchange/hub_side.py"
HUB_LIFE = CORE + "interchange/hub_life.py"
LEG_ACTS = CORE + "leg_acts.py"

MARKET_BUGS: tuple[Planted, ...] = (
    Planted(
        "legs are not taken off",
        "I5",
        "what is promised to other hubs is matched inside the hub once more",
        CORE + "rounds.py",
        ' - bound - self._promised(LegSide.OFFER, name, "")',
        " - bound",
    ),
    Planted(
        "a request carried out twice",
        "I5",
        "who asks for the same hold again is given it anew",
        HUB_SIDE,
        "        if leg_name(asked.match, asked.side) in self.legs:\n            return\n",
        "",
    ),
    Planted(
        "an old request is carried out again",
        "I9",
        "a request that is in the state is folded once more",
        CORE + "desk.py",
        "        elif again:\n            self.side.answer(request)\n",
        "",
    ),
    Planted(
        "a hold of more than is free",
        "I5",
        "whoever asks is given all that was asked for",
        HUB_SIDE,
        "        granted = min(asked.quantity, self.free(",
        "        granted = max(asked.quantity, self.free(",
    ),
    Planted(
        "a released hold is not freed",
        "I5",
        "what was let go is taken off its line for ever",
        HUB_SIDE,
        "leg.reason, leg.held, leg.committed = state, reason, 0, leg.delivered\n",
        "leg.reason = state, reason\n",
        more=(
            (
                "        if leg.state in LIVE:\n            own[",
                "        if leg.held:\n            own[",
            ),
        ),
    ),
    Planted(
        "holds never end",
        "I5",
        "what was held and not committed is held for ever",
        HUB_SIDE,
        "            if leg.state is LegState.HELD and leg.until_ms <= at.as_of_ms\n",
        "            if leg.state is LegState.HELD and leg.until_ms <= 0\n",
    ),
    Planted(
        "falling stock cuts no hold",
        "I5",
        "what is no longer there stays promised",
        CORE + "partition.py",
        "        self._desk.weigh(dict.fromkeys(offers), dict.fromkeys(needs), cause, at)\n",
        "        self._desk.weigh([], [], cause, at)\n",
    ),
    Planted(
        "who was replaced is heard",
        "I5",
        "a request of an older generation of the market is carried out",
        HUB_SIDE,
        "            if request.generation < fence.generation and age_ms < FENCE_MS:\n",
        "            if request.generation < 0 and age_ms < FENCE_MS:\n",
    ),
    Planted(
        "done before the leftovers",
        "I6",
        "the market hears that a tick is done before it hears what the tick left over",
        CORE + "partition.py",
        "        solved = [(hub, family)",
        "        self._desk.done(tick, at.version)\n        solved = [(hub, family)",
        more=(
            (
                "self._clock.market(where), at)\n        self._desk.done(tick, at.version)\n",
                "self._clock.market(where), at)\n",
            ),
        ),
    ),
    Planted(
        "told what is in no state",
        "I9",
        "legs leave before the state that they follow from is written down",
        AGENTS + "tenure.py",
        "            await self._log_rows(effects.state, whole=True)\n",
        "            await self._say_away(effects.away)\n"
        "            await self._log_rows(effects.state, whole=True)\n",
        more=(
            (
                "(effects.away)\n            await self._say_adopted()\n",
                "([])\n            await self._say_adopted()\n",
            ),
        ),
    ),
    Planted(
        "recovery read is enough",
        "I7",
        "a recovery that ended in the middle of a batch leaves its end, `applied`, unread",
        AGENTS + "tenure.py",
        "        await self._read_up_to(ends.pop(changelog))\n",
        "        del ends[changelog]\n",
    ),
    Planted(
        "legs not told on taking over",
        "I5",
        "what the predecessor had changed of its legs and not told yet is never told",
        AGENTS + "tenure.py",
        "        await self._say_away(self.holding.fold.announce_away(self._committed))\n",
        "",
    ),
    Planted(
        "leftovers not told on taking over",
        "I6",
        "what a tick left over and its teller did not live to tell is never told",
        CORE + "desk.py",
        "if left.digest and left.version == last]",
        "if left.version < 0]",
    ),
    Planted(
        "sums not compared",
        "I6",
        "the market never notices that leftovers were lost on their way",
        CORE + "interchange/market_side.py",
        "if said.told not in (-1, self.store.tally.sum(said.partition)):",
        "if said.told < -1:",
    ),
    Planted(
        "an older word on a match wins",
        "I5",
        "how a match stood before takes the place of how it stands",
        HUB_SIDE,
        " and asked.version > leg.stood:",
        ":",
    ),
    Planted(
        "what a match lets go stays promised",
        "I5",
        "a committed leg keeps all it ever kept, whatever its match still holds",
        HUB_LIFE,
        "min(leg.committed, stand.delivered + stand.holds)",
        "leg.committed",
    ),
    Planted(
        "what nobody has heard is forgotten",
        "I5",
        "acts that the market has not heard of are gone when it tells how the match stands",
        HUB_LIFE,
        "    leg.acts = leg.acts[max(0, stand.heard - leg.heard) :]\n",
        "    leg.acts = []\n",
    ),
    Planted(
        "a shipment to another hub moves nothing",
        "I3",
        "goods that left for another hub are shown as if they were there",
        LEG_ACTS,
        '        return Moved(coop, name, -told.quantity, "", leg.commodity)\n',
        "        return None\n",
    ),
    Planted(
        "what came from another hub fills no order",
        "I3",
        "an order wants all that it wanted, whatever another hub sent for it",
        CORE + "acts.py",
        "self._fill(moved.coop, moved.order, (moved.commodity, moved.micro), touched)",
        "pass",
    ),
)
