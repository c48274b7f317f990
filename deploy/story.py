"""Decides how a trace reads to a person: from the village's words to the match, or back."""

import json
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console

from deploy.shown import cell
from sinks.queries.trace import Trace

WORDS: Final = {
    "id": {
        "kind": {
            "match": "Kecocokan",
            "offer": "Penawaran",
            "order": "Pesanan",
            "line": "Baris laporan",
            "event": "Laporan",
            "dead letter": "Surat bermasalah",
        },
        "matches": "Kecocokan",
        "history": "Riwayat",
        "orders": "Pesanan",
        "positions": "Stok",
        "lines": "Yang dilaporkan",
        "events": "Laporan di log",
        "unmatched": "Mengapa belum cocok",
        "dead_letters": "Surat bermasalah",
    },
    "en": {
        "kind": {},
        "matches": "Matches",
        "history": "History",
        "orders": "Orders",
        "positions": "Stock",
        "lines": "What was reported",
        "events": "Reports in the log",
        "unmatched": "Why not matched",
        "dead_letters": "Dead letters",
    },
}
SECTIONS: Final = (
    "matches", "history", "unmatched", "orders", "positions", "lines", "events", "dead_letters",
)  # fmt: skip
SHOWN_MAX: Final = 20


def told(found: Trace, language: str) -> None:
    """Write the story of a trace to standard output."""
    console = Console(highlight=False, soft_wrap=True)
    words: Any = WORDS.get(language, WORDS["en"])
    console.print(f"[bold]{words['kind'].get(found.kind, found.kind)}[/] {found.id}")
    for section in SECTIONS:
        rows = getattr(found, section)
        if not rows:
            continue
        console.print(f"\n[bold]{words[section]}[/]")
        for row in rows[:SHOWN_MAX]:
            for line in _SENTENCES[section](row, language):
                console.print("  " + line, markup=False)
        if len(rows) > SHOWN_MAX:
            console.print(f"  ... {len(rows) - SHOWN_MAX} more: -o json shows all")


def _amount(row: dict[str, Any]) -> str:
    return f"{cell(row['quantity'])} {row['unit']} {row['commodity']}"


def _match(row: dict[str, Any], language: str) -> Iterator[str]:
    between = row["tier"] != 1
    hubs = f" (hub {row['from_hub']} -> hub {row['to_hub']})" if between else ""
    paid = f" = Rp{cell(row['buyer_price'])} per {row['to_unit']}" if between else ""
    yield (
        f"{row['match_id']}  {row['state']}  {_amount(row)}  {row['from_coop']} -> "
        f"{row['to_coop']}{hubs}  Rp{row['price']} + Rp{row['leg_cost']}{paid}"
    )
    for part in json.loads(row["parts"] or "[]"):
        yield f"    {_way(part, row['to_unit'], language)}"
    yield "    " + str(row["why"] if language == "id" else row["why_en"])


def _way(part: dict[str, Any], unit: str, language: str) -> str:
    """One way of a match between hubs: what goes by it, its legs, a recipe on it, its days."""
    days = "hari" if language == "id" else "days"
    legs = [
        f"{leg['from_hub']} -> {leg['to_hub']} {leg['mode']}, {leg['days']} {days}, "
        f"Rp{leg['cost_per_kg']}/kg ({leg['basis']})"
        for leg in part["legs"]
    ]
    if part.get("recipe"):
        legs.append(f"{part['recipe']} ({part['recipe_hub']})")
    return f"{part['quantity']} {unit}: {'; '.join(legs)}; {part['days']} {days}"


def _history(row: dict[str, Any], _: str) -> Iterator[str]:
    yield f"{row['at']}  {row['state']}  {row['actor']}  {row['reason'] or ''}".rstrip()


def _order(row: dict[str, Any], _: str) -> Iterator[str]:
    yield (
        f"{row['order_id']}  {row['state']}  {_amount(row)}  needed by {cell(row['needed_by'])}"
    )


def _position(row: dict[str, Any], _: str) -> Iterator[str]:
    yield (
        f"{row['coop']}  {row['commodity']} {row['grade']} {row['lot']}"
        f"  on hand {cell(row['on_hand'])}  committed {cell(row['committed'])}"
        f"  available {cell(row['available'])} {row['unit']}"
    )


def _line(row: dict[str, Any], _: str) -> Iterator[str]:
    voided = "  (voided)" if row["voided"] else ""
    yield (
        f"{row['line_id']}  {row['occurred_at']}  {row['kind']}  {cell(row['quantity'])} "
        f"{row['unit'] or ''} {row['commodity'] or ''}{voided}"
    )


def _event(row: dict[str, Any], _: str) -> Iterator[str]:
    yield (
        f"{row['event_id']}  {row['event_type']}  {row['verdict']}"
        f"  partition {row['partition']} offset {row['offset']}"
    )


def _unmatched(row: dict[str, Any], language: str) -> Iterator[str]:
    why = row.get("why" if language == "id" else "why_en") or row.get("reason")
    yield f"{row['line']}  {cell(row['quantity'])} {row.get('unit', '')}: {why}"


def _letter(row: dict[str, Any], _: str) -> Iterator[str]:
    yield f"{row['identity']}  {row['reason']}  {row['field']}"


_SENTENCES: Final[dict[str, Any]] = {
    "matches": _match,
    "history": _history,
    "orders": _order,
    "positions": _position,
    "lines": _line,
    "events": _event,
    "unmatched": _unmatched,
    "dead_letters": _letter,
}
