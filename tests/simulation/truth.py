"""What a story must come to: told by an oracle from the design, and by a run that never failed.

The straight run folds record by record, so it says every version of everything there ever is. It
is held against the oracle, which shares no code with the core, and against what the teller knew of
each record. Only then may schedules be held against it.
"""

import json
from base64 import b64decode
from collections import defaultdict
from typing import Any

from streams.core.effects import Effects
from streams.core.partition import Partition
from tests.simulation.carried import Deeds
from tests.simulation.craft import FRESH_MS, HOME, craft
from tests.simulation.facts import Fact, Name, micro, thawed, told
from tests.simulation.licensing import Licensing
from tests.simulation.listening import asks, last_left
from tests.simulation.rooms import Lines
from tests.simulation.stories import Expected, Story
from tests.simulation.told_away import Between, Words
from tests.support.core_logs import Logged, day
from tests.support.oracle import Oracle, lines_said

EPOCH = 2**40
WIB_MS = 7 * 3_600_000
Rows = dict[Name, tuple[int, str]]


class BreachError(AssertionError):
    """A law does not hold; the message opens with its name."""


class Truth:
    """One story, its straight run, and the bounds of every promise."""

    def __init__(self, story: Story, matcher: str) -> None:
        self.story, self.number, self.matcher = story, story.number, matcher
        self.known: dict[tuple[Name, int], str] = {}
        self.rows: dict[Name, tuple[int, str]] = {}
        self.state: dict[bytes, bytes] = {}
        self.between = Between(story, law)
        self.between.legs.rights = self._rights
        self.after: list[tuple[Rows, dict[bytes, bytes], Rows]] = [({}, {}, {})]
        """Rows, state and words to the market after so many records: a log may end anywhere."""
        self.free: dict[int, dict[str, int]] = {}
        self.wanted: dict[int, dict[str, tuple[str, int]]] = {}
        self.ticks = [at for at, e in enumerate(story.expected) if e.tick]
        self.gates = self.ticks[1:]
        self._facts: dict[tuple[str, bytes, bytes | None], tuple[Fact, ...]] = {}
        self._abouts: dict[Name, Any] = {}
        self._deeds = Deeds()
        self._lines = Lines(Oracle([]))
        self._licensing = Licensing()
        self._told_home: list[bytes] = []
        self._whole = False
        self._now_ms = 0
        self._walk()
        self._whole = True
        self._hold_against_oracle()
        self._overheard()

    def facts(self, topic: str, key: bytes, value: bytes | None) -> tuple[Fact, ...]:
        """The facts of a record, read once; each was told by the straight run as well."""
        place = topic, key, value
        found = self._facts.get(place)
        if found is None:
            if value is None:
                raise BreachError(f"I8: a tombstone in {topic}")
            found = told(topic, key, value)
            if self._whole:
                for name, version, content, _ in found:
                    right = self.known.get((name, version))
                    what = f"{name} at version {version} says {content}, not {right}"
                    law("I7", right == content, what)
            self._facts[place] = found
        return found

    def fresh(self) -> Partition:
        """An empty partition for this story."""
        return craft(self.matcher, self.story.cut_offs).partition(self.number, self.story.epoch)

    # -------------------------------------------------------------- the straight run
    def _walk(self) -> None:
        story, sound = self.story, list[bytes]()
        runs = story.effects or map(self.fresh().fold, ([record] for record in story.records))
        for record, expected, effects in zip(story.records, story.expected, runs, strict=True):
            self._pass_time(record, expected)
            verdicts: list[str] = []
            letters: dict[str, bytes] = {}
            for key, value in effects.state:
                if value is None:
                    self.state.pop(key, None)
                else:
                    self.state[key] = value
            for topic, rows in effects.outputs:
                for key, value in rows:
                    for fact in self.facts(topic, key, value):
                        self._take(fact, verdicts, letters)
            self._judged(record.offset, expected, verdicts, letters)
            self._still(expected, effects)
            words = self._words(effects)
            done = not expected.verdict and verdicts == ["accepted"]
            moved = done and self._done(record, words)
            if expected.sound:
                sound.append(expected.sound)
            if expected.sound or moved:
                self._lines = Lines(Oracle(sound, self._deeds.moved))
            if expected.tick:
                self._bound(expected.tick)
                self._opened(expected.tick)
                self._stands(record)
            self._said_away(record, expected, words)
            self.after.append((dict(self.rows), dict(self.state), dict(self.between.rows)))

    def _pass_time(self, record: Logged, expected: Expected) -> None:
        """Time is what the ticks say, and before the first what the first record says."""
        if expected.tick or not self._now_ms:
            self._now_ms = max(self._now_ms, record.timestamp)

    def _is_open(self, side: str, line: str) -> bool:
        """Whether a line may be matched today, by the day of western Indonesia."""
        return self._lines.oracle.is_open(side, line, day(self._now_ms + WIB_MS))

    def _still(self, expected: Expected, effects: Effects) -> None:
        """A tick that was sent before changes nothing."""
        if expected.verdict == "tick" and not expected.tick:
            still = len(effects.state) == 1 and not effects.outputs and not effects.away
            law("I9", still, "a tick told twice")

    def _done(self, record: Logged, words: Words) -> bool:
        """A decision was carried out, inside the hub or at legs; True when it moved goods.

        Of profiles, which are no reports either, the permits are kept.
        """
        self._licensing.accepted(record)
        if ("match", json.loads(record.value)["data"].get("match", "")) in self._abouts:
            return self._deeds.done(record.value, self._abouts, law)
        moved = self.between.decided(record, self._version(record), words)
        self._deeds.moved += moved
        return bool(moved)

    def _rights(self, side: str, line: str) -> tuple[set[str], set[str]]:
        return self._licensing.rights(self._lines.oracle, side, line)

    def _version(self, record: Logged) -> int:
        return self.story.epoch * EPOCH + record.offset + 1

    def _words(self, effects: Effects) -> Words:
        """What the market is told after a record."""
        words = [
            (place, fact)
            for topic, place, rows in effects.away
            for key, value in rows
            for fact in self.facts(topic, key, value)
        ]
        for _, place, rows in effects.away:
            self._told_home += [value for _, value in rows if place == HOME]
        for _, (name, version, content, _) in words:
            known = self.known.setdefault((name, version), content)
            law("I7", known == content, f"two sayings of {name} at version {version}")
        return words

    def _said_away(self, record: Logged, expected: Expected, words: Words) -> None:
        live = [about for name, about in self._abouts.items() if name[0] == "match" and about.live]
        self._lines.live = live
        resting = self._resting()
        lines = (place for place in self._lines.places if place[1] not in resting)
        places = [place for place in lines if not expected.tick or self._is_open(*place[:2])]
        room = self._lines.room, places, self._lines.is_old
        self.between.follow(record, expected, self._version(record), words, room)

    def _resting(self) -> set[str]:
        """Offers whose owners were asked for word of them and have given none that is newer."""
        silent = [about for name, about in self._abouts.items() if name[0] == "match"]
        silent_ms: dict[str, int] = {}
        for about in silent:
            silent_ms[about.offer] = max(silent_ms.get(about.offer, -1), about.silent_ms)
        return {
            f"{coop}|{place}"
            for (coop, place), level in self._lines.oracle.positions().items()
            if silent_ms.get(f"{coop}|{place}", -1) - level["last_report_ms"] > FRESH_MS
        }

    def _take(self, fact: Fact, verdicts: list[str], letters: dict[str, bytes]) -> None:
        name, version, content, about = fact
        known = self.known.setdefault((name, version), content)
        law("I7", known == content, f"two sayings of {name} at version {version}")
        held = self.rows.get(name)
        if held is None or version >= held[0]:
            self.rows[name] = (version, content)
            if name[0] == "match" and held is not None:
                law("I7", not thawed(self._abouts[name], about), f"{name} changed while frozen")
            self._abouts[name] = about
        if name[0] == "judged":
            verdicts.append(json.loads(content)["verdict"])
            offset = int(name[1].partition("/")[2])
            right = self.story.epoch * EPOCH + offset + 1
            law("I7", version == right, f"{name} has version {version}, not {right}")
        elif name[0] == "letter":
            letters[name[1]] = b64decode(about["payload"])

    def _judged(
        self, offset: int, expected: Expected, verdicts: list[str], letters: dict[str, bytes]
    ) -> None:
        where = f"record {offset} of partition {self.number}"
        if expected.verdict in ("tick", "market"):
            law("I1", not verdicts, f"{where} is no report and was judged {verdicts}")
            return
        law("I1", len(verdicts) == 1, f"{where} was judged {verdicts}")
        if expected.verdict:
            what = f"{where} was {verdicts[0]}, not {expected.verdict}"
            law("I2", verdicts[0] == expected.verdict, what)
            right = dict(expected.letters)
            law("I4", letters == right, f"{where} left letters {letters}, not {right}")
        if expected.sound:
            self._shown(offset, json.loads(expected.sound))

    def _shown(self, offset: int, said: Any) -> None:
        """The ledger shows every sound line of a report, word for word."""
        content = json.loads(self.rows["judged", f"{self.number}/{offset}"][1])
        shown = [(x["line_id"], x["kind"], x.get("said", "")) for x in content["lines"]]
        due = [
            (f"{said['id']}#{n}", x["kind"], x.get("quantity", ""))
            for n, x in enumerate(lines_said(said), 1)
        ]
        law("I3", shown == due, f"the ledger shows {shown}, not {due}")

    def _stands(self, record: Logged) -> None:
        """After a tick no match stands whose time is over."""
        for name, about in self._abouts.items():
            if name[0] == "match" and about.live:
                over = about.due_ms <= record.timestamp
                law("I7", not over, f"{name} still stands at {record.timestamp}")

    # -------------------------------------------------------------- the oracle
    def _bound(self, tick: int) -> None:
        """What may be promised at a tick: what every offer has and every need asks for.

        What legs took when the tick came is not there any more.
        """
        legs = self.between.legs
        self.free[tick] = {
            line: free - legs.promised("offer", line) for line, free in self._lines.free.items()
        }
        self.wanted[tick] = {
            line: (goods, wanted - sum(x.micro for x in legs.on("need", line, goods)))
            for line, (goods, wanted) in self._lines.wanted.items()
        }

    def _opened(self, tick: int) -> None:
        """What is promised at a tick is of lines that are open that day."""
        for name, about in self._abouts.items():
            if name[0] == "match" and about.tick == tick:
                for side, line in (("offer", about.offer), ("need", about.need)):
                    law("I5", self._is_open(side, line), f"{name} of {line}, which is shut")

    def _overheard(self) -> None:
        """The market asks for leftovers that it did not hear of, and for nothing else."""
        told, lost = self._told_home, last_left(self._told_home)
        law("I6", not asks(told), f"what partition {self.number} has told is asked for again")
        noticed = lost < 0 or asks(told, lost)
        law("I6", noticed, f"nobody misses what partition {self.number} has told")

    def _hold_against_oracle(self) -> None:
        oracle = self._lines.oracle
        abouts = self._abouts
        positions = {n[1:]: about for n, about in abouts.items() if n[0] == "position"}
        right = {(c, *p.split("|")): level for (c, p), level in oracle.positions().items()}
        law("I3", positions.keys() == right.keys(), f"positions {[*positions]}, not {[*right]}")
        for name, level in right.items():
            for field in ("on_hand", "keep", "last_report_ms"):
                shown = int(positions[name][field])
                law("I3", shown == level[field], f"{field} of {name}: {shown}, not {level[field]}")
        orders = {n[1]: about for n, about in abouts.items() if n[0] == "order"}
        asked = oracle.asked()
        law("I3", orders.keys() == asked.keys(), f"orders {[*orders]}, not {[*asked]}")
        for number, order in asked.items():
            for field in ("state", "commodity", "quantity"):
                shown, due = orders[number].get(field), order.get(field)
                if field in order:
                    law("I3", shown == due, f"{field} of {number}: {shown}, not {due}")
            came, due = int(orders[number].get("delivered", "0")), order.get("delivered", 0)
            law("I3", came == due, f"delivered for {number}: {came}, not {due}")
        voided = {n[1] for n in abouts if n[0] == "voided"}
        law("I3", voided == oracle.voided, f"voided {sorted(voided)}, not {sorted(oracle.voided)}")
        self._demand(oracle)
        self._accepted()

    def _demand(self, oracle: Oracle) -> None:
        """Hub supply, demand and what is matched, from the oracle's positions and orders."""
        right: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        for (_, place), level in oracle.positions().items():
            commodity, grade, _ = place.split("|")
            right[commodity, grade][0] += level["on_hand"] * 1_000_000
        grades: dict[str, tuple[str, str]] = {}
        for number, order in oracle.asked().items():
            if order["state"] == "open" and self._is_open("need", number):
                grades[number] = (order["commodity"], order.get("grade") or "UNGRADED")
                right[grades[number]][1] += order["wanted"] * 1_000_000
        for number, asked in grades.items():
            right[asked][2] += self._matched(number, asked[0])
        shown: dict[tuple[str, str], list[int]] = {}
        for name, about in self._abouts.items():
            if name[0] == "demand" and name[1].endswith("|season"):
                for row in about["rows"]:
                    cell = (about["commodity"], row["grade"])
                    shown[cell] = [micro(row[field]) for field in ("supply", "demand", "matched")]
        rows = {place: row for place, row in shown.items() if any(row)}
        due = {place: row for place, row in right.items() if any(row)}
        law("I6", rows == due, f"hub demand {rows}, not {due}")

    def _matched(self, need: str, commodity: str) -> int:
        """What stands for a need of the commodity that it asks for, inside the hub and between."""
        abouts = [about for name, about in self._abouts.items() if name[0] == "match"]
        inside = [a for a in abouts if a.live and (a.need, a.commodity) == (need, commodity)]
        legs = self.between.legs.on("need", need, commodity)
        seen: int = sum(leg.micro for leg in legs if leg.state == "committed")
        return seen + sum(int(about.takes) for about in inside)

    def _accepted(self) -> None:
        """A match is accepted only by both sides, or by a hub that speaks for them."""
        for name, about in self._abouts.items():
            if name[0] == "match" and "accepted" in about.steps:
                at = about.steps.index("accepted")
                last, before = about.actors[at], set(about.actors[1:at])
                both = len(last) == len(self.story.hub) or before - {last}
                law("I7", bool(both), f"{name} was accepted by {last} alone")


def law(name: str, holds: bool, what: str) -> None:
    """Raise the breach of a law that does not hold."""
    if not holds:
        raise BreachError(f"{name}: {what}")
