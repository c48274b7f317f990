"""Decides what each field of a saying means, in words and in what a JSON Schema can check of it.

One table for the fields of `schemas.events`: a name, or `Type.name` where a type gives the name a
meaning of its own. Refuses to know which goods and places exist.
"""

from collections.abc import Mapping
from re import Pattern
from typing import Any, Final, NamedTuple

from schemas.events import BODIES, DECISIONS, LINES_MAX
from schemas.identity import COOP_FORM, DEVICE_FORM, HUB_FORM, MATCH_FORM, TAG_FORM
from schemas.resolving import MARKETS, PRIORITIES
from schemas.units import PACK_WORDS


class Word(NamedTuple):
    """What a field means; `more` are keywords of JSON Schema beyond what its type says."""

    text: str
    more: Mapping[str, Any] = {}


def _form(form: Pattern[str] | str) -> dict[str, str]:
    return {"pattern": form if isinstance(form, str) else form.pattern}


_QUANTITY: Final = _form(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_PRICE: Final = _form(r"[0-9]{1,12}")
_COOP: Final = COOP_FORM.pattern
_ACTOR: Final = _form(f"{_COOP}|{HUB_FORM.pattern}")
_LINE: Final = _form(rf"{_COOP}:{DEVICE_FORM.pattern}:[1-9][0-9]{{0,15}}#[1-9][0-9]{{0,2}}")

SAID: Final[Mapping[str, Word]] = {
    # who
    "coop": Word("The co-op that speaks: the Kemendagri code of its village.", _form(COOP_FORM)),
    "actor": Word("Who decides: a co-op by its village code, or a hub (19.02).", _ACTOR),
    "device": Word("Which of the speaker's devices.", _form(DEVICE_FORM)),
    "sequence": Word("The device's own count of sayings; never used again for other content."),
    # reports
    "lines": Word(
        "What is said, each line on its own; numbered from 1 in this order.",
        {"minItems": 1, "maxItems": LINES_MAX},
    ),
    "repairs": Word("The dead letter this mends: <event id>#<line> or topic/partition/offset."),
    "kind": Word("Which kind of line this is."),
    # goods
    "commodity": Word("Code of the goods in the catalogue, such as LADA-PUTIH."),
    "quantity": Word("How much, in `unit`: decimal text with a point, never a number.", _QUANTITY),
    "unit": Word("Unit of the quantities: our code, its UN/ECE Rec. 20 code, or a known pack."),
    "grade": Word("Grade in the commodity's own scale; left out when nobody has said."),
    "lot": Word("Name of one lot; left out for the unnamed one.", _form(TAG_FORM)),
    "reason": Word("Why, in free text without control characters."),
    "match": Word("The delivery that this belongs to, by its match id.", _form(MATCH_FORM)),
    "floor_price": Word("Least price: whole rupiah per base unit of the commodity.", _PRICE),
    "expires_on": Word("Last good day, 2000 to 2100."),
    "min_lot": Word("Smallest quantity that may leave at once, in `unit`.", _QUANTITY),
    "keep": Word("Quantity that is kept back and not offered, in `unit`.", _QUANTITY),
    "recipe": Word("Code of the recipe that was carried out, such as R01."),
    "inputs": Word("What was used up.", {"minItems": 1}),
    "outputs": Word("What came of it.", {"minItems": 1}),
    "ready_on": Word("The day on which the goods will be ready, 2000 to 2100."),
    # orders and corrections
    "order": Word("The co-op's own name for the order.", _form(TAG_FORM)),
    "ceiling_price": Word("Greatest price: whole rupiah per base unit.", _PRICE),
    "needed_by": Word("The last day on which the goods are of use, 2000 to 2100."),
    "priority": Word("How urgent it is.", {"enum": sorted(PRIORITIES)}),
    "market": Word("Where the goods are for.", {"enum": sorted(MARKETS)}),
    "revision": Word("Number of the revision, from 2; the placing is 1."),
    "Cancelled.revision": Word("The revision that withdraws the order; 0 withdraws it for good."),
    "Voided.line": Word("The line that was a mistake: <event id>#<line>.", _LINE),
    # profiles
    "land": Word("Whether the co-op has land."),
    "outlet": Word("Whether it has an outlet (gerai)."),
    "permits": Word("Its permits, each in free text."),
    "flagship": Word("Codes of the commodities it is known for."),
    "packs": Word("How much its own packs hold; each word once per commodity."),
    "Pack.pack": Word("The everyday word.", {"enum": sorted(PACK_WORDS)}),
    "Pack.quantity": Word("How much one pack holds, in `unit`.", _QUANTITY),
    "working_capital": Word("Working capital in whole rupiah.", _PRICE),
    "mandates": Word("Hubs that may decide on matches in its name."),
    "hub": Word("The hub, by the code of its regency or city.", _form(HUB_FORM)),
    "since": Word("First day that it holds, 2000 to 2100."),
    "until": Word("Last day that it holds; not before `since`."),
    # gaps, obstacles, visits
    "first": Word("First sequence that will never come."),
    "last": Word("Last sequence that will never come; not below `first`."),
    "category": Word("What kind of obstacle, in a word or two.", {"minLength": 1}),
    "text": Word("What is to be said, in paragraphs."),
    "status": Word("Whether it still stands in the way."),
    "by": Word("Who came.", {"minLength": 1}),
    "on": Word("The day of it, 2000 to 2100."),
    # decisions and contracts
    "decision": Word("What is decided.", {"enum": sorted(DECISIONS)}),
    "Decision.match": Word("The match it is about, by its id.", _form(MATCH_FORM)),
    "Decision.quantity": Word("How much, in the base unit of the match's commodity.", _QUANTITY),
    "refused": Word("How much arrived and was not taken, in the same unit.", _QUANTITY),
    "final": Word("Whether nothing more will come of it."),
    "price": Word("Price: whole rupiah per base unit of the commodity.", _PRICE),
    "contract": Word("The partner's own name for the contract.", _form(TAG_FORM)),
    "direction": Word("Whether the partner buys from or supplies to the site."),
    "site": Word("Where: the village code of a co-op.", _form(COOP_FORM)),
    "Contract.quantity": Word(
        "What is bought over the whole window, or what is there to supply now, in `unit`.",
        _QUANTITY,
    ),
    "Contract.permits": Word("Permits that the other side must hold in its profile."),
    "Contract.price": Word(
        "Whole rupiah per base unit: the most a buyer pays, the least a supplier takes.", _PRICE
    ),
    # the clock
    "tick": Word("Number of the tick: n + 1 follows when n is committed."),
}

ENVELOPE: Final[Mapping[str, Word]] = {
    "specversion": Word("Version of CloudEvents.", {"const": "1.0"}),
    "type": Word("Which saying this is.", {"enum": list(BODIES)}),
    "id": Word("<coop>:<device>:<sequence>, as in the body; tick:<n> of the clock."),
    "source": Word("/coops/<coop>/devices/<device>, /hubs/<hub>/devices/<device>, or the clock."),
    "time": Word(
        "When it was said: RFC 3339 with an offset, at most 10 minutes ahead, 400 days back.",
        {
            "format": "date-time",
            **_form(
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
                r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
            ),
        },
    ),
}
