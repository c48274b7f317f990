"""What positions and orders must be, said once more from the design alone, in the plainest way.

It reads the bytes of reports and contracts, keeps everything for ever and works every answer out
from the start. It shares no code with the core; it knows only sound sayings in base units and no
limits.
What matches moved it is told: who decided what was carried out is not its to say.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

THIRTY_DAYS = 30 * 86_400_000


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Moved:
    """Goods that a decision moved onto (or off, below zero) `commodity|grade|lot` of a co-op.

    `order` is the co-op's order that they were received for, "" when they left.
    """

    coop: str
    place: str
    amount: int
    key: tuple[int, str, int, int]
    order: str = ""

    @property
    def line(self) -> dict[str, Any]:
        """As a line among lines, which nothing can take back."""
        fields = {"kind": "stock.moved", "coop": self.coop, "key": self.key, "id": ""}
        commodity, grade, lot = self.place.split("|")
        goods = {"commodity": commodity, "grade": grade, "lot": lot}
        return {**fields, **goods, "quantity": str(self.amount)}


def lines_said(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a report, or the one that a contract says as if a report had."""
    data = told["data"]
    if "contract" not in data:
        lines: list[dict[str, Any]] = data["lines"]
        return lines
    same = ("commodity", "quantity", "unit", "grade", "min_lot")
    line = {name: data[name] for name in same if name in data}
    line["pact"] = {name: data[name] for name in ("contract", "since", "until")}
    line["pact"]["permits"] = {word.strip().casefold() for word in data.get("permits", ())}
    if data["direction"] == "supply":
        line |= {"kind": "stock.counted", "lot": data["contract"]}
        return [line | ({"floor_price": data["price"]} if "price" in data else {})]
    line |= {"kind": "order.placed", "order": data["contract"]}
    return [line | ({"ceiling_price": data["price"]} if "price" in data else {})]


class Oracle:
    """All lines of all sayings, each saying once, and what matches moved."""

    def __init__(self, values: list[bytes], moved: Sequence[Moved] = ()) -> None:
        self.moved = moved
        reports: dict[str, dict[str, Any]] = {}
        for value in values:
            told = json.loads(value)
            reports.setdefault(told["id"], told)
        self.lines: list[dict[str, Any]] = []
        for told in reports.values():
            data = told["data"]
            coop = data.get("coop") or data["actor"]
            for n, line in enumerate(lines_said(told), 1):
                key = (ms(told["time"]), data["device"], data["sequence"], n)
                self.lines.append({**line, "coop": coop, "key": key, "id": f"{told['id']}#{n}"})
        self.lines += [one.line for one in moved]
        voids = [line for line in self.lines if line["kind"] == "line.voided"]
        self.voided = {
            line["id"]
            for line in self.lines
            if line["kind"] != "line.voided"
            for void in voids
            if void["line"] == line["id"] and abs(void["key"][0] - line["key"][0]) <= THIRTY_DAYS
        }
        self.lines.sort(key=lambda line: line["key"])

    def _good(self, line: dict[str, Any]) -> bool:
        return line["id"] not in self.voided

    def is_open(self, side: str, name: str, today: str) -> bool:
        """Whether a line may be matched on a day (`2026-11-22`): one on a contract has its days.

        A hub has no goods of its own. Of one tag the newest contract holds.
        """
        coop, pact = name.partition("|")[0], self.pact(side, name)
        if pact is None:
            return side == "need" or len(coop) > len("19.02")
        said = [line["pact"] for line in self.lines if self._good(line) and line["coop"] == coop
                and line.get("pact", {}).get("contract") == pact["contract"]]  # fmt: skip
        within: bool = pact["since"] <= today <= pact["until"]
        return within and said[-1] is pact

    def pact(self, side: str, name: str) -> dict[str, Any] | None:
        """The contract that a line stands on, None when it stands on none."""
        coop, _, rest = name.partition("|")
        found: dict[str, Any] | None
        if side == "offer":
            commodity, grade, lot = rest.split("|")
            place = (commodity, grade, lot)
            counts = [line for line in self._of(coop, "stock.counted") if _place(line) == place]
            found = counts[-1].get("pact") if counts else None
        else:
            held = [x for x in self._of(coop, "order.placed") if x["order"] == rest]
            found = held[-1].get("pact") if held else None
        return found

    def _of(self, coop: str, kind: str) -> list[dict[str, Any]]:
        """The lines of a kind that hold, in the order of their time."""
        own = (line for line in self.lines if line["coop"] == coop and line["kind"] == kind)
        return [line for line in own if self._good(line)]

    def positions(self) -> dict[tuple[str, str], dict[str, Any]]:
        """By (co-op, `commodity|grade|lot`): on_hand, keep, floor_price, when it was spoken of."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for line in self.lines:
            if not line["kind"].startswith("stock."):
                continue
            name = f"{line['commodity']}|{line.get('grade', 'UNGRADED')}|{line.get('lot', '')}"
            place = found.setdefault(
                (line["coop"], name), {"on_hand": 0, "keep": 0, "floor_price": -1}
            )
            place["last_report_ms"] = line["key"][0]  # lines come in the order of time
            if not self._good(line):
                continue
            amount, kind = int(line["quantity"]), line["kind"].removeprefix("stock.")
            if kind == "counted":
                place["on_hand"] = amount
            else:
                place["on_hand"] += -amount if kind == "issued" else amount
            stated = "keep" in line or "floor_price" in line
            if kind == "counted" or (kind == "received" and stated):
                place["keep"] = int(line.get("keep", 0))
                place["floor_price"] = int(line.get("floor_price", -1))
        return found

    def orders(self) -> dict[str, dict[str, Any]]:
        """By `co-op|order`: state, and what it asks for when it is placed."""
        sayings: dict[str, dict[int, dict[str, Any]]] = {}
        for line in self.lines:
            if line["kind"].startswith("order."):
                own = sayings.setdefault(f"{line['coop']}|{line['order']}", {})
                if self._good(line):
                    revision = 1 if line["kind"] == "order.placed" else line.get("revision", 0)
                    own[revision or 10**9] = line  # the newest of each revision stays
        return {name: _order(own) for name, own in sayings.items()}

    def asked(self) -> dict[str, dict[str, Any]]:
        """Orders, with what was delivered for each and what it still wants."""
        return {name: self._filled(name, order) for name, order in self.orders().items()}

    def _filled(self, name: str, order: dict[str, Any]) -> dict[str, Any]:
        """What came for an order of the goods it asks for, and what it still wants."""
        if "quantity" in order:
            came = [
                one.amount
                for one in self.moved
                if one.order
                and f"{one.coop}|{one.order}" == name
                and one.place.split("|")[0] == order["commodity"]
            ]
            order["delivered"] = sum(came)
            order["wanted"] = max(0, int(order["quantity"]) - sum(came))
        return order


def _place(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["commodity"], line.get("grade", "UNGRADED"), line.get("lot", "")


def _order(revisions: dict[int, dict[str, Any]]) -> dict[str, Any]:
    if 1 not in revisions:
        return {"state": "unplaced"}
    seen: dict[str, Any] = {"state": "open", "ceiling_price": -1, "revision": 1}
    for number in sorted(revisions):
        line = revisions[number]
        seen["revision"] = number if number < 10**9 else seen["revision"]
        if line["kind"] == "order.cancelled":
            seen["state"] = "cancelled"
            continue
        seen["state"] = "open"
        for name in ("commodity", "quantity"):
            seen[name] = line.get(name, seen.get(name))
        seen["ceiling_price"] = int(line.get("ceiling_price", seen["ceiling_price"]))
    return seen
