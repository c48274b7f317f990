"""What an officer types of a co-op joins what was said last, and the judge takes it."""

import json
from datetime import date
from typing import Any

from producers.goods import Goods
from producers.profile import Changes, Profiled, fields_of, profiled
from producers.speech import profile_value
from schemas import reference
from schemas.events import Profile
from schemas.judged import Judged
from tests.support.sayings import COOP, HOME, NOW_MS, judge

GOODS = Goods(reference.catalogue(), reference.units())
SAID = Changes(
    outlet=True,
    permits=(" NIB 812 ",),
    packs=("kopra:karung=50kg", "LADA-PUTIH:IKAT=0,25 kg"),
    mandates=("19.02:2026-12-01:30/11/2027", "34.02:2026-12-01"),
    flagship=("kopra",),
    capital="Rp 50.000.000",
)


def said(changes: Changes, before: dict[str, Any] | None = None) -> Any:
    return profiled(COOP, before or {}, changes, GOODS)


def judged(found: Profiled) -> Profile:
    value = profile_value(found.said("cli", 3), NOW_MS)
    verdict = judge().judge(value, key=COOP.encode(), timestamp_ms=NOW_MS, partition=HOME)
    assert isinstance(verdict, Judged), verdict
    assert isinstance(verdict.body, Profile)
    return verdict.body


def test_what_is_typed_is_taken_as_it_was_meant():
    body = judged(said(SAID))
    assert (body.outlet, body.land, body.permits) == (True, False, ["NIB 812"])
    packs = [(p.commodity, p.pack, p.quantity, p.unit) for p in body.packs]
    assert packs == [("KOPRA", "KARUNG", "50", "KG"), ("LADA-PUTIH", "IKAT", "0.25", "KG")]
    mandates = [(m.hub, m.since, m.until) for m in body.mandates]
    first, last = date(2026, 12, 1), date(2027, 11, 30)
    assert mandates == [("19.02", first, last), ("34.02", first, None)]
    assert (body.flagship, body.working_capital) == (["KOPRA"], "50000000")


def test_what_is_not_spoken_of_stays_as_it_was_said():
    value = profile_value(said(SAID).said("cli", 3), NOW_MS)
    before = fields_of(json.loads(value)["data"])
    after = judged(said(Changes(outlet=False, permits=("NIB 9",)), before))
    assert (after.outlet, after.permits) == (False, ["NIB 9"])
    was = judged(said(SAID))
    assert (after.packs, after.mandates) == (was.packs, was.mandates)
    assert after.working_capital == was.working_capital
    bare = judged(said(Changes(clear=("mandates", "packs")), before))
    assert (bare.mandates, bare.packs, bare.outlet) == ([], [], True)


def test_all_that_is_wrong_is_told_at_once():
    found = said(
        Changes(
            packs=("KOPRA:KARUNG", "KOPRA:EMBER=5kg", "KOPRA:KARUNG=5ikat", "lada:KARUNG=5kg"),
            mandates=("19.02", "19.02:besok", "19.02:2026-12-02:2026-12-01"),
            capital="banyak",
            clear=("outlet",),
        )
    )
    fields = [fault.field for fault in found]
    assert fields == ["clear", *["packs"] * 4, *["mandates"] * 3, "capital"]
    assert all(fault.said_id and fault.said_en for fault in found)
