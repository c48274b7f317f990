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
LIVE: Final = ("draft", "proposed", "countered", "accepted", "shipped")
_ANSWERED: Final = ("accepted", "rejected", "countered", "expired")
_MONEY: Final = ("claimed", "paid")
AFTER: Final = {
    "": ("draft", "proposed"),
    "draft": ("draft", "proposed", "superseded"),
    "proposed": (*_ANSWERED, "proposed", "superseded"),
    "countered": _ANSWERED,
    "accepted": ("shipped", "cancelled", "no_show"),
    "shipped": ("shipped", "received", "short"),
    "received": _MONEY,
    "short": _MONEY,
    "claimed": ("paid",),
}
"""Which moment may follow which in the life of a match inside a hub; what is not named ends it."""
PAYMENTS: Final = {"claimed": "claimed", "paid": "confirmed"}
DAY_MS: Final = 86_400_000
OPENED_MS: Final = 30 * 60_000
NEVER: Final = 10**15


_read: Final = json.JSONDecoder().decode
_plain: Final = json.JSONEncoder(sort_keys=True, check_circular=False).encode


class Amounts(NamedTuple):
    """What became of a match's goods, in millionths."""

    shipped: int = 0
    received: int = 0
    refused: int = 0
    lost: int = 0


class Promise(NamedTuple):
    """A match as far as promises go, in millionths.

    `gives` is what its offer holds for it, `takes` what its need waits for, `due_ms` when time
    alone ends it, `actors` who brought it from step to step.
    """

    match: str
    offer: str
    need: str
    commodity: str
    gives: int
    takes: int
    live: bool
    tick: int
    due_ms: int
    steps: tuple[str, ...]
    actors: tuple[str, ...]
    amounts: Amounts
    terms: tuple[int, int]
    """What is agreed, and the price."""
    silent_ms: int = -1
    """When its offer was found to be one of which no word comes."""

    @property
    def frozen(self) -> bool:
        """Whether it was a draft, was proposed, and nobody has said a word."""
        return self.steps[0] == "draft" and self.steps[-1] == "proposed"


def thawed(older: Promise, newer: Promise) -> bool:
    """Whether a match has other terms than those on which it was frozen, and nobody countered."""
    still = older.frozen and "countered" not in newer.steps
    return still and older.terms != newer.terms


class ActSaid(NamedTuple):
    """What somebody did at an end of a match; quantities in millionths."""

    action: str
    actor: str
    at_ms: int
    quantity: int = 0
    refused: int = 0
    price: int = 0
    reason: str = ""
    final: bool = False


class Leg(NamedTuple):
    """A leg as its hub tells it, in millionths; `acts` come after `heard` others."""

    line: str
    state: str
    quantity: int
    at_risk: str = ""
    delivered: int = 0
    stood: int = 0
    heard: int = 0
    acts: tuple[ActSaid, ...] = ()
    asks: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()


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
        Fact(
            ("position", p.pop("coop", coop), p["commodity"], p["grade"], p["lot"]),
            p["version"],
            _plain(p),
            p,
        )
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
        assert after in AFTER.get(before, ()), f"I7: {key} went from {before} to {after}"
    promise = _promise(key, data, steps)
    return [Fact(("match", key), data["version"], _plain(data), promise)]


