"""Matches of hubs that spare goods, audited over paper logs; the setting that turns it on."""

from pathlib import Path

import pytest

from deploy import serve_market, serve_streams
from deploy.cli_rerun import audit_of, cores_of
from deploy.rerun import Cores
from deploy.rerun_page import page
from deploy.rerun_verdict import Audit
from deploy.settings import load
from sinks.engines import reading
from sinks.queries.decided import history_of, match_of
from tests.support.core_desk import PARTITIONS, builder
from tests.support.market_logs import WrittenLog, checked, sunk
from tests.support.paper_market import market_builder
from tests.support.two_tiers import LIVE, Live, country

HEARD = Cores(lambda _: builder(outlook=True), lambda _: market_builder(outlook=True))
DEAF = Cores(lambda _: builder(), lambda _: market_builder())
Told = tuple[WrittenLog, str, Live]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    live = Live(country("LADA-PUTIH", 8, 6, 1), outlook=True).tick(6)
    log = live.market.written()
    return log, sunk(log, tmp_path_factory.mktemp("sunk")), live


def audits(told: Told, tier: int, cores: Cores) -> list[Audit]:
    log, url, live = told
    names = [m["match_id"] for m in live.market.matches(tier) if m["state"] in LIVE][:4]
    found = []
    for name in names:
        with reading(url) as connection:
            row, steps = match_of(connection, name), history_of(connection, name)
        assert row is not None
        found.append(audit_of(log, (row, steps), cores))
    assert found
    return found


@pytest.mark.parametrize("tier", [1, 2])
def test_matches_of_hubs_that_spare_goods_are_confirmed(told: Told, tier: int):
    found = audits(told, tier, HEARD)
    assert {audit.verdict for audit in found} == {"confirmed"}
    assert all(audit.rebuilt.posed for audit in found)


def test_under_another_setting_the_round_is_not_found_and_the_page_says_why(told: Told):
    found = audits(told, 1, DEAF)
    differing = [audit for audit in found if audit.verdict == "differs"]
    assert differing
    assert any("settings" in line for line in page(differing[0], "en"))


def test_the_log_of_hubs_that_spare_goods_holds_every_law(told: Told):
    assert checked(told[0]).breaches == []


@pytest.mark.parametrize("on", [True, False])
def test_the_setting_reaches_both_workers_and_the_audit(on: bool):
    settings = load({"matching.outlook": on}).settings
    assert settings.matching.outlook is on
    cores = cores_of(settings)
    for hub in (cores.hub(PARTITIONS), serve_streams.builder(PARTITIONS, outlook=on)):
        assert hub._setting.outlook is on
    for market in (cores.market(PARTITIONS), serve_market.builder(PARTITIONS, outlook=on)):
        assert (market._policy.whole is not None) is on


def test_hubs_spare_goods_unless_it_is_turned_off():
    assert load().settings.matching.outlook is True


def test_a_log_without_outlooks_stays_as_it_was(tmp_path: Path):
    live = Live(country("LADA-PUTIH", 8, 6, 1), outlook=False).tick(2)
    assert not any(
        b"lumbung.outlook.v1" in (value or b"")
        for rows in live.market.written().rows.values()
        for _, value, _ in rows
    )
