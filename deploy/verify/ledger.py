"""One partition of the ledger, folded: per input record its one verdict, and what it touched.

Decides that a record is judged once (said again it says the same). What the lines said is kept
as a fingerprint; a breach reads the record again. Refuses to know whether the verdict is right.
"""

from typing import Any, Final, NamedTuple

import msgspec

from deploy.verify import derived
from deploy.verify.findings import CONSERVED, JUDGED, Report, place
from deploy.verify.log import Log
from deploy.verify.words import micro

VERDICTS: Final = frozenset({"accepted", "duplicate", "rejected"})


class Judgement(NamedTuple):
    """The verdict on one input record, and where in the ledger it stands."""

    verdict: str
    reason: str
    version: int
    who: tuple[str, str, str, str, int, int]
    recorded_ms: int
    lines: int
    refused: tuple[tuple[int, str], ...]
    voided: frozenset[int]
    at: int


class Touched(NamedTuple):
    """A position or an order as the ledger last told it."""

    values: dict[str, Any]
    coop: str
    hub: str
    at: int


class Ledger:
    """The ledger of one partition; `positions` by (co-op, commodity, grade, lot), orders by id."""

    def __init__(self, topic: str, partition: int, report: Report) -> None:
        self.topic: Final = topic
        self._partition, self._report = partition, report
        self.judged: dict[int, Judgement] = {}
        self.positions: dict[tuple[str, str, str, str], Touched] = {}
        self.orders: dict[str, Touched] = {}
        self._newest = derived.Newest(topic, partition, report, CONSERVED)

    def lines(self, log: Log, judged: Judgement) -> tuple[Any, ...]:
        """What the lines of a record said, read again."""
        again = derived.read(log, self.topic, self._partition, Report(), JUDGED, start=judged.at)
        for found in again:
            return tuple(map(words_of, found.tree().get("lines", ())))
        return ()

    def take(self, found: derived.Derived) -> None:
        """Fold one ledger record."""
        at = found.record.offset
        try:
            data = found.tree()
            self._judge(data, at)
            for values in data.get("positions", ()):
                name = (data["coop"], values["commodity"], values["grade"], values["lot"])
                if self._is_newest("|".join(name), values, at):
                    self.positions[name] = Touched(values, data["coop"], data["hub"], at)
            for values in data.get("orders", ()):
                if self._is_newest(values["order_id"], values, at):
                    self.orders[values["order_id"]] = Touched(
                        values, data["coop"], data["hub"], at
                    )
        except (KeyError, TypeError, ValueError) as broken:
            where = place(self.topic, self._partition, at)
            self._report.breach(JUDGED, f"a ledger record lacks a part: {broken!r}", where)

    def _is_newest(self, name: str, values: dict[str, Any], at: int) -> bool:
        return self._newest.see(name, values["version"], at, msgspec.json.encode(values))

    def _judge(self, data: dict[str, Any], at: int) -> None:
        lines = data.get("lines", ())
        now = Judgement(
            data["verdict"],
            data.get("reason", ""),
            data["version"],
            (
                *(data.get("event_id", ""), data.get("coop", ""), data.get("hub", "")),
                data.get("device", ""),
                *(data.get("sequence", 0), data.get("occurred_ms", 0)),
            ),
            data.get("recorded_ms", 0),
            hash(tuple(map(words_of, lines))),
            tuple((refused["line"], refused["reason"]) for refused in data.get("refused", ())),
            frozenset(line["line"] for line in lines if line.get("voided")),
            at,
        )
        before = self.judged.get(data["offset"])
        where = place(self.topic, self._partition, at)
        if now.verdict not in VERDICTS or data["partition"] != self._partition:
            self._report.breach(
                JUDGED, "a verdict nobody knows, or one of another partition", where, found=data
            )
        if before is not None and _what(before) != _what(now):
            self._report.breach(
                JUDGED,
                f"the record at offset {data['offset']} was judged twice, and not alike",
                place(self.topic, self._partition, before.at),
                where,
                expected=_what(before),
                found=_what(now),
            )
        self.judged[data["offset"]] = now


def _what(judged: Judgement) -> tuple[Any, ...]:
    """What must be the same each time: not the place, nor what was taken back since."""
    return (judged.verdict, judged.reason, judged.version, judged.who, judged.recorded_ms,
            judged.lines, judged.refused)  # fmt: skip


def words_of(line: dict[str, Any]) -> tuple[Any, ...]:
    """What a ledger line says, to be compared with the checker's own reading of the report."""
    quantity, kind = line.get("quantity", ""), line["kind"]
    grade = "" if kind.startswith("order.") else line.get("grade", "")
    return (
        *(line["line_id"], kind, line.get("commodity", ""), grade),
        *(line.get("lot", ""), micro(quantity) if quantity else None, line.get("order", "")),
        *(line.get("revision", 0), line.get("target", "")),
    )
