"""The checker over both logs of a paper market: whole it passes, and every wound is named."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deploy.verify.findings import (
    JUDGED,
    LETTERS,
    LIVES,
    PROMISES,
    VERSIONS,
    WAREHOUSE,
)
from deploy.verify.messages import _message
from schemas.errors import Rejection
from schemas.market import LegTold, Stand, read, written
from schemas.topics import DEAD_LETTER, EVENTS, LEDGER, MARKET, MATCHES
from tests.support.core_logs import DAY, counted, issued, placed, report
from tests.support.market_logs import STATE, WrittenLog, WrittenMarket, checked, sunk
from tests.support.market_messages import MESSAGES

BELITUNG, BANTUL, PANDEGLANG = "19.02.01.2003", "34.02.01.2001", "36.01.01.2005"
LADA = {"commodity": "LADA-PUTIH"}
PEPPER, ORDER = {**LADA, "floor_price": "90000"}, {**LADA, "ceiling_price": "130000"}
LEG, MATCH = "lumbung.leg.v1", "lumbung.match.v1"
OFFER = f"{BELITUNG}|LADA-PUTIH|UNGRADED|"
Wound = Callable[[WrittenLog], object]


def story(market: WrittenMarket) -> WrittenLog:
    """Goods meet two orders, fall, rise again, and one order more comes."""
    market.say(report(BELITUNG, 1, counted(500, **PEPPER)))
    market.say(report(BANTUL, 1, placed("PO-1", 300, **ORDER))).tick(2)
    market.say(report(PANDEGLANG, 1, placed("PO-1", 400, **ORDER))).tick(2)
    market.say(report(BELITUNG, 2, issued(100, **LADA))).tick(2)
    market.say(report(BELITUNG, 3, counted(900, lot="B", **PEPPER), at=market.now)).tick(3)
    market.tick(1, DAY // 2).tick(2)
    return market.written()


@pytest.fixture(scope="module")
def whole() -> WrittenLog:
    return story(WrittenMarket(5))


def test_a_whole_market_passes_and_its_requests_are_no_reports(whole: WrittenLog) -> None:
    found = checked(whole)
    assert found.ok, str(found.first)
    totals = found.totals
    assert (totals["accepted"], totals["rejected"]) == (5, 0)
    assert totals["requests"] >= 12
    assert totals["read"] == totals["accepted"] + totals["ticks"] + totals["requests"]
    assert found.checks[PROMISES] > 12


@pytest.mark.parametrize("seed", range(4))
def test_a_market_whose_workers_die_passes_together_with_its_warehouse(
    seed: int, tmp_path: Path
) -> None:
    log = story(WrittenMarket(seed, deadly=0.12))
    found = checked(log, sunk(log, tmp_path))
    assert found.ok, str(found.first)


def first(log: WrittenLog, kind: str, **which: Any) -> dict[str, Any]:
    """The body of the first record of a type whose fields are as told, wherever it stands."""
    for rows in log.rows.values():
        for _, value, _ in rows:
            if value and kind.encode() in value:
                tree = msgspec.json.decode(value)
                if tree["type"] == kind and which.items() <= tree["data"].items():
                    found: dict[str, Any] = tree["data"]
                    return found
    raise AssertionError(f"no {kind} with {which}")


def an_offer(log: WrittenLog, state: str) -> dict[str, Any]:
    """Fields that pick one offer leg in a state: the first that was told."""
    found = first(log, LEG, state=state, side="offer")
    return {"match": found["match"], "side": "offer", "state": state}


def alter(kind: str, picks: Callable[[WrittenLog], dict[str, Any]], **to: Any) -> Wound:
    """A wound: records of the market that fit say other things."""
    return lambda log: log.change(MARKET, kind, lambda data: data.update(to), **picks(log))


def held(log: WrittenLog) -> dict[str, Any]:
    return an_offer(log, "held")


def committed(log: WrittenLog) -> dict[str, Any]:
    return an_offer(log, "committed")


def a_match(log: WrittenLog) -> str:
    return str(first(log, MATCH, tier=2)["match_id"])


def unsay(kind: str) -> Wound:
    """The market asked for less than its hub then gave."""

    def less(log: WrittenLog) -> None:
        which = {"match": committed(log)["match"], "side": "offer"}
        log.change(EVENTS, kind, lambda data: data.update(quantity="1"), **which)

    return less


def judge_a_request(log: WrittenLog) -> None:
    asked = first(log, "lumbung.reserve.v1")
    ((topic, number), offset) = next(
        (place, n)
        for place, rows in log.rows.items()
        for n, (_, value, _) in enumerate(rows)
        if place[0] == EVENTS and value and b"lumbung.reserve.v1" in value
    )
    assert topic == EVENTS
    assert asked
    data = {"partition": number, "offset": offset, "verdict": "accepted", "version": offset + 1}
    value = msgspec.json.encode({"type": "lumbung.ledger.v1", "data": data})
    log.rows.setdefault((LEDGER, number), []).append((b"x", value, 0))


def hide_a_match(log: WrittenLog) -> None:
    name, (_, rows) = a_match(log).encode(), log.between()
    rows[:] = [row for row in rows if row[0] != name]


def end_a_match(log: WrittenLog) -> None:
    def end(data: dict[str, Any]) -> None:
        data["state"] = "rejected"
        data["history"].append({"state": "rejected", "at_ms": 2**42, "actor": "34.02"})

    log.change(MATCHES, MATCH, end, match_id=a_match(log))


def move_a_match(log: WrittenLog) -> None:
    number, rows = log.between()
    log.rows.setdefault((MATCHES, number), []).extend(rows)


def say_again_otherwise(log: WrittenLog) -> None:
    number, _ = log.between()
    rows = log.rows[MARKET, number]
    key, value, at = next(row for row in rows if row[1] and b"lumbung.residual.v1" in row[1])
    rows.append((key, (value or b"").replace(b'"quantity":"', b'"quantity":"1'), at))


def rubbish(log: WrittenLog) -> None:
    number, _ = log.between()
    log.rows[MARKET, number].append((b"x", b"{", 0))


def fall_behind(log: WrittenLog) -> None:
    number, _ = log.between()
    rows = log.rows[STATE[MARKET], number]
    last = rows[-1]
    assert last[0] == b"applied"
    rows[:] = [row for row in rows if row != last]


def stranger_in_the_state(log: WrittenLog) -> None:
    number, _ = log.between()
    log.rows[STATE[MARKET], number].append((b"coop/x", b"\x91\x01", 0))


def less_stock(log: WrittenLog) -> None:
    """The books say less than what the hub granted from."""
    for (topic, _), rows in log.rows.items():
        if topic in (EVENTS, LEDGER):
            for n, (key, value, at) in enumerate(rows):
                told = (value or b"").replace(b'"quantity":"500"', b'"quantity":"50"')
                rows[n] = (key, told, at)


WOUNDS: dict[str, tuple[str, str, Wound]] = {
    "a request that was judged": (JUDGED, "a request of the market was judged", judge_a_request),
    "a leg committed and never held": (
        LIVES,
        "was committed and never held",
        alter(LEG, held, state="committed"),
    ),
    "a leg that lives again": (
        LIVES,
        "took a step that is not legal",
        alter(LEG, held, state="lapsed", quantity="0"),
    ),
    "a leg of another line": (LIVES, "is of another line", alter(LEG, held, line="x|y|z|")),
    "a leg that grew": (LIVES, "promises more than before", alter(LEG, held, quantity="1")),
    "a leg that tells impossible amounts": (
        LIVES,
        "amounts that its state cannot have",
        alter(LEG, held, delivered="1"),
    ),
    "a leg of a version that nothing gave": (
        VERSIONS,
        "has a version that no record",
        alter(LEG, committed, version=9_999),
    ),
    "a leg changed by a record that changes nothing": (
        LIVES,
        "changed by a record that changes nothing",
        alter(LEG, committed, version=9_999),
    ),
    "a hold that nobody asked for": (
        PROMISES,
        "holds what nobody asked for",
        unsay("lumbung.reserve.v1"),
    ),
    "a commit that nobody asked for": (
        PROMISES,
        "committed with what nobody asked for",
        unsay("lumbung.commit.v1"),
    ),
    "a hold beyond the stock": (PROMISES, "was held beyond what there was", less_stock),
    "a match larger than its leg": (
        PROMISES,
        "was not covered by its offer leg when it was shown",
        alter(LEG, committed, quantity="1"),
    ),
    "a match shown before its legs stood": (
        PROMISES,
        "when it was shown",
        lambda log: log.change(
            MATCHES, MATCH, lambda data: data.update(version=1), match_id=a_match(log)
        ),
    ),
    "a match that tells more than both promised": (
        PROMISES,
        "was not covered by its need leg at the end",
        lambda log: log.change(
            MATCHES, MATCH, lambda data: data.update(to_quantity="9999"), match_id=a_match(log)
        ),
    ),
    "legs that stand for nobody": (LIVES, "for a match that nobody shows", hide_a_match),
    "a match shown as over that nobody ended": (
        LIVES,
        "took a step that nobody decided on",
        end_a_match,
    ),
    "a match between hubs among those inside": (LIVES, "its partition", move_a_match),
    "a residual with two contents": (LIVES, "two different contents", say_again_otherwise),
    "a word nobody can read without a letter": (LETTERS, f"tells of {MARKET}", rubbish),
    "a state behind its log": ("I9", "is not at the end of its log", fall_behind),
    "a key that is none of the market's": ("I9", "none of the state's", stranger_in_the_state),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_a_wound_is_found_and_named(whole: WrittenLog, name: str) -> None:
    check, words, wound = WOUNDS[name]
    log = whole.copy()
    wound(log)
    found = checked(log)
    named = [(breach.check, breach.what) for breach in found.breaches]
    assert any(at.startswith(check) and words in what for at, what in named), named


def test_topics_of_the_wrong_width_are_named(whole: WrittenLog) -> None:
    narrow = whole.copy()
    narrow.partitions = lambda topic: 8  # type: ignore[method-assign]  # a broker that did not grow
    found = checked(narrow)
    assert found.first is not None
    assert found.first.what == f"partitions of {MATCHES}"


def test_a_letter_of_the_market_must_hold_its_bytes(whole: WrittenLog) -> None:
    log = whole.copy()
    rubbish(log)
    number, _ = log.between()
    offset = len(log.rows[MARKET, number]) - 1
    data = {
        "identity": f"{MARKET}/{number}/{offset}",
        "topic": MARKET,
        "partition": number,
        "offset": offset,
        "reason": "json_malformed",
        "payload": "ew==",
    }
    rows = log.rows.setdefault((DEAD_LETTER, number), [])
    for payload, sound in (("ew==", True), ("eA==", False)):
        value = msgspec.json.encode({"type": "x", "data": {**data, "payload": payload}})
        rows[:] = [(str(data["identity"]).encode(), value, 0)]
        letters = [b.what for b in checked(log).breaches if b.check == LETTERS]
        assert (letters == []) is sound, letters


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE match_ SET quantity_micro = quantity_micro + 1 WHERE tier = 2", "v_match"),
        ("UPDATE match_ SET held_micro = 0 WHERE tier = 2", "v_position"),
        ("DELETE FROM match_history", "v_match_history"),
        ("DELETE FROM match_ WHERE tier = 2", "rows of v_match"),
        ("UPDATE sink_offset SET next_offset = 0 WHERE partition >= 8", "the sink's offset in"),
    ],
)
def test_a_changed_row_of_a_match_between_hubs_is_found(
    whole: WrittenLog, tmp_path: Path, statement: str, words: str
) -> None:
    url = sunk(whole, tmp_path)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        connection.execute(statement)
    connection.close()
    named = [b.what for b in checked(whole, url).breaches if b.check == WAREHOUSE]
    assert any(words in what for what in named), named


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Stand, {"state": "asleep"}),
        (Stand, {"granted": "0.000008"}),
        (Stand, {"shipped": "0.000008", "released": "0.000002"}),
        (LegTold, {"acts": [{"action": "dance", "actor": "c", "at_ms": 8}]}),
    ],
)
def test_both_readings_agree_on_what_is_no_message(kind: type, wrong: dict[str, Any]) -> None:
    (message,) = [one for one in MESSAGES if type(one) is kind]
    value = json.loads(written(message, 0))
    assert _message(json.dumps(value).encode(), frozenset({value["type"]})) is not None
    value["data"] |= wrong
    assert isinstance(read(json.dumps(value).encode()), Rejection)
    assert _message(json.dumps(value).encode(), frozenset({value["type"]})) is None
