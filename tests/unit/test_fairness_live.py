"""Scarce goods shared by the live folds, in a hub and between hubs, and audited afterwards."""

from functools import cache, partial
from pathlib import Path

from deploy import serve_streams
from deploy.cli_rerun import audit_of, cores_of
from deploy.rerun import Cores
from deploy.rerun_page import as_data
from deploy.settings import load
from schemas.topics import EVENTS
from sinks.engines import reading
from sinks.queries.decided import history_of, match_of
from tests.support.core_desk import NUMBER, PARTITIONS, Desk
from tests.support.core_logs import COOPS, NOON, counted, placed, report, tick
from tests.support.market_lives import BANTUL, BELITUNG, ORDER, PEPPER, Lives
from tests.support.market_logs import checked, sunk

SELLER, ONE, OTHER = COOPS[:3]
BANTUL_TOO = "34.02.01.2002"
PERCENT = 20


def in_hub(percent: int) -> list[str]:
    """What two orders of 100 get of 100 kg, in whole kilograms."""
    desk = Desk(serve_streams.builder(PARTITIONS, percent).partition(NUMBER))
    desk.feed(
        report(SELLER, 1, counted(100, **PEPPER)),
        report(ONE, 1, placed("PO-1", 100, **ORDER)),
        report(OTHER, 1, placed("PO-2", 100, **ORDER)),
        tick(1, NOON),
    )
    assert all(match["certified"] for match in desk.matches().values())
    return sorted(match["quantity"] for match in desk.matches().values())


def test_a_hub_shares_when_it_is_told_to():
    (whole,) = in_hub(0)
    assert whole == "100"
    shared = [int(quantity) for quantity in in_hub(PERCENT)]
    assert sum(shared) == 100
    assert min(shared) >= 40


def test_who_comes_later_gets_a_share_of_what_is_only_proposed():
    desk = Desk(serve_streams.builder(PARTITIONS, PERCENT).partition(NUMBER))
    desk.feed(
        report(SELLER, 1, counted(100, **PEPPER)),
        report(ONE, 1, placed("PO-1", 100, **ORDER)),
        tick(1, NOON),
        report(OTHER, 1, placed("PO-2", 100, **ORDER)),
        tick(2, NOON + 5_000),
    )
    shared = [int(m["quantity"]) for m in desk.matches().values() if m["state"] == "proposed"]
    assert sum(shared) == 100
    assert min(shared) >= 40


def lives(percent: int) -> Lives:
    """Pepper of one hub, and two orders for all of it in another."""
    found = Lives()
    hub, market = cores(percent).hub(PARTITIONS), cores(percent).market(PARTITIONS)
    for (topic, number), part in found.market.parts.items():
        made = hub.partition if topic == EVENTS else market.partition
        part.make = partial(made, number)
        part.core = part.make()
    found.say(BELITUNG, counted(100, **PEPPER))
    found.say(BANTUL, placed("PO-1", 100, **ORDER))
    return found.say(BANTUL_TOO, placed("PO-2", 100, **ORDER)).tick(2)


@cache
def cores(percent: int) -> Cores:
    """What workers of that setting, and an audit of theirs, fold with."""
    told = cores_of(load({"matching.fairness": percent, "matching.cut_offs": ""}).settings)
    return Cores(cache(told.hub), cache(told.market))


def test_hubs_share_when_they_are_told_to_and_an_audit_confirms_it(tmp_path: Path):
    found = lives(PERCENT)
    matches = found.market.matches()
    assert sorted(match["quantity"] for match in matches) == ["50", "50"]
    log = found.market.written()
    assert checked(log).breaches == []
    with reading(sunk(log, tmp_path)) as connection:
        name = matches[0]["match_id"]
        row, steps = match_of(connection, name), history_of(connection, name)
    assert row is not None
    audit = audit_of(log, (row, steps), cores(PERCENT))
    data = as_data(audit)
    assert (audit.verdict, data["differences"], data["faults"]) == ("confirmed", [], [])
    answer = data["answer"]
    assert answer["told_worth"] == answer["second_worth"] == answer["second_bound"] > 0
    # Without the setting of then the round is another one, and the audit says so.
    assert audit_of(log, (row, steps), cores(0)).verdict == "differs"
