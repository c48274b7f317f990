"""What a story must come to: told by an oracle from the design, and by a run that never failed.

The straight run folds record by record, so it says every version of everything there ever is. It
is held against the oracle, which shares no code with the core, and against what the teller knew of
each record. Only then may schedules be held against it.
"""

import json
from base64 import b64decode
from collections import defaultdict
from typing import Any

from streams.core.partition import Partition
from tests.simulation.craft import craft
from tests.simulation.facts import Fact, Name, Promise, micro, told
from tests.simulation.teller import Story
from tests.support.core_logs import Logged
from tests.support.oracle import Oracle

EPOCH = 2**40


class BreachError(AssertionError):
    """A law does not hold; the message opens with its name."""


class Truth:
    """One story, its straight run, and the bounds of every promise."""

    def __init__(self, story: Story, matcher: str) -> None:
        self.story, self.number, self.matcher = story, story.number, matcher
        self.known: dict[tuple[Name, int], str] = {}
        self.rows: dict[Name, tuple[int, str]] = {}
        self.state: dict[bytes, bytes] = {}
        self.after: list[tuple[dict[Name, tuple[int, str]], dict[bytes, bytes]]] = [({}, {})]
        """Rows and state after so many records: a log may end anywhere."""
        self.free: dict[int, dict[str, int]] = {}
        self.wanted: dict[int, dict[str, tuple[str, int]]] = {}
        self.ticks = [at for at, e in enumerate(story.expected) if e.tick]
        self.gates = self.ticks[1:]
        self._facts: dict[tuple[str, bytes, bytes | None], tuple[Fact, ...]] = {}
        self._abouts: dict[Name, Any] = {}
        self._whole = False
        self._walk()
        self._whole = True
        self._hold_against_oracle()

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
        return craft(self.matcher).partition(self.number, self.story.epoch)

    # -------------------------------------------------------------- the straight run
    def _walk(self) -> None:
        story, sound = self.story, list[bytes]()
        runs = story.effects or map(self.fresh().fold, ([record] for record in story.records))
        for record, expected, effects in zip(story.records, story.expected, runs, strict=True):
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
            if expected.verdict == "tick" and not expected.tick:
                law("I9", len(effects.state) == 1 and not effects.outputs, "a tick told twice")
            if expected.sound:
                sound.append(expected.sound)
            if expected.tick:
                self._bound(expected.tick, Oracle(sound))
                self._stands(record)
            self.after.append((dict(self.rows), dict(self.state)))
        self._sound = sound

    def _take(self, fact: Fact, verdicts: list[str], letters: dict[str, bytes]) -> None:
        name, version, content, about = fact
        known = self.known.setdefault((name, version), content)
        law("I7", known == content, f"two sayings of {name} at version {version}")
        held = self.rows.get(name)
        if held is None or version >= held[0]:
            self.rows[name] = (version, content)
            self._abouts[name] = about
        if name[0] == "judged":
            verdicts.append(json.loads(content)["verdict"])
            offset = int(name[1].partition("/")[2])
            right = self.story.epoch * EPOCH + offset + 1
            law("I7", version == right, f"{name} has version {version}, not {right}")
        elif name[0] == "letter":
            letters[name[1]] = b64decode(about["payload"])

    def _judged(
        self, offset: int, expected: Any, verdicts: list[str], letters: dict[str, bytes]
    ) -> None:
        where = f"record {offset} of partition {self.number}"
        if expected.verdict == "tick":
            law("I1", not verdicts, f"{where} is a tick and was judged {verdicts}")
            return
        law("I1", len(verdicts) == 1, f"{where} was judged {verdicts}")
        if expected.verdict:
            what = f"{where} was {verdicts[0]}, not {expected.verdict}"
            law("I2", verdicts[0] == expected.verdict, what)
            right = dict(expected.letters)
            law("I4", letters == right, f"{where} left letters {letters}, not {right}")
        if expected.sound:
            self._lines(offset, json.loads(expected.sound))

    def _lines(self, offset: int, said: Any) -> None:
        """The ledger shows every sound line of a report, word for word."""
        content = json.loads(self.rows["judged", f"{self.number}/{offset}"][1])
        shown = [(x["line_id"], x["kind"], x.get("said", "")) for x in content["lines"]]
        due = [
            (f"{said['id']}#{n}", x["kind"], x.get("quantity", ""))
            for n, x in enumerate(said["data"]["lines"], 1)
        ]
        law("I3", shown == due, f"the ledger shows {shown}, not {due}")

    def _stands(self, record: Logged) -> None:
        """After a tick no proposal stands whose time is over."""
        for name, about in self._abouts.items():
            if name[0] == "match" and about.steps[-1] == "proposed":
                over = about.expires_ms <= record.timestamp
                law("I7", not over, f"{name} still stands at {record.timestamp}")

    # -------------------------------------------------------------- the oracle
    def _bound(self, tick: int, oracle: Oracle) -> None:
        """What may be promised at a tick: what every offer has and every need asks for."""
        self.free[tick] = {
            f"{coop}|{place}": max(0, level["on_hand"] - level["keep"]) * 1_000_000
            for (coop, place), level in oracle.positions().items()
        }
        self.wanted[tick] = {
            name: (order["commodity"], int(order["quantity"]) * 1_000_000)
            for name, order in oracle.orders().items()
            if order["state"] == "open"
        }

    def _hold_against_oracle(self) -> None:
        oracle = Oracle(self._sound)
        abouts = self._abouts
        positions = {n[1:]: about for n, about in abouts.items() if n[0] == "position"}
        right = {(c, *p.split("|")): level for (c, p), level in oracle.positions().items()}
        law("I3", positions.keys() == right.keys(), f"positions {[*positions]}, not {[*right]}")
        for name, level in right.items():
            for field in ("on_hand", "keep", "last_report_ms"):
                shown = int(positions[name][field])
                law("I3", shown == level[field], f"{field} of {name}: {shown}, not {level[field]}")
        orders = {n[1]: about for n, about in abouts.items() if n[0] == "order"}
        asked = oracle.orders()
        law("I3", orders.keys() == asked.keys(), f"orders {[*orders]}, not {[*asked]}")
        for number, order in asked.items():
            for field in ("state", "commodity", "quantity"):
                shown, due = orders[number].get(field), order.get(field)
                if field in order:
                    law("I3", shown == due, f"{field} of {number}: {shown}, not {due}")
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
        for number, order in oracle.orders().items():
            if order["state"] == "open":
                grades[number] = (order["commodity"], order.get("grade") or "UNGRADED")
                right[grades[number]][1] += int(order["quantity"]) * 1_000_000
        for name, about in self._abouts.items():
            if name[0] == "match" and about.live:
                asked = grades.get(about.need, ("", ""))
                if asked[0] == about.commodity:
                    right[asked][2] += about.micro
        shown: dict[tuple[str, str], list[int]] = {}
        for name, about in self._abouts.items():
            if name[0] == "demand" and name[1].endswith("|season"):
                for row in about["rows"]:
                    cell = (about["commodity"], row["grade"])
                    shown[cell] = [micro(row[field]) for field in ("supply", "demand", "matched")]
        rows = {place: row for place, row in shown.items() if any(row)}
        due = {place: row for place, row in right.items() if any(row)}
        law("I6", rows == due, f"hub demand {rows}, not {due}")

    def _accepted(self) -> None:
        """A match is accepted only by two words, and never two matches of one name and number."""
        for name, about in self._abouts.items():
            if name[0] == "match" and isinstance(about, Promise) and "accepted" in about.steps:
                law("I7", about.steps[-1] == "accepted", f"{name} went on after it was accepted")


def law(name: str, holds: bool, what: str) -> None:
    """Raise the breach of a law that does not hold."""
    if not holds:
        raise BreachError(f"{name}: {what}")
