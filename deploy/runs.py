"""Decides which number a run of the demo has on its data folder, so that it gets new phones.

A phone counts its own sayings; a second demo on kept data must not say other things under the
numbers of the first, so run n speaks with phones of its own.
"""

import json
from pathlib import Path
from typing import Final

NAME: Final = "demo.json"


def next_run(folder: Path) -> int:
    """The number of this run on a data folder, from 1; it is used up at once."""
    path = folder / NAME
    run = 1 + (json.loads(path.read_text("utf-8"))["run"] if path.exists() else 0)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"run": run}), "utf-8")
    fresh.replace(path)
    return int(run)
