"""What end-to-end tests may ask for: one day in the villages, replayed once undisturbed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.broker.kit import Kit
from tests.support.dump import Dump, dumped
from tests.support.files import day, written
from tests.support.replays import replayed

REPORTS = 1_500
SEED = 5


@dataclass(frozen=True, slots=True)
class Baseline:
    """A file, the data folder it was replayed into, what was printed, and what the warehouse says.

    The folder is for reading; whoever writes takes one of its own.
    """

    lines: list[bytes]
    file: Path
    folder: Path
    counts: dict[str, Any]
    dump: Dump


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory, kafka_kit: Kit) -> Baseline:
    """One worker, nothing shuffled, nothing killed."""
    assert kafka_kit.jars.exists()
    folder = tmp_path_factory.mktemp("baseline")
    lines = day(REPORTS, SEED)
    file = written(folder / "day.ndjson", lines)
    counts = replayed(file, folder / "data")
    return Baseline(lines, file, folder / "data", counts, dumped(folder / "data"))
