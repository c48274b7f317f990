"""The checker over a log written by hand: whole it passes, and every wound is found and named."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from deploy.verify.findings import (
    CHANGELOG,
    CONSERVED,
    COUNTED,
    JUDGED,
    KEPT,
    LETTERS,
    LIVES,
    PROMISES,
    RESIDUAL,
    VERSIONS,
)
from tests.support.paper_log import (
    EVENTS_SAID,
    MATCH,
    A,
    B,
    PaperLog,
    checked,
    counted,
    ledger,
    match,
    position,
    said,
)
from tests.support.sayings import NOW_MS, encoded, envelope

Wound = Callable[[PaperLog], object]


def test_a_whole_log_passes_and_every_invariant_was_looked_at() -> None:
    report = checked(PaperLog())
    assert report.ok, str(report.first)
    summary = report.summary()
    figures = ("read", "ticks", "accepted", "duplicate", "rejected", "lines")
    assert [summary[name] for name in figures] == [7, 1, 3, 1, 2, 3]
    looked_at = {JUDGED, COUNTED, CONSERVED, LETTERS, PROMISES, RESIDUAL, LIVES, CHANGELOG, KEPT}
    looked_at.add(VERSIONS)
    assert {name for name, times in summary["checks"].items() if times} == looked_at


def step(state: str, actor: str = "lumbung", at: int = NOW_MS) -> dict[str, object]:
    return {"state": state, "at_ms": at, "actor": actor, "reason": ""}


def later(log: PaperLog, version: int, *states: str, **more: object) -> PaperLog:
    """Say the match again, further on in its life."""
    history = [*log.matches[-1]["history"], *(step(state) for state in states)]
    log.matches.append(match(version, state=history[-1]["state"], history=history, **more))
    return log


WOUNDS: dict[str, tuple[str, str, Wound]] = {
    "a record lost by the ledger": (JUDGED, "in none of", lambda log: log.ledger.pop(1)),
    "a record lost by the log": (JUDGED, "no record stands at", lambda log: log.events.pop()),
    "a tick that was judged": (
        JUDGED,
        "a tick was judged",
        lambda log: log.ledger.append({**log.ledger[3], "offset": 5}),
    ),
    "a verdict said twice and not alike": (
        JUDGED,
        "judged twice",
        lambda log: log.ledger.append({**log.ledger[2], "verdict": "rejected"}),
    ),
    "an unsound line that was kept": (
        JUDGED,
        "is unsound and was kept",
        lambda log: log.ledger[0].update(refused=[]),
    ),
    "a sound line that was refused": (
        JUDGED,
        "is sound and was refused",
        lambda log: log.ledger[5].update(
            refused=[{"line": 1, "reason": "unknown_unit", "field": ""}]
        ),
    ),
    "a doubled line": (
        JUDGED,
        "tells other lines",
        lambda log: log.ledger[5].update(lines=log.ledger[5]["lines"] * 2),
    ),
    "a changed quantity": (
        JUDGED,
        "tells other lines",
        lambda log: log.ledger[5]["lines"][0].update(quantity="6"),
    ),
    "a duplicate that was accepted": (
        COUNTED,
        "used before, same content",
        lambda log: log.ledger[2].update(verdict="accepted"),
    ),
    "a reused sequence taken for a duplicate": (
        COUNTED,
        "used before, other content",
        lambda log: log.ledger[4].update(verdict="duplicate", reason=""),
    ),
    "a fresh report taken for a duplicate": (
        COUNTED,
        "is fresh and sound",
        lambda log: log.ledger[5].update(verdict="duplicate", lines=[]),
    ),
    "rubbish that was accepted": (
        COUNTED,
        "unsound",
        lambda log: log.ledger[3].update(verdict="accepted"),
    ),
    "a position that counts a movement twice": (
        CONSERVED,
        "follows otherwise",
        lambda log: log.ledger[5].update(positions=[position("110", 7)]),
    ),
    "two contents of one version": (
        CONSERVED,
        "two different contents",
        lambda log: log.ledger[2].update(positions=[position("240", 1)]),
    ),
    "an order with another quantity": (
        CONSERVED,
        "follows otherwise from its revisions",
        lambda log: log.ledger[1]["orders"][0].update(quantity="51"),
    ),
    "a supply that is not the sum": (
        CONSERVED,
        "supply, planned",
        lambda log: log.demand[0]["rows"][0].update(supply="120"),
    ),
    "a need in the wrong horizon": (
        CONSERVED,
        "supply, planned",
        lambda log: log.demand[1].update(rows=log.demand[2]["rows"]),
    ),
    "a gap that is not the gap": (
        RESIDUAL,
        "gap 3 is not",
        lambda log: log.demand[2]["rows"][1].update(gap="3"),
    ),
    "a missing dead letter": (LETTERS, "nothing in", lambda log: log.letters.pop(0)),
    "a dead letter of a record that was kept": (
        LETTERS,
        "was kept and is a dead letter too",
        lambda log: log.letters.append({**log.letters[0], "identity": f"{B}:hp1:1#1"}),
    ),
    "a changed byte": (
        LETTERS,
        "does not hold the bytes",
        lambda log: log.letters[1].update(payload="e3J1YmJpc2k="),
    ),
    "a dead letter without a reason": (
        LETTERS,
        "speaks of something else",
        lambda log: log.letters[2].update(reason=""),
    ),
    "a promise beyond the stock": (
        PROMISES,
        "promises more than there is",
        lambda log: log.matches[0].update(quantity="100.000001"),
    ),
    "a promise beyond the need": (
        PROMISES,
        "promises more than is asked for",
        lambda log: log.matches[0].update(quantity="60"),
    ),
    "a price above the ceiling less the leg": (
        PROMISES,
        "a price outside",
        lambda log: log.matches[0].update(price=149_801),
    ),
    "goods that come too late": (
        PROMISES,
        "comes too late",
        lambda log: log.matches[0].update(leg_days=3),
    ),
    "a promise at a tick that never was": (
        PROMISES,
        "the log does not have",
        lambda log: log.matches[0].update(tick=2),
    ),
    "a wrong match id": (
        LIVES,
        "is not the id of its pair",
        lambda log: log.matches[0].update(match_id="ABCDEFGHIJKLMN27"),
    ),
    "a match of a co-op with itself": (
        LIVES,
        "two co-ops",
        lambda log: log.matches[0].update(to_coop=A, need=f"{A}|PO-1"),
    ),
    "an illegal step": (LIVES, "not legal", lambda log: later(log, 7, "shipped")),
    "a life after its end": (
        LIVES,
        "went on after its end",
        lambda log: later(later(log, 7, "expired"), 8, "accepted"),
    ),
    "versions in the wrong order": (
        LIVES,
        "is not its newest",
        lambda log: later(log, 7, "superseded").matches.append(log.matches[0]),
    ),
    "one version with two contents": (
        LIVES,
        "two different contents",
        lambda log: log.matches.append(match(price=1)),
    ),
    "a stale last record in the changelog": (
        CHANGELOG,
        "is not its newest",
        lambda log: log.state.append(log.state[0]),
    ),
    "a state that is behind the log": (
        CHANGELOG,
        "is not at the end of its log",
        lambda log: log.state.pop(),
    ),
    "a gate that forgot": (
        KEPT,
        "does not hold just the sequences used",
        lambda log: log.state.pop(3),
    ),
}


@pytest.mark.parametrize("name", WOUNDS)
def test_a_wound_is_found_and_named(name: str) -> None:
    check, words, wound = WOUNDS[name]
    log = deepcopy(PaperLog())
    wound(log)
    report = checked(log)
    named = [breach for breach in report.breaches if breach.check == check]
    assert not report.ok
    assert any(words in breach.what for breach in named), "\n".join(map(str, report.breaches))


def test_a_breach_names_its_records_and_both_values() -> None:
    log = PaperLog()
    log.ledger[5]["positions"][0]["on_hand"] = "110"
    first = str(checked(log).first)
    assert "lumbung.ledger.v1/0/5" in first
    assert "on_hand=115000000" in first
    assert "on_hand=110000000" in first


def test_a_record_said_again_by_a_restarted_worker_is_no_breach() -> None:
    log = PaperLog()
    for topic in (log.ledger, log.letters, log.matches, log.demand):
        topic.extend(deepcopy(topic))
    assert checked(log).ok


def test_a_late_old_record_that_is_said_anew_is_counted_and_no_breach() -> None:
    log = PaperLog()
    later(log, 7, "superseded")
    log.matches += [log.matches[0], log.matches[1]]
    for demand in log.demand[2:]:
        demand["rows"][1].update(matched="0", gap="50")
    report = checked(log)
    assert report.ok, str(report.first)
    assert report.totals["late_records"] == 1


def recounted() -> PaperLog:
    """A counts again after the tick: only 10 kg are left of the 120."""
    log = PaperLog()
    log.events[6] = (A.encode(), said(A, 2, counted("10")))
    counts = log.ledger[0]["lines"][0]
    log.ledger[5]["lines"] = [{**counts, "line_id": f"{A}:hp1:2#1", "quantity": "10"}]
    log.ledger[5]["positions"][0]["on_hand"] = "10"
    for demand in log.demand:
        demand["rows"][0]["supply"] = "10"
    return log


def test_stock_that_falls_after_the_promise_is_no_breach() -> None:
    report = checked(recounted())
    assert report.ok, str(report.first)


def test_a_hold_beyond_the_stock_of_its_moment_is_found() -> None:
    log = recounted()
    who = {"actor": A, "device": "hp1", "sequence": 3}
    decision = envelope("decision", {**who, "match": MATCH, "decision": "accept"})
    log.events.append((A.encode(), encoded(decision)))
    log.ledger.append(ledger(7, "accepted", A, 3))
    yes = {"state": "proposed", "at_ms": NOW_MS, "actor": A, "reason": "accept"}
    log.matches.append(match(8, history=[*log.matches[0]["history"], yes]))
    log.state += [(f"coop/{A}", [8, 0, {"hp1": [3, b"", b"", 3]}]), ("applied", [7])]
    report = checked(log)
    assert [breach.check for breach in report.breaches] == [PROMISES]
    assert "accepted beyond the stock" in str(report.first)


def test_the_log_is_what_the_villages_said() -> None:
    assert [key for key, _ in EVENTS_SAID].count(b"tick") == 1
