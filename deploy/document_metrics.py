"""`python -m deploy.document_metrics`: writes docs/metrics.md from the catalogue.

Decides nothing but the place; `schemas.metrics` says what the page holds.
"""

from pathlib import Path
from typing import Final

from schemas.metrics import as_markdown

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "metrics.md"

if __name__ == "__main__":
    PAGE.write_text(as_markdown(), encoding="utf-8")
