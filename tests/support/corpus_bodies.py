"""What is said beside reports: profiles, gaps, obstacles, visits, decisions, contracts."""

from collections.abc import Iterator
from typing import Any

from schemas.errors import Reason
from tests.support.case import Case, bad, good
from tests.support.sayings import (
    BODIES,
    CONTRACT,
    COOP,
    DECISION,
    GAP,
    GONE_COOP,
    HUB,
    KEY,
    OBSTACLE,
    PROFILE,
    VISIT,
    envelope,
    without,
)

KEYS = {"decision": HUB.encode(), "contract": HUB.encode()}


def _bad(name: str, kind: str, reason: Reason, field: str, /, **changes: Any) -> Case:
    tree = envelope(kind, {**BODIES[kind], **changes})
    key = KEYS.get(kind, KEY)
    return bad(f"{kind}-{name}", tree, reason, f"data.{field}", key=key)


def profiles() -> Iterator[Case]:
    yield good("profile", envelope("profile", PROFILE))
    yield good("profile-of-nothing", envelope("profile", {**PROFILE, "packs": [], "permits": []}))
    (pack,) = PROFILE["packs"]
    for name, field, change, reason in (
        ("no-word", "pack", "KG", Reason.UNKNOWN_UNIT),
        ("lower-case", "pack", "karung", Reason.UNKNOWN_UNIT),
        ("unit", "unit", "KARUNG", Reason.UNKNOWN_UNIT),
        ("commodity", "commodity", "BERAS", Reason.UNKNOWN_COMMODITY),
        ("zero", "quantity", "0", Reason.QUANTITY_ZERO),
        ("comma", "quantity", "25,5", Reason.QUANTITY_MALFORMED),
    ):
        bent = [{**pack, field: change}]
        yield _bad(f"pack-{name}", "profile", reason, f"packs.1.{field}", packs=bent)
    rival = [pack, {**pack, "quantity": "50"}]
    yield _bad("pack-twice", "profile", Reason.DUPLICATE_KEY, "packs.2.pack", packs=rival)
    (mandate,) = PROFILE["mandates"]
    for name, field, day, reason in (
        ("backwards", "until", "2025-12-31", Reason.DATE_OUT_OF_RANGE),
        ("too-far", "until", "2200-01-01", Reason.DATE_OUT_OF_RANGE),
        ("no-day", "since", "01-01-2026", Reason.DATE_MALFORMED),
        ("null", "until", None, Reason.WRONG_TYPE),
        ("no-hub", "hub", "99.99", Reason.UNKNOWN_COOP),
    ):
        bent = [{**mandate, field: day}]
        yield _bad(f"mandate-{name}", "profile", reason, f"mandates.1.{field}", mandates=bent)
    yield _bad("blank-permit", "profile", Reason.TEXT_MALFORMED, "permits.1", permits=[" "])
    yield _bad("flagship", "profile", Reason.UNKNOWN_COMMODITY, "flagship.1", flagship=["EMAS"])
    yield _bad("land-as-number", "profile", Reason.WRONG_TYPE, "land", land=1)
    yield _bad("land-as-text", "profile", Reason.WRONG_TYPE, "land", land="ya")
    capital = Reason.PRICE_MALFORMED
    yield _bad("capital", "profile", capital, "working_capital", working_capital="3 miliar")
    yield _bad("unknown-field", "profile", Reason.UNKNOWN_FIELD, "phone", phone="0812")


def sayings() -> Iterator[Case]:
    yield good("gap", envelope("gap", GAP))
    yield _bad("backwards", "gap", Reason.GAP_MALFORMED, "first", first=15)
    yield _bad("from-zero", "gap", Reason.GAP_MALFORMED, "first", first=0)
    yield _bad("without-end", "gap", Reason.GAP_MALFORMED, "last", last=2**70)
    yield _bad("as-text", "gap", Reason.WRONG_TYPE, "last", last="14")
    yield good("obstacle", envelope("obstacle", OBSTACLE))
    yield _bad("status", "obstacle", Reason.WRONG_TYPE, "status", status="maybe")
    yield _bad("no-category", "obstacle", Reason.TEXT_MALFORMED, "category", category="")
    yield good("visit", envelope("visit", VISIT))
    yield good("visit-without-words", envelope("visit", without(VISIT, "text")))
    yield _bad("day", "visit", Reason.DATE_MALFORMED, "on", on="kemarin")
    yield _bad("long-ago", "visit", Reason.DATE_OUT_OF_RANGE, "on", on="1945-08-17")
    yield _bad("by-nobody", "visit", Reason.TEXT_MALFORMED, "by", by="")
    gone = envelope("visit", {**VISIT, "coop": GONE_COOP})
    key = GONE_COOP.encode()
    yield bad("visit-to-no-coop", gone, Reason.UNKNOWN_COOP, "data.coop", key=key)


def decisions() -> Iterator[Case]:
    plain = without(DECISION, "quantity", "price", "on", "reason")
    yield good("decision-in-few-words", envelope("decision", plain), key=HUB.encode())
    nothing = {**DECISION, "decision": "receive", "quantity": "0"}
    yield good("decision-nothing-arrived", envelope("decision", nothing), key=HUB.encode())
    yield _bad("unknown", "decision", Reason.DECISION_UNKNOWN, "decision", decision="setuju")
    for name, match in {"short": "ABC", "lower": "abcdefghijklmn27", "empty": ""}.items():
        yield _bad(f"match-{name}", "decision", Reason.UNKNOWN_MATCH, "match", match=match)
    yield _bad("comma", "decision", Reason.QUANTITY_MALFORMED, "quantity", quantity="1,5")
    yield _bad("negative", "decision", Reason.QUANTITY_NEGATIVE, "quantity", quantity="-1")
    yield _bad("price", "decision", Reason.PRICE_MALFORMED, "price", price="110.000")
    yield _bad("day", "decision", Reason.DATE_OUT_OF_RANGE, "on", on="9999-01-01")
    yield _bad("day-null", "decision", Reason.WRONG_TYPE, "on", on=None)
    yield _bad("reason", "decision", Reason.TEXT_MALFORMED, "reason", reason="ya\x00")


def contracts() -> Iterator[Case]:
    own = envelope("contract", {**CONTRACT, "actor": COOP})
    yield good("contract-of-a-coop", own)
    yield _bad("no-site", "contract", Reason.UNKNOWN_COOP, "site", site="IDTJQ")
    yield _bad("site-gone", "contract", Reason.UNKNOWN_COOP, "site", site=GONE_COOP)
    yield _bad("direction", "contract", Reason.WRONG_TYPE, "direction", direction="both")
    yield _bad("name", "contract", Reason.ORDER_MALFORMED, "contract", contract="kontrak 7")
    yield _bad("backwards", "contract", Reason.DATE_OUT_OF_RANGE, "until", until="2026-10-31")
    yield _bad("unit", "contract", Reason.UNKNOWN_UNIT, "unit", unit="KARUNG")
    yield _bad("goods", "contract", Reason.UNKNOWN_COMMODITY, "commodity", commodity="BERAS")
    yield _bad("grade", "contract", Reason.UNKNOWN_GRADE, "grade", grade="SUPER")
    yield _bad("nothing", "contract", Reason.QUANTITY_ZERO, "quantity", quantity="0")
    yield _bad("price", "contract", Reason.PRICE_MALFORMED, "price", price="mahal")
    yield _bad("least-lot", "contract", Reason.QUANTITY_MALFORMED, "min_lot", min_lot="1,5")
    yield _bad("permit", "contract", Reason.TEXT_MALFORMED, "permits.1", permits=["\u202e9"])
