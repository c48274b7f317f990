"""A match between hubs as people read it: what both promised, the ways, figures in two tongues."""

from dataclasses import fields, replace
from typing import Any

import msgspec
import pytest

from schemas import records
from schemas.market import LegSide
from schemas.quantity import MICRO
from streams.core.book import Good
from streams.core.interchange.between_out import row, told
from streams.core.interchange.leg_table import Leg
from streams.core.interchange.market_state import Between, End
from streams.core.interchange.protocol_table import Phase
from streams.core.interchange.terms import Part, Process
from streams.core.lifecycle import Life
from streams.core.lifecycle_table import State
from streams.core.state import Step

LIFE = {field.name for field in fields(Life)} - {"price"}
GOODS = {
    "KELAPA": Good("KELAPA", "C62", "raw", "free"),
    "KOPRA": Good("KELAPA", "KGM", "semi", "free"),
}
GIVER, TAKER = "19.02.01.2003", "31.72.01.1001"
DAY = 20_780
AT_MS = DAY * 86_400_000
KILN = Process("R07", "KELAPA", "KOPRA", "31.72", MICRO // 4, cost=300, days=2)
SEA = Leg("19.02", "31.72", 1_250_500_000, 3, "sea", departs_day=DAY + 2)
ROAD = Leg("19.02", "31.72", 2_000 * MICRO, 1, "road", estimated=False)


def between(*parts: Part, to: str = "KOPRA", **more: Any) -> Between:
    given = sum(part.given for part in parts)
    quantity = sum(part.quantity for part in parts)
    line = f"{GIVER}|KELAPA|A|NOV-1"
    offer = End(LegSide.OFFER, "19.02", line, "KELAPA", given, 1, coop=GIVER, grade="A")
    need = End(LegSide.NEED, "31.72", f"{TAKER}|PO-9", to, quantity, 1, coop=TAKER)
    offer.agreed, need.agreed = given, quantity
    facts: dict[str, Any] = {
        "version": 41,
        "match": "A" * 16,
        "family": "KELAPA",
        "n": 0,
        "phase": Phase.PROPOSED,
        "offer": offer,
        "need": need,
        "given": given,
        "quantity": quantity,
        "price": 2_000,
        "buyer_price": 10_900,
        "leg_cost": 1_300,
        "processing": 300,
        "days": 7,
        "parts": parts,
        "certified": True,
        "digest": "d",
        "tick": 6,
        "created_ms": AT_MS,
        "steps": [Step("proposed", AT_MS + 9, "lumbung")],
    }
    life: dict[str, Any] = {
        "state": State.PROPOSED,
        "quantity": quantity,
        "granted": quantity,
        "price": 2_000,
    }
    life |= {name: more.pop(name) for name in list(more) if name in LIFE}
    return Between(**facts | {"life": Life(**life)} | more)


def promised(match: Between, given: int, quantity: int) -> None:
    match.offer.agreed, match.need.agreed = given, quantity
    assert match.life is not None
    match.life = replace(match.life, quantity=quantity, granted=quantity)


def copra(**more: Any) -> Between:
    return between(Part(25 * MICRO, 100 * MICRO, (SEA,), 7, KILN), **more)


def test_what_is_given_and_what_arrives_are_told_apart_with_their_units() -> None:
    said = told(copra(), GOODS)
    assert (said.tier, said.state, said.from_hub, said.to_hub) == (2, "proposed", "19.02", "31.72")
    assert (said.commodity, said.quantity, said.unit) == ("KELAPA", "100", "C62")
    assert (said.to_commodity, said.to_quantity, said.to_unit) == ("KOPRA", "25", "KGM")
    assert (said.from_coop, said.grade, said.lot) == (GIVER, "A", "NOV-1")
    assert (said.to_coop, said.order) == (TAKER, "PO-9")
    assert (said.price, said.leg_cost, said.processing, said.buyer_price) == (
        *(2_000, 1_300, 300),
        10_900,
    )
    assert (said.tick, said.round, said.version) == (6, "d", 41)


def test_the_way_is_told_leg_by_leg() -> None:
    (part,) = told(copra(), GOODS).parts
    assert (part.given, part.quantity, part.days) == ("100", "25", 7)
    assert (part.recipe, part.recipe_hub) == ("R07", "31.72")
    assert part.legs == [
        records.WayLeg(
            from_hub="19.02",
            to_hub="31.72",
            mode="sea",
            days=3,
            cost_per_kg="1250.5",
            basis="estimated",
            departs_day=DAY + 2,
        )
    ]


def test_the_reason_has_every_figure_in_both_languages() -> None:
    said = told(copra(), GOODS)
    assert said.why_id == (
        "100 C62 KELAPA dari hub 19.02 ke hub 31.72 menjadi 25 KGM KOPRA: "
        "penjual menerima Rp2000 per C62, angkutan Rp1300 per KGM "
        "(19.02→31.72 laut 3 hari, berangkat 2026-11-25 + diolah R07 di 31.72), "
        "olahan Rp300 per KGM, pembeli membayar Rp10900 per KGM; tiba dalam 7 hari; "
        "terbukti terbaik"
    )
    assert said.why_en == (
        "100 C62 KELAPA from hub 19.02 to hub 31.72 made into 25 KGM KOPRA: "
        "the seller nets Rp2000 per C62, the way costs Rp1300 per KGM "
        "(19.02→31.72 sea 3 days, leaves 2026-11-25 + made by R07 in 31.72), "
        "processing Rp300 per KGM, the buyer pays Rp10900 per KGM; there in 7 days; proven best"
    )
    assert told(copra(certified=False), GOODS).why_en.endswith("not proven best")


def test_raw_goods_that_stay_what_they_are_speak_of_no_recipe() -> None:
    match = between(
        Part(4 * MICRO, 4 * MICRO, (ROAD,), 1), to="KELAPA", processing=0, certified=False
    )
    said = told(match, GOODS)
    assert "menjadi" not in said.why_id
    assert "olahan" not in said.why_id
    assert (said.leg_mode, said.leg_basis) == ("road", "observed")
    assert said.parts[0].legs[0].departs_day == -1


def test_two_ways_are_named_by_the_heavier_and_estimated_if_one_is() -> None:
    match = between(
        Part(4 * MICRO, 4 * MICRO, (ROAD,), 1), Part(MICRO, MICRO, (SEA,), 5), to="KELAPA"
    )
    said = told(match, GOODS)
    assert (said.leg_mode, said.leg_basis, len(said.parts)) == ("sea", "estimated", 2)
    assert said.ship_by_day == DAY + 2


def test_when_the_hubs_granted_less_the_last_ways_carry_less() -> None:
    match = between(
        Part(4 * MICRO, 16 * MICRO, (ROAD,), 1, KILN), Part(2 * MICRO, 8 * MICRO, (SEA,), 5, KILN)
    )
    promised(match, 18 * MICRO, 4_500_000)
    said = told(match, GOODS)
    assert [(part.given, part.quantity) for part in said.parts] == [("16", "4"), ("2", "0.5")]
    assert (said.quantity, said.to_quantity) == ("18", "4.5")
    promised(match, 12 * MICRO, 3 * MICRO)
    assert [part.quantity for part in told(match, GOODS).parts] == ["3"]


@pytest.mark.parametrize(
    ("needed", "arrive", "ship"), [(-1, DAY + 1, DAY), (DAY + 9, DAY + 9, DAY + 8)]
)
def test_days_follow_from_the_last_day_of_use_and_else_from_the_plan(
    needed: int, arrive: int, ship: int
) -> None:
    part = Part(MICRO, MICRO, (ROAD,), 1)
    said = told(between(part, to="KELAPA", days=1, needed_day=needed), GOODS)
    assert (said.arrive_by_day, said.ship_by_day) == (arrive, ship)


def test_the_whole_life_is_told_and_both_legs_speak_of_risk_and_delivery() -> None:
    arrived = {"shipped": 10 * MICRO, "received": 9_500_000, "refused": 300_000, "lost": 200_000}
    match = copra(state=State.SHORT, released=15 * MICRO, **arrived)
    match.steps.append(Step("short", AT_MS + 90, TAKER, "receive"))
    match.need.at_risk, match.offer.gone = "r:1", 40_000_000
    said = told(match, GOODS)
    assert (said.state, said.at_risk, said.held_quantity) == ("short", "r:1", "0")
    assert (said.shipped_quantity, said.received_quantity) == ("40", "9.5")
    assert (said.refused_quantity, said.lost_quantity) == ("0.3", "0.2")
    assert [(at.state, at.at_ms, at.actor, at.reason) for at in said.history] == [
        ("proposed", AT_MS + 9, "lumbung", ""),
        ("short", AT_MS + 90, TAKER, "receive"),
    ]


def test_what_the_seller_nets_more_by_new_terms_the_buyer_pays() -> None:
    match = copra()
    assert match.life is not None
    match.life = replace(match.life, price=2_010, counters=1)
    said = told(match, GOODS)
    assert (said.price, said.buyer_price) == (2_010, 10_940)
    assert "menerima Rp2010 per C62" in said.why_id
    assert "membayar Rp10940 per KGM" in said.why_id


@pytest.mark.parametrize(
    ("state", "payment"), [("received", "none"), ("claimed", "claimed"), ("paid", "confirmed")]
)
def test_the_money_is_as_the_two_sides_say(state: str, payment: str) -> None:
    whole = {"shipped": 25 * MICRO, "received": 25 * MICRO}
    assert told(copra(state=State(state), **whole), GOODS).payment == payment


def test_what_nobody_has_seen_is_not_told() -> None:
    with pytest.raises(AssertionError, match="promised"):
        told(copra(life=None), GOODS)


def test_the_record_is_an_envelope_of_its_family_and_keyed_by_its_id() -> None:
    key, value = row(copra(), GOODS, AT_MS)
    out = msgspec.json.decode(value, type=records.Out)
    assert key == b"A" * 16
    assert (out.type, out.id, out.source) == (records.MATCH_TYPE, "A" * 16, "/families/KELAPA")
    assert out.time == "2026-11-23T00:00:00.000Z"
    assert msgspec.json.decode(out.data, type=records.Match) == told(copra(), GOODS)
