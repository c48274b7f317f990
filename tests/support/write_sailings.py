"""Writes the shipped calendar anew: ``python -m tests.support.write_sailings``."""

from pathlib import Path

import schemas
from schemas.network_default import default_csv
from schemas.network_reference import tables

if __name__ == "__main__":
    (Path(schemas.__file__).parent / "data" / "sailings.csv").write_bytes(default_csv(tables()))
