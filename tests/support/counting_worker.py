"""A worker process around the counting core: ``counting_worker.py BOOTSTRAP APP WORKER STATE_DIR
[k=v]``.

``first_partition`` is that of the totals; ``away`` how many partitions a log of others has.
"""

import logging
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from schemas.metrics import Silent
from streams.agents.app import create_app, run
from streams.agents.options import WorkerOptions
from tests.support.counting import CountingFold, Topics


def main() -> int:
    bootstrap, app, worker, folder, *more = sys.argv[1:]
    settings = {name: value for name, _, value in (pair.partition("=") for pair in more)}
    tick_seconds = float(settings.pop("tick_seconds", "0"))
    first, away = (int(settings.pop(name, "0")) for name in ("first_partition", "away"))
    logging.basicConfig(
        level=logging.INFO, format="%(created).3f %(levelname)s %(name)s %(message)s"
    )
    for noisy in ("faust", "aiokafka", "mode"):
        logging.getLogger(noisy).setLevel(settings.pop("others", "WARNING"))
    topics = Topics.of(app)
    options = WorkerOptions(
        bootstrap=bootstrap,
        worker=worker,
        state_dir=Path(folder) / "state",
        status_file=Path(folder) / "status.json",
        app_id=app,
        source=topics.source,
        outputs=(topics.ledger, topics.totals, topics.dead),
        compacted=(topics.totals,),
        first_partition={topics.totals: first},
        away=(topics.away,) if away else (),
        **{name: _number(value) for name, value in settings.items()},
    )
    return run(create_app(options, lambda _: CountingFold(topics, tick_seconds, away), Silent()))


def _number(text: str) -> Any:
    return float(text) if "." in text else int(text)


if __name__ == "__main__":
    sys.exit(main())
