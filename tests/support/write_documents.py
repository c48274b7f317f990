"""Writes the JSON Schema documents anew: ``python -m tests.support.write_documents``."""

from pathlib import Path

import schemas
from schemas.document import NAMES, document

if __name__ == "__main__":
    folder = Path(schemas.__file__).parent / "json"
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*.json"):
        stale.unlink()
    for name in NAMES:
        (folder / f"{name}.json").write_bytes(document(name))
