"""Matches of both tiers audited over paper logs: all folds are real, only the broker is not."""

from copy import copy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy import serve_market
from deploy.cli_rerun import Progress, audit_of
from deploy.errors import CheckFailed
from deploy.rerun import Cores
from deploy.rerun_page import as_data, page
from deploy.rerun_page_words import FAULTS, LABELS, SENTENCES, VERDICTS
from deploy.rerun_verdict import Audit
from schemas.identity import partition_of
from schemas.topics import EVENTS
from sinks.engines import reading
from sinks.queries.decided import history_of, match_of
from streams.core.interchange.market_hours import Hours
from tests.support.core_desk import PARTITIONS, builder
from tests.support.core_logs import DAY, NOON, counted, day, placed, profile, report, said
from tests.support.market_lives import BANTUL, BELITUNG, ORDER, PEPPER, Lives
from tests.support.market_logs import WrittenLog, WrittenMarket, checked, sunk
from tests.support.paper_market import market_builder

NEIGHBOUR, OTHER, PANDEGLANG = "19.02.01.2004", "19.02.01.2005", "36.01.01.2005"
COPRA = {"commodity": "KOPRA", "ceiling_price": "30000"}
CORES = Cores(lambda _: builder(), lambda _: market_builder())
Told = tuple[WrittenLog, str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Pepper at home and away, coconuts that become copra, and two officers who answered."""
    lives = Lives().opened()
    lives.say(NEIGHBOUR, placed("PO-2", 120, **ORDER)).say(OTHER, placed("PO-3", 60, **ORDER))
    lives.say(BELITUNG, counted(4_000, "KELAPA", floor_price="1500"))
    lives.say(PANDEGLANG, placed("PO-4", 300, **COPRA)).tick(3)
    lives.decide(BELITUNG, "accept").decide(BANTUL, "counter", quantity="150").tick()
    log, market = lives.market.written(), lives.market
    found = {
        "home": market.matches(1)[0],
        "away": next(m for m in market.matches() if m["commodity"] == "LADA-PUTIH"),
        "made": next(m for m in market.matches() if m["to_commodity"] == "KOPRA"),
    }
    return log, sunk(log, tmp_path_factory.mktemp("sunk")), found


def audit(told: Told, which: str, **changed: Any) -> Audit:
    log, url, matches = told
    name = matches[which]["match_id"]
    with reading(url) as connection:
        row, steps = match_of(connection, name), history_of(connection, name)
    assert row is not None
    return audit_of(log, ({**row, **changed}, steps), CORES)


@pytest.mark.parametrize("which", ["home", "away", "made"])
def test_a_match_is_confirmed_by_the_log_and_by_another_solver(told: Told, which: str):
    found = audit(told, which)
    data = as_data(found)
    assert (found.verdict, data["differences"], data["faults"]) == ("confirmed", [], [])
    answer = data["answer"]
    assert answer["told_worth"] == answer["second_worth"] == answer["second_bound"] > 0
    assert (answer["gap"], answer["second_gap"], answer["certified"]) == (0, 0, True)
    assert data["lines"]["offers"] >= 1 <= data["lines"]["needs"]
    assert data["read"]["records"] == data["read"]["last"] + 1
    assert data["began"]["offset"] <= data["read"]["last"]


def test_what_changed_since_the_round_is_told_and_is_no_difference(told: Told):
    found = audit(told, "away")
    data = as_data(found)
    assert data["then"]["quantity"] == "200"
    assert {"field": "quantity", "then": "200", "now": "150"} in data["changed"]
    assert found.verdict == "confirmed"


@pytest.mark.parametrize("which", ["home", "away"])
def test_an_amount_that_the_log_does_not_give_is_named(told: Told, which: str):
    right = as_data(audit(told, which))["now"]["quantity"]
    found = audit(told, which, quantity=right + 5)
    assert found.verdict == "differs"
    assert [(d.field, d.told) for d in found.differences] == [("quantity", right + 5)]
    assert any("quantity" in line for line in page(found, "en"))


def test_a_state_a_price_and_a_proof_that_are_not_so_are_named(told: Told):
    found = audit(told, "home", state="accepted", price=1, certified=False)
    assert {d.field for d in found.differences} == {"state", "price", "certified"}


def test_other_yields_than_those_of_then_give_another_round(told: Told):
    log, url, matches = told
    shipped = Cores(CORES.hub, partial(serve_market.builder, yields={("19.02", "R40"): 250_000}))
    with reading(url) as connection:
        row = match_of(connection, matches["made"]["match_id"])
    assert row is not None
    found = audit_of(log, (row, []), shipped)
    assert found.verdict == "differs"
    assert "no_round" in {fault.code for fault in found.faults}
    assert audit_of(log, (row, []), CORES).verdict == "confirmed"


@pytest.mark.parametrize("which", ["home", "away"])
def test_a_round_that_was_never_solved_is_not_found(told: Told, which: str):
    found = audit(told, which, round="0" * 64)
    assert (found.verdict, found.opinion) == ("differs", None)
    assert "no_round" in {fault.code for fault in found.faults}
    assert "VERDICT: DIFFERS" in "\n".join(page(found, "en"))


def test_a_report_that_was_changed_in_the_log_gives_another_match(told: Told):
    log, url, matches = told
    changed = log.copy()
    place = (EVENTS, partition_of("19.02", PARTITIONS))
    rows = changed.rows[place]
    at = next(n for n, (_, value, _) in enumerate(rows) if b"PO-2" in (value or b""))
    key, value, moment = rows[at]
    assert value is not None
    rows[at] = (key, value.replace(b'"120"', b'"110"'), moment)
    found = audit((changed, url, matches), "home")
    assert found.verdict == "differs"
    assert {"quantity", "round"} <= {d.field for d in found.differences}


def test_a_log_that_is_not_whole_cannot_give_a_round(told: Told):
    log, url, matches = told
    place = (EVENTS, partition_of("19.02", PARTITIONS))
    short = log.copy()
    short.rows[place] = short.rows[place][:3]
    with pytest.raises(CheckFailed, match="LB-K031"):
        audit((short, url, matches), "home")
    with pytest.raises(CheckFailed, match="LB-K032"):
        audit((_Cut(log.rows), url, matches), "home")


class _Cut(WrittenLog):
    """A log whose first record is gone."""

    def records(self, topic: str, partition: int, start: int = 0) -> Any:
        return super().records(topic, partition, max(start, 1))


@pytest.mark.parametrize("which", ["home", "away", "made"])
def test_the_page_says_the_same_in_both_languages(told: Told, which: str):
    found = audit(told, which)
    name = told[2][which]["match_id"]
    for language, verdict in (("id", "PUTUSAN: COCOK"), ("en", "VERDICT: CONFIRMED")):
        lines = list(page(found, language))
        assert name in lines[0]
        assert any(line.startswith(verdict) for line in lines)
        assert len(lines) < 40, "one page"
        assert "{" not in "".join(lines)
    for words in (LABELS, SENTENCES, VERDICTS, FAULTS):
        assert words["id"].keys() == words["en"].keys()


def test_a_long_log_is_told_of_every_five_seconds(capsys: pytest.CaptureFixture[str]):
    times = iter([0.0, 1.0, 5.5, 6.0, 11.0])
    progress = Progress(lambda: next(times))
    for done in (1, 2, 3, 4):
        progress.tell(done, 9)
    assert capsys.readouterr().err == "2 of 9 records\n4 of 9 records\n"


def test_a_match_that_the_market_decided_on_at_a_cut_off_is_rebuilt(tmp_path: Path):
    hours = Hours((11 * 60 + 2,), {"19.02": 7, "34.02": 7})
    market = WrittenMarket(hours=hours)
    market.say(report(BELITUNG, 1, counted(500, **PEPPER)))
    market.say(report(BANTUL, 1, placed("PO-1", 200, **ORDER))).tick(2).tick(step_ms=120_000)
    (match,) = market.matches()
    log = market.written()
    url = sunk(log, tmp_path)
    assert checked(log, url).breaches == []
    with reading(url) as connection:
        name = match["match_id"]
        row, steps = match_of(connection, name), history_of(connection, name)
    assert row is not None
    assert row["freezes_at"] is not None
    made = copy(market_builder()).deciding_at(hours.minutes, hours.zones)
    cores = Cores(lambda _: builder(), lambda _: made)
    assert audit_of(log, (row, steps), cores).verdict == "confirmed"
    assert audit_of(log, (row, steps), CORES).verdict != "confirmed"


def test_a_match_of_a_contract_that_asks_for_a_permit_is_confirmed(tmp_path: Path):
    market = WrittenMarket(3)
    window = {"since": day(NOON), "until": day(NOON + 9 * DAY)}
    body = {"contract": "BULOG-7", "direction": "supply", "site": BELITUNG, "unit": "KG"}
    body |= {"commodity": "LADA-PUTIH", "quantity": "200", "price": "90000", **window}
    market.say(said("contract", (BELITUNG[:5], "mitra", 1), {**body, "permits": ["NIB 12"]}))
    market.say(report(PANDEGLANG, 1, placed("PO-1", 200, **ORDER | {"ceiling_price": "190000"})))
    market.say(
        profile(BANTUL, 1, permits=["nib 12"]), report(BANTUL, 1, placed("PO-1", 150, **ORDER))
    )
    market.tick(3)
    (match,) = market.matches()
    log = market.written()
    told = log, sunk(log, tmp_path), {"bound": match}
    assert (match["to_coop"], match["partner"]) == (BANTUL, "BULOG-7")
    found = audit(told, "bound")
    assert (found.verdict, as_data(found)["faults"]) == ("confirmed", [])