def _promise(key: str, data: dict[str, Any], steps: list[str]) -> Promise:
    state, agreed, gives = data["state"], micro(data["quantity"]), micro(data["held_quantity"])
    names = ("shipped", "received", "refused", "lost")
    amounts = Amounts(*(micro(data.get(f"{name}_quantity", "0")) for name in names))
    under_way = amounts.shipped - amounts.received - amounts.refused - amounts.lost
    told = f"I7: {key} is {state} with {gives} of {agreed} held and {amounts}"
    assert min(*amounts, under_way, gives, agreed - amounts.shipped) >= 0, told
    if state in ("accepted", "shipped"):  # what has not left is held, or was all given up
        assert gives in (agreed - amounts.shipped, 0), told
        assert gives or state == "shipped", told
    elif state in LIVE:
        assert gives == agreed or (state == "countered" and gives > agreed), told
    assert state in LIVE or not (gives or under_way), told
    assert steps[-1] == state, told
    assert (state == "received") <= (amounts.received == agreed), told
    _left_alone(key, data)
    assert data["payment"] == PAYMENTS.get(state, "none"), told
    takes = under_way + gives if state in ("accepted", "shipped") else agreed
    return Promise(
        key,
        data["offer"],
        data["need"],
        data["commodity"],
        gives,
        takes if state in LIVE else 0,
        state in LIVE,
        data["tick"],
        _due_ms(data),
        tuple(steps),
        tuple(moment["actor"] for moment in data["history"]),
        amounts,
        (agreed, data["price"]),
        _silent_ms(data["history"][-1]),
    )


def _left_alone(key: str, data: dict[str, Any]) -> None:
    """No round withdraws what somebody has just looked at."""
    last, looked = data["history"][-1], data.get("opened_ms", -1)
    withdrawn = last["state"] == "superseded" and last["actor"] == "lumbung"
    if withdrawn and looked >= 0:
        told = f"I7: {key} was opened at {looked} and withdrawn at {last['at_ms']}"
        assert last["at_ms"] >= looked + OPENED_MS, told


def _silent_ms(last: dict[str, Any]) -> int:
    unheard = (last["state"], last.get("reason")) == ("superseded", "unanswered")
    return int(last["at_ms"]) if unheard else -1


def _due_ms(data: dict[str, Any]) -> int:
    """An answer is due by its deadline, word of the goods a day after the end of the last day."""
    if data["state"] == "draft":
        assert data["expires_ms"] == -1, f"I7: {data['match_id']} is a draft and expires"
        return _ripe_ms(data)
    if data["state"] not in ("accepted", "shipped"):
        return int(data["expires_ms"])
    assert data["expires_ms"] == -1, f"I7: {data['match_id']} is agreed and expires"
    last = data["ship_by_day" if data["state"] == "accepted" else "arrive_by_day"]
    return NEVER if last < 0 else (last + 2) * DAY_MS - 7 * 3_600_000


def _ripe_ms(data: dict[str, Any]) -> int:
    """When a draft is proposed or gone: what was asked for and looked at waits for the looker."""
    looked = data.get("opened_ms", -1)
    due: int = data["freezes_ms"]
    return max(due, looked + OPENED_MS) if looked >= 0 and "asked_ms" in data else due


def _letter(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == data["identity"]
    return [Fact(("letter", key), -data["offset"], _plain(data), data)]


def _leg(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == f"{data['hub']}|{data['family']}"
    amounts = micro(data["quantity"]), data.get("at_risk", ""), micro(data.get("delivered", "0"))
    counts = data.get("stood", 0), data.get("heard", 0), tuple(map(_act, data.get("acts", ())))
    rights = tuple(data.get("asks", ())), tuple(data.get("permits", ()))
    about = Leg(data["line"], data["state"], *amounts, *counts, *rights)
    return [Fact(("leg", data["match"], data["side"]), data["version"], _plain(data), about)]


def _act(data: dict[str, Any]) -> ActSaid:
    told = dict(data)
    for name in ("quantity", "refused"):
        told[name] = micro(data.get(name, "0"))
    return ActSaid(**told)


_UNSAID: Final = {"priority": "normal", "market": "domestic"}
"""What a need may leave out, and may say."""


def _left(key: str, data: dict[str, Any]) -> list[Fact]:
    assert key == f"{data['hub']}|{data['family']}"
    data.pop("generation", 0)  # of whoever speaks
    data["needs"] = [_UNSAID | need for need in data.get("needs", ())]
    lines = [*data.get("offers", ()), *data["needs"]]
    about = {one["line"]: (micro(one["quantity"]), "counted" in one) for one in lines}
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
