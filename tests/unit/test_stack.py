"""What runs together: which processes, under which names and ports, watched by whom."""

from pathlib import Path

import pytest

from deploy.serve_market import market_options
from deploy.settings import Settings, load
from deploy.stack import Stack
from deploy.supervisor import Supervisor
from deploy.wiring import (
    FIGURES_AFTER_HUBS,
    Process,
    all_topics,
    figures_at,
    groups,
    market_name,
    worker_name,
)
from deploy.worker import options_of
from schemas.topics import DEAD_LETTER, EVENTS, MARKET, MATCHES, TOPICS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    flags = {
        "data_dir": tmp_path,
        "streams.workers": 2,
        "streams.market_workers": 3,
        "kafka.partitions": 4,
        "streams.halt_run": 7,
    }
    return load(flags, folder=tmp_path).settings


@pytest.fixture
def stack(settings: Settings, tmp_path: Path) -> Stack:
    return Stack(settings, "nowhere:1", Supervisor((), tmp_path / "logs"))


def test_market_workers_run_beside_hub_workers(stack: Stack) -> None:
    names = ["hub-0", "hub-1", "market-0", "market-1", "market-2"]
    assert [child.name for child in stack.workers()] == names
    assert [child.name for child in stack.hub_workers()] == names[:2]
    words = [child.command[2:6] for child in stack.workers()]
    assert words[1] == ("run", "streams", "--worker", "1")
    assert words[4] == ("run", "market", "--worker", "2")
    assert all(child.restart for child in stack.workers())


def test_the_watchdog_looks_at_all_groups_and_knows_whom_to_kill(stack: Stack) -> None:
    hubs, markets, fan_out = stack.guards()
    assert (hubs.group, hubs.topics, hubs.workers) == (
        "lumbung-hub",
        {EVENTS: 4},
        ("hub-0", "hub-1"),
    )
    assert (markets.group, markets.topics, markets.workers) == (
        "lumbung-market",
        {MARKET: 4},
        ("market-0", "market-1", "market-2"),
    )
    assert (fan_out.group, fan_out.topics, fan_out.workers) == (
        "lumbung-fan-out",
        {MATCHES: 8},
        ("fan-out",),
    )
    patience = [guard.patience_seconds for guard in (hubs, markets, fan_out)]
    assert patience == [30, 120, 30]  # a round of the whole country takes longer than a report


def test_no_two_processes_show_their_figures_at_one_port(settings: Settings) -> None:
    streams = settings.streams
    hubs = list(range(streams.workers))
    markets = [figures_at(settings, "market", n) for n in range(streams.market_workers)]
    others = [figures_at(settings, name) for name in FIGURES_AFTER_HUBS if name != "market"]
    assert sorted(hubs + others + markets) == list(range(10))


def test_every_log_has_a_group_and_every_group_its_changelog(settings: Settings) -> None:
    assert groups(settings) == {EVENTS: "lumbung-hub", MARKET: "lumbung-market"}
    made = [topic.name for topic in all_topics(settings)]
    assert made[: len(TOPICS)] == [topic.name for topic in TOPICS]
    assert made[len(TOPICS) :] == [
        "lumbung-hub-state-changelog",
        "lumbung-market-state-changelog",
    ]


def test_a_market_worker_folds_its_log_and_writes_behind_the_hubs(settings: Settings) -> None:
    process = Process(market_name(1), settings, "nowhere:1")
    told = market_options(process)
    assert (told.app_id, told.worker, told.source) == ("lumbung-market", "market-1", MARKET)
    assert told.changelog == "lumbung-market-state-changelog"
    assert told.outputs == (MATCHES, DEAD_LETTER)
    assert told.compacted == (MATCHES,)
    assert told.away == (EVENTS,)
    assert [told.partition_in(MATCHES, p) for p in range(4)] == [4, 5, 6, 7]
    assert [told.partition_in(DEAD_LETTER, p) for p in range(4)] == [0, 1, 2, 3]
    assert told.status_file == settings.data_dir / "state" / "market-1.json"


def test_both_kinds_of_worker_are_as_patient_as_the_settings_say(settings: Settings) -> None:
    hub = options_of(Process(worker_name(0), settings, "nowhere:1"), "lumbung-hub")
    market = market_options(Process(market_name(0), settings, "nowhere:1"))
    for name in ("session_seconds", "commit_seconds", "run_records_max", "halt_run"):
        assert getattr(hub, name) == getattr(market, name) == getattr(settings.streams, name)
    assert hub.source == EVENTS
    assert hub.state_dir != market.state_dir
