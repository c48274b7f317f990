"""How `lumbung why` reads: to a person as a story, to a program as JSON, of many lines as rows.

Decides which words a role gets for each line. Refuses to find anything out.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from deploy.shown import cell
from deploy.story import WORDS
from deploy.why_answer import Told
from deploy.why_distance import miss
from deploy.why_live import TAKES
from deploy.why_party import Role, cleared, exact, for_party
from deploy.why_solving import Found, Next
from schemas.quantity import format_quantity
from sinks.queries.shown import Shown
from streams.core.reasons import Language, Text, amount

STATES: Final[Mapping[str, Text]] = {
    "unmatched": Text("Belum cocok: {left}.", "Not matched: {left}."),
    "next_round": Text(
        "Belum diusulkan, tetapi kalau dihitung sekarang semuanya cocok.",
        "Not proposed yet, but solved now all of it is matched.",
    ),
    "matched": Text(
        "Semuanya sudah cocok, tidak ada sisa.", "All of it is matched, nothing is left."
    ),
    "closed": Text(
        "Tidak dicari lagi: pesanan sudah dibatalkan, terpenuhi, atau tidak bisa ditempatkan.",
        "Nobody looks any more: the order was cancelled, filled, or could not be placed.",
    ),
    "kept": Text(
        "Tidak ada yang ditawarkan: stoknya habis atau disimpan sendiri.",
        "Nothing is on offer: the stock is used up or kept back.",
    ),
    "barred": Text("Tidak pernah ikut dicocokkan.", "It never takes part in matching."),
}
PLACES: Final[Mapping[str, Text]] = {
    "everywhere": Text("Mengapa", "Why"),
    "hub": Text("Di dalam hub {hub}", "Inside hub {hub}"),
    "between": Text("Di hub lain", "In other hubs"),
}
MATCHED: Final = Text("Sudah cocok", "Matched already")
NEXT: Final = Text("Kalau dihitung sekarang", "If it were solved now")
AGREED: Final = Text(
    "{quantity} {unit}: penjual menerima Rp{price}, angkutan Rp{leg_cost} per {to_unit} "
    "({leg_mode}, {leg_days} hari).",
    "{quantity} {unit}: the seller nets Rp{price}, the way costs Rp{leg_cost} per {to_unit} "
    "({leg_mode}, {leg_days} days).",
)
"""A match to one party: without what lies between the two limits."""


class Reading(NamedTuple):
    """A reason as a role reads it; `partner` is empty where its name is not for this role."""

    where: str
    reason: str
    partner: str
    figures: dict[str, int | str]
    words: Text
    miss: Text | None

    def said(self, at: int) -> str:
        """All of it in one language: 0 is Indonesian, 1 English."""
        return " ".join(part[at] for part in (self.words, self.miss) if part is not None)


def readings(told: Told, role: Role, units: Mapping[str, Text]) -> list[Reading]:
    """Give the reasons of a line as a role reads them."""
    unit = units.get(told.unit, Text(told.unit, told.unit))
    return [_reading(found, told, role, unit) for found in told.reasons]


def _reading(found: Found, told: Told, role: Role, unit: Text) -> Reading:
    short = None if told.own is None else miss(found, told.own, told.today, unit)
    if cleared(role, found.where):
        partner = str(found.figures.get("with", ""))
        said = None if short is None else short.words
        return Reading(
            found.where, found.reason, partner, dict(found.figures), exact(found, unit), said
        )
    said = short.words if short is not None and short.own else None
    words = for_party(found, told.side, told.own, unit)
    return Reading(found.where, found.reason, "", {}, words, said)


def as_json(told: Told, role: Role, units: Mapping[str, Text]) -> dict[str, Any]:
    """A line and all that is said of it, as plain values; amounts are decimal texts."""
    row = told.row
    return {
        "line": told.line,
        "side": told.side,
        **{name: row[name] for name in ("coop", "hub", "commodity", "grade")},
        "unit": told.unit,
        "state": told.state,
        "says": _says(told)._asdict(),
        "total": format_quantity(told.total),
        "left": format_quantity(told.left),
        "matched": [_brief(match, told) for match in told.matches],
        "next": [_next(found, told, role) for found in told.nexts],
        "reasons": [
            {
                **reading._asdict(),
                "words": reading.words._asdict(),
                "miss": None if reading.miss is None else reading.miss._asdict(),
            }
            for reading in readings(told, role, units)
        ],
    }


def _says(told: Told) -> Text:
    unit = told.unit
    words = STATES[told.state]
    return Text(
        words.id.format(left=amount(told.left, "id", unit)),
        words.en.format(left=amount(told.left, "en", unit)),
    )


def _brief(match: Shown, told: Told) -> dict[str, Any]:
    other = "to" if told.side == "offer" else "from"
    return {
        "match": match["match_id"],
        "state": match["state"],
        "quantity": match["quantity" if told.side == "offer" else "to_quantity"],
        "held": match[TAKES[told.side]],
        "coop": match[f"{other}_coop"],
        "hub": match[f"{other}_hub"],
    }


def _next(found: Next, told: Told, role: Role) -> dict[str, Any]:
    """With whom a line would go; who is not cleared for both sides learns how much and when."""
    where = "hub" if found.partner.hub == told.row["hub"] else "between"
    known = cleared(role, where)
    return {
        "quantity": format_quantity(found.quantity),
        "days": found.days,
        "where": where,
        "line": found.partner.line if known else "",
        "hub": found.partner.hub if known else "",
    }


def story(told: Told, role: Role, units: Mapping[str, Text], language: Language) -> Iterator[str]:
    """Tell of one line."""
    at = 0 if language == "id" else 1
    row, unit = told.row, told.unit
    kind = "offer" if told.side == "offer" else "order"
    kinds: Any = WORDS[language]["kind"]
    yield f"{kinds.get(kind, kind)} {told.line}  (hub {row['hub']})"
    goods = f"{row['commodity']} {row['grade'] or ''}".rstrip()
    yield f"  {amount(told.total, language, unit)} {goods}"
    if told.matches:
        yield f"  {MATCHED[at]}:"
    for brief in (_brief(match, told) for match in told.matches):
        yield (
            f"    {brief['match']}  {brief['state']}  {cell(brief['quantity'])} {unit}  "
            f"{brief['coop']} (hub {brief['hub']})"
        )
    yield f"  {_says(told)[at]}"
    if told.nexts:
        yield f"  {NEXT[at]}:"
    for found in (_next(each, told, role) for each in told.nexts):
        days = f"{found['days']} {'hari' if language == 'id' else 'days'}"
        yield f"    {found['quantity']} {unit}  {found['line']} {days}".rstrip()
    for reading in readings(told, role, units):
        place = PLACES[reading.where][at].format(hub=row["hub"])
        yield f"  {place}: {reading.said(at)}"


def as_row(told: Told, role: Role, units: Mapping[str, Text]) -> dict[str, Any]:
    """A line as one row: the reason and its words in its hub, then in others."""
    seen = {reading.where: reading for reading in readings(told, role, units)}
    near = seen.get("hub", seen.get("everywhere"))
    far = seen.get("between", seen.get("everywhere"))
    row = {
        "line": told.line,
        "side": told.side,
        "left": format_quantity(told.left),
        "unit": told.unit,
        "commodity": told.row["commodity"],
        "hub": told.row["hub"],
        "state": told.state,
        "in_hub": near.reason if near else "",
        "between": far.reason if far else "",
    }
    for name, reading in (("in_hub", near), ("between", far)):
        row[f"{name}_partner"] = reading.partner if reading else ""
        row[f"{name}_why"] = reading.said(0) if reading else ""
        row[f"{name}_why_en"] = reading.said(1) if reading else ""
    return row


def for_a_party(match: Shown) -> Shown:
    """A match as one of its parties may read it."""
    told = {name: cell(match.get(name)) for name in match}
    words = Text(AGREED.id.format_map(told), AGREED.en.format_map(told))
    return {**match, "surplus": None, "why": words.id, "why_en": words.en}
