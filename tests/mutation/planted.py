"""The planted bugs: what is taken out of the tree or put into it, and the law that breaks.

Each is one change of one file. `finder` is what must notice: the simulation, or the quickest test
of a law that lies outside of it.
"""

from pathlib import Path
from typing import NamedTuple

SIMULATION = "simulation"
REAL_SINK = "simulation through the real sink"


class Planted(NamedTuple):
    """A bug: `old` stands once in `file` and becomes `new`; so do the pairs of `more`."""

    name: str
    law: str
    breaks: str
    file: str
    old: str
    new: str
    finder: str = SIMULATION
    more: tuple[tuple[str, str], ...] = ()


CORE = "streams/core/"
AGENTS = "streams/agents/"

BUGS: tuple[Planted, ...] = (
    Planted(
        "no sequence gate",
        "I2",
        "every number of a device passes as fresh, so what is said twice counts twice",
        CORE + "sequence.py",
        "    if gate is None:\n        return Passage.FRESH if",
        "    if sequence < WINDOW:\n        return Passage.FRESH\n"
        "    if gate is None:\n        return Passage.FRESH if",
        more=(
            (
                "    else:\n        _mark(gate, seq",
                "    elif sequence > gate.low:\n        _mark(gate, seq",
            ),
        ),
    ),
    Planted(
        "a number used for two things is a repetition",
        "I2",
        "other content under a known number is dropped as a duplicate, without a dead letter",
        CORE + "sequence.py",
        "else Passage.REUSED",
        "else Passage.SEEN",
    ),
    Planted(
        "the low-water mark jumps",
        "I10",
        "numbers passed over count as seen, so what comes late is thrown away",
        CORE + "sequence.py",
        "    if sequence == gate.low + 1 and not gate.bits:",
        "    if sequence > gate.low and not gate.bits:",
    ),
    Planted(
        "silent drop of what is known",
        "I1",
        "a record that is in the state already is passed over without being said again",
        CORE + "partition.py",
        "            self._say_again(record, found)\n",
        "            return\n",
    ),
    Planted(
        "commit before the outputs are there",
        "I1",
        "what is done is called so when its state is acknowledged, before its outputs are",
        AGENTS + "tenure.py",
        "            await self._say(effects.outputs)\n",
        "            self.done = run[effects.next - 1].offset + 1\n"
        "            await self._say(effects.outputs)\n",
    ),
    Planted(
        "version by counter",
        "I7",
        "a version counts changes of this process instead of naming a record of the log",
        "schemas/records.py",
        "    return epoch * EPOCH_STEP + offset + 1\n",
        "    _counted.append(0)\n    return epoch * EPOCH_STEP + len(_counted)\n\n\n"
        "_counted: list[int] = []\n",
    ),
    Planted(
        "epoch ignored",
        "I7",
        "versions of a log made anew are no higher than those of the old one",
        "schemas/records.py",
        "    return epoch * EPOCH_STEP + offset + 1\n",
        "    return offset + 1\n",
    ),
    Planted(
        "two state batches",
        "I1",
        "the state and how far it is folded leave in two batches, between which one may die",
        AGENTS + "tenure.py",
        "            await self._log_rows(effects.state, whole=True)\n",
        "            await self._log_rows(effects.state[:-1], whole=True)\n"
        "            await self._log_rows(effects.state[-1:], whole=True)\n",
    ),
    Planted(
        "applied ignored",
        "I9",
        "a record that is in the state is folded once more",
        CORE + "partition.py",
        "        again = record.offset <= now.offset\n",
        "        again = False\n",
    ),
    Planted(
        "clamp at zero",
        "I3",
        "who gives out more than was counted is shown to have nothing, instead of less",
        CORE + "position.py",
        '        ground.on_hand += line.quantity if line.kind == "i" else -line.quantity\n',
        '        ground.on_hand += line.quantity if line.kind == "i" else -line.quantity\n'
        "        ground.on_hand = max(0, ground.on_hand)\n",
    ),
    Planted(
        "nothing said on taking over",
        "I3",
        "what the predecessor had in its state and not yet in its outputs is never said",
        AGENTS + "tenure.py",
        "        await self._say(self.holding.fold.announce(self._committed))\n",
        "",
    ),
    Planted(
        "recovery keeps the last",
        "I9",
        "a record that a dead owner wrote late is taken for the newest",
        CORE + "holdings.py",
        "        if held is not None and state.version_in(held) > state.version_in(record):\n",
        "        if False:\n",
    ),
    Planted(
        "holes unseen",
        "I9",
        "a base offset above the one expected is taken as it is",
        AGENTS + "holding.py",
        "        return range(due, base)\n",
        "        return range(base, base)\n",
    ),
    Planted(
        "strangers' outputs unseen",
        "I9",
        "an old row written late is the last of its key, and compaction keeps it",
        AGENTS + "tenure.py",
        "        return base > due\n",
        "        return False\n",
    ),
    Planted(
        "adopted and not rebuilt",
        "I7",
        "a stranger's newer state is taken in, and totals stay those of the older one",
        AGENTS + "holding.py",
        "        self.known = max(self.known, last)\n        self.unsettled = True\n",
        "        self.known = max(self.known, last)\n",
    ),
    Planted(
        "the forgotten comes back",
        "I9",
        "a saying that was forgotten is taken in again when a dead owner wrote it late",
        CORE + "holdings.py",
        "        return known and record.offset <= self.now.offset\n",
        "        return known and record.offset < -1\n",
    ),
    Planted(
        "void ignored",
        "I3",
        "a line that was taken back counts on",
        CORE + "voids.py",
        "    return times is not None and any(in_reach(at, time_ms) for at in times)\n",
        "    return times is not None and False\n",
    ),
    Planted(
        "newest count by arrival",
        "I3",
        "the count that came last holds, not the one said last",
        CORE + "position.py",
        "        if key > ground.newest_key:\n",
        "        if key:\n",
    ),
    Planted(
        "a ledger line lost",
        "I3",
        "of a report the last line does not reach the ledger",
        CORE + "ledger_out.py",
        "    return [_LINES[type(line)](event_id, line, gone, goods) for line in said]\n",
        "    return [_LINES[type(line)](event_id, line, gone, goods) for line in [*said][:1]]\n",
    ),
    Planted(
        "a dead letter without its bytes",
        "I4",
        "what was refused cannot be read any more",
        CORE + "dead_letters.py",
        "        payload=payload,\n",
        '        payload=b"",\n',
    ),
    Planted(
        "a refusal forgotten",
        "I1",
        "a number used twice is refused before a death and a repetition after it",
        CORE + "partition.py",
        '        self._keep(f"odd/{record.offset}".encode(), odd, 64)\n',
        "",
    ),
    Planted(
        "promised above the stock",
        "I5",
        "what is held for accepted matches is offered once more",
        CORE + "rounds.py",
        "            free = level.on_hand - level.keep - held\n",
        "            free = level.on_hand - level.keep\n",
    ),
    Planted(
        "expired proposals stand",
        "I7",
        "a proposal nobody answered is never released",
        CORE + "ticks.py",
        '            if deal.state == "proposed" and deal.expires_ms <= now.as_of_ms\n',
        '            if deal.state == "proposed" and deal.expires_ms <= 0\n',
    ),
    Planted(
        "a tick told twice",
        "I9",
        "the same tick moves the partition again",
        CORE + "partition.py",
        "        if again or said.sequence <= now.tick:\n",
        "        if again:\n",
    ),
    Planted(
        "matched for ever",
        "I6",
        "a match that ended still counts in what the hub has matched",
        CORE + "totals.py",
        "            cell.matched[before.bucket] -= before.matched\n",
        "",
    ),
    Planted(
        "the sink ignores versions",
        "I8",
        "a row gives way to whatever is written later",
        "sinks/upsert.py",
        "            return lambda new, held: new.version >= held.version\n",
        "            return lambda new, held: new.version >= new.version\n",
        REAL_SINK,
    ),
    Planted(
        "the sink notes its place first",
        "I8",
        "offsets are committed before the rows they stand for",
        "sinks/warehouse.py",
        '        """Write a batch: its rows and the offsets reached, all or nothing."""\n',
        "        with self._transaction() as connection:\n"
        "            self._write(connection, Batch(reached=batch.reached))\n",
        REAL_SINK,
    ),
    Planted(
        "the outbox forgets on trying",
        "I10",
        "a draft is settled when it is sent, not when the broker has it",
        "producers/outbox_store.py",
        "            sql.executemany(_TRIED + _BY_KEY, rows)\n",
        "            sql.executemany(_SETTLED + _BY_KEY, [row[2:] for row in rows])\n",
        "tests/property/test_outbox_keeps.py",
    ),
)


def planted_in(bug: Planted, tree: Path) -> None:
    """Plant a bug in a tree; ValueError when it no longer fits."""
    path = tree / bug.file
    text = path.read_text("utf-8")
    for old, new in ((bug.old, bug.new), *bug.more):
        if text.count(old) != 1:
            raise ValueError(f"{bug.name!r} does not fit {bug.file}: {text.count(old)} places")
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
