"""Decides how an audit of a match reads: one page for an auditor, in Indonesian or English.

Refuses to find anything out: `deploy.rerun_verdict` has. Amounts are decimals of base units,
money whole rupiah, moments UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from deploy.rerun import matches_of
from deploy.rerun_between import BetweenRound
from deploy.rerun_check import Fault, Opinion
from deploy.rerun_page_words import FAULTS, LABELS, SENTENCES, VERDICTS, in_language
from deploy.rerun_verdict import Audit, terms_then
from deploy.shown import cell
from producers.ticks import tick_of
from schemas.quantity import MICRO, format_quantity
from streams.core.matching import half_up

PROPOSED: Final = "proposed"
FAULTS_SHOWN: Final = 10


def page(audit: Audit, language: str) -> Iterator[str]:
    """The page, line by line."""
    told = as_data(audit)
    words, say = in_language(LABELS, language), in_language(SENTENCES, language)
    yield f"{words['title']} {told['match']}"
    for name in ("hubs", "goods", "round", "began", "read", "lines"):
        if told[name] is not None:
            yield _row(words[name], say[name].format(**told[name]))
    if told["answer"] is not None:
        yield ""
        for name in ("worth", "money", "gap"):
            yield _row(words[name], say[name].format(**_shown(told["answer"])))
    if told["then"] is not None:
        yield ""
        yield _row(words["then"], say["then"].format(**told["then"]))
    yield _row(words["now"], say["now"].format(**told["now"]))
    if told["changed"]:
        changed = "; ".join(say["change"].format(**each) for each in told["changed"])
        yield _row(words["changed"], changed)
    for step in told["steps"]:
        yield _row("", "{at}  {state}  {actor}  {reason}".format(**step).rstrip())
    yield ""
    yield f"{words['verdict']}: {in_language(VERDICTS, language)[audit.verdict]}"
    for each in told["differences"]:
        yield "  - " + say["differs"].format(**each)
    faults = in_language(FAULTS, language)
    for fault in audit_faults(audit)[:FAULTS_SHOWN]:
        yield "  - " + faults[fault.code].format(*fault.lines)


def as_data(audit: Audit) -> dict[str, Any]:
    """The same for programs; a part that is not known is None."""
    told, rebuilt = audit.told, audit.rebuilt
    posed, began = rebuilt.posed, rebuilt.began
    tick = None if began is None else tick_of(began.key, began.value)
    moment = None if began is None else (began.timestamp if tick is None else tick.at_ms)
    read = rebuilt.reading
    return {
        "match": told["match_id"],
        "verdict": audit.verdict,
        "hubs": {"tier": told["tier"], "from_hub": told["from_hub"], "to_hub": told["to_hub"]},
        "goods": {
            name: told[name]
            for name in ("family", "commodity", "to_commodity", "from_coop", "to_coop")
        },
        "round": {"tick": told["tick"], "digest": told["round"]},
        "began": None
        if began is None or moment is None
        else {"at": _at(moment), "offset": began.offset},
        "read": read._asdict(),
        "lines": None
        if posed is None
        else {
            "offers": len(posed.offers),
            "needs": len(posed.needs),
            "matches": len(matches_of(posed)),
        },
        "answer": None if audit.opinion is None else _answer(audit, audit.opinion),
        "then": _then(audit),
        "now": _now(told),
        "changed": _changed(audit),
        "steps": [
            {name: step[name] or "" for name in ("at", "state", "actor", "reason")}
            for step in audit.steps
        ],
        "differences": [each._asdict() for each in audit.differences],
        "faults": [{"code": f.code, "about": list(f.lines)} for f in audit_faults(audit)],
    }


def audit_faults(audit: Audit) -> list[Fault]:
    """Each fault once, in the order in which they were found."""
    return list(dict.fromkeys(audit.faults))


def _answer(audit: Audit, opinion: Opinion) -> dict[str, Any]:
    """Whole rupiah; `told_worth` and `second_worth` count bonuses, as the matcher does."""
    posed = audit.rebuilt.posed
    assert posed is not None, "an opinion is about a round"
    return {
        "objective": posed.found.objective,
        "certified": posed.found.certified,
        "gap": posed.found.gap,
        "rounding": posed.found.rounding if isinstance(posed, BetweenRound) else 0,
        "method": posed.found.method,
        "told_worth": _rupiah(opinion.told),
        "second_worth": _rupiah(opinion.found),
        "second_bound": _rupiah(opinion.bound),
        "second_gap": None if opinion.gap is None else -(-opinion.gap // MICRO),
    }


def _rupiah(micro: int | None) -> int | None:
    return None if micro is None else half_up(micro)


def _shown(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "-" if value is None else value for name, value in answer.items()}


def _then(audit: Audit) -> dict[str, Any] | None:
    terms = terms_then(audit)
    if terms is None:
        return None
    told = audit.told
    return {
        **terms._asdict(),
        "given": format_quantity(terms.given),
        "quantity": format_quantity(terms.quantity),
        "unit": told["unit"],
        "to_unit": told["to_unit"] or told["unit"],
    }


def _changed(audit: Audit) -> list[dict[str, Any]]:
    """What of the match is no longer as its round made it."""
    terms, told = terms_then(audit), audit.told
    if terms is None:
        return []
    then = {"quantity": terms.given / MICRO, "price": terms.price, "leg_cost": terms.leg_cost}
    fields = [
        {"field": name, "then": cell(value), "now": cell(told[name])}
        for name, value in then.items()
        if value != told[name]
    ]
    began = str(audit.steps[0]["state"]) if audit.steps else PROPOSED
    if told["state"] != began:
        fields.insert(0, {"field": "state", "then": began, "now": told["state"]})
    return fields


def _now(told: Mapping[str, Any]) -> dict[str, Any]:
    names = ("state", "quantity", "unit", "price", "leg_cost", "leg_mode", "leg_days", "payment")
    moved = ("shipped_quantity", "received_quantity", "refused_quantity")
    return {name: told[name] for name in (*names, *moved)}


def _at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def _row(label: str, text: str) -> str:
    return f"  {label:<22}{text}"
