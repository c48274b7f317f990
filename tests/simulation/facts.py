"""Derived records as facts: what a reader of the topics keeps, by name and version.

Decides what two records must agree on. A ledger record tells several facts: the verdict, which is
said once and for all, and positions, orders and lines taken back, which stand as they stood when
it left. What hubs tell the market is told by them alone as well: legs, what is left over, that a
tick is done. Reads bytes as plain JSON; shares no code with the core or the sink.
"""

import json
from typing import Any, Final, NamedTuple

from schemas.topics import DEAD_LETTER, DEMAND, LEDGER, MARKET, MATCHES

Name = tuple[str, ...]
LIVE: Final = ("proposed", "accepted")
AFTER: Final = {
    "": ("proposed",),
    "proposed": ("proposed", "accepted", "rejected", "expired", "superseded"),
    "accepted": (),
    "rejected": ("rejected",),
    "expired": (),
    "superseded": (),
}
"""Which moment may follow which in the life of a match inside a hub."""


_read: Final = json.JSONDecoder().decode
_plain: Final = json.JSONEncoder(sort_keys=True, check_circular=False).encode


class Promise(NamedTuple):
    """A match as far as promises go; micro is in millionths."""

    match: str
    offer: str
    need: str
    commodity: str
    micro: int
    live: bool
    held: bool
    tick: int
    expires_ms: int
    steps: tuple[str, ...]


class Leg(NamedTuple):
    """A leg as its hub tells it; micro is in millionths."""

    line: str
    state: str
    micro: int
    at_risk: str


class Fact(NamedTuple):
    """One thing told: a reader keeps the highest version of each name."""

    name: Name
    version: int
    content: str
    about: Any = None


def micro(text: str) -> int:
    whole, _, rest = text.partition(".")
    size = abs(int(whole)) * 1_000_000 + int((rest + "000000")[:6])
    return -size if text.startswith("-") else size


def told(topic: str, key: bytes, value: bytes) -> tuple[Fact, ...]:
    """The facts of one record of a topic."""
    envelope = _read(value.decode())
    reader = _READERS[envelope["type"] if topic == MARKET else topic]
    return tuple(reader(key.decode(), envelope["data"]))


def _ledger(key: str, data: dict[str, Any]) -> list[Fact]:
    place = f"{data['partition']}/{data['offset']}"
    coop = data.get("coop", "")
    facts = [
        Fact(("position", coop, p["commodity"], p["grade"], p["lot"]), p["version"], _plain(p), p)
        for p in data.pop("positions", ())
    ]
    facts += [
        Fact(("order", order["order_id"]), order["version"], _plain(order), order)
        for order in data.pop("orders", ())
    ]
    gone = list(data.pop("voided", ()))
    gone += [line["line_id"] for line in data.get("lines", ()) if line.pop("voided", False)]
    facts += [Fact(("voided", line_id), 0, "") for line_id in gone]
    counted = data["verdict"] != "duplicate" and "sequence" in data and not data.get("reason")
    who = (coop, data.get("device"), data.get("sequence")) if counted else None
    return [Fact(("judged", place), data["version"], _plain({**data, "key": key}), who), *facts]


def _demand(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == f"{data['hub']}|{data['commodity']}|{data['horizon']}"
    return [Fact(("demand", key), data["version"], _plain(data), data)]


def _matches(key: str, data: dict[str, Any]) -> list[Fact]:
    if "lines" in data:
        return [Fact(("why", key), data["version"], _plain(data))]
    steps = [moment["state"] for moment in data["history"]]
    for before, after in zip(["", *steps[:-1]], steps, strict=True):
        assert after in AFTER[before], f"I7: {key} went from {before} to {after}"
    promise = Promise(
        key,
        data["offer"],
        data["need"],
        data["commodity"],
        micro(data["quantity"]),
        data["state"] in LIVE,
        len(steps) > 1,
        data["tick"],
        data["expires_ms"],
        tuple(steps),
    )
    return [Fact(("match", key), data["version"], _plain(data), promise)]


def _letter(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == data["identity"]
    return [Fact(("letter", key), -data["offset"], _plain(data), data)]


def _leg(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == f"{data['hub']}|{data['family']}"
    about = Leg(data["line"], data["state"], micro(data["quantity"]), data.get("at_risk", ""))
    return [Fact(("leg", data["match"], data["side"]), data["version"], _plain(data), about)]


_UNSAID: Final = {"priority": "normal", "market": "domestic"}
"""What a need may leave out, and may say."""


def _left(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == f"{data['hub']}|{data['family']}"
    data.pop("generation", 0)  # of whoever speaks
    data["needs"] = [_UNSAID | need for need in data.get("needs", ())]
    lines = [*data.get("offers", ()), *data["needs"]]
    about = {line["line"]: micro(line["quantity"]) for line in lines}
    return [Fact(("left", key), data["version"], _plain(data), about)]


def _done(key: str, data: dict[str, Any]) -> list[Fact]:
    """What stands for all that was told differs from partition to partition of the market."""
    assert key == f"done|{data['partition']}"
    name = ("done", str(data["partition"]), str(data["tick"]))
    return [Fact(name, data["version"], "", (data["tick"], data.get("told", -1)))]


_READERS: Final = {
    "lumbung.leg.v1": _leg,
    "lumbung.residual.v1": _left,
    "lumbung.done.v1": _done,
    LEDGER: _ledger,
    DEMAND: _demand,
    MATCHES: _matches,
    DEAD_LETTER: _letter,
}
