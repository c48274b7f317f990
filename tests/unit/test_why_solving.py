"""A family is solved once; a line is explained inside its hub and over hubs, each by itself."""

from datetime import date
from typing import Any

from deploy.why_live import Key, Proposed, Side
from deploy.why_solving import Family, solved
from schemas.problem import LegBetween, Need, Offer, Problem, RecipeAt

HOME, AWAY = "19.02", "31.71"
NOW = "2026-11-22"


def offer(line: str, quantity: int = 100, **other: Any) -> Offer:
    fields: dict[str, Any] = {"coop": f"{HOME}.01.2003", "commodity": "LADA-PUTIH", "grade": "A",
              "floor_price": 100_000}  # fmt: skip
    return Offer(line=line, quantity=quantity, **fields | other)


def need(line: str, quantity: int = 100, **other: Any) -> Need:
    fields: dict[str, Any] = {
        "coop": f"{AWAY}.01.1001",
        "commodity": "LADA-PUTIH",
        "ceiling_price": 120_000,
    }
    return Need(line=line, quantity=quantity, **fields | other)


def family(offers: list[Offer], needs: list[Need], **other: Any) -> Family:
    leg = LegBetween(origin=HOME, to=AWAY, cost_per_kg=5_000, days=3, mode="sea", **other)
    return solved(Problem(now=NOW, offers=offers, needs=needs, legs=[leg]))


def codes(of: Family, side: Any, line: str) -> dict[str, str]:
    found = of.reasons([(side, line)])
    return {each.where: each.reason for each in found.get((side, line), [])}


def test_a_line_has_one_reason_inside_its_hub_and_one_for_all_others():
    near = need("near", coop=f"{HOME}.01.2004", ceiling_price=90_000)
    of = family([offer("o")], [near, need("far", ceiling_price=101_000)])
    assert codes(of, "offer", "o") == {"hub": "price", "between": "price"}
    found = of.reasons([("offer", "o")])["offer", "o"]
    assert [each.figures["with"] for each in found] == ["near", "far"]
    assert [each.partner.line for each in found if each.partner] == ["near", "far"]
    assert codes(of, "need", "far") == {"hub": "no_offer", "between": "price"}


def test_a_line_that_is_wholly_matched_has_no_reason_and_its_match_is_told():
    of = family([offer("o", 100)], [need("n", 60)])
    assert of.left == {("offer", "o"): 40_000_000, ("need", "n"): 0}
    assert of.reasons([("need", "n")]) == {}
    (given,) = of.nexts["offer", "o"]
    assert (given.partner.line, given.quantity, given.days) == ("n", 60_000_000, 3)
    assert codes(of, "offer", "o") == {"hub": "no_need", "between": "filled"}


def test_one_line_or_all_of_them_get_the_same_reasons():
    offers = [offer(f"o{n}", 30 + n, grade="ABC"[n % 3]) for n in range(6)]
    needs = [need(f"n{n}", 40, grade="A", ceiling_price=104_000 + 500 * n) for n in range(5)]
    of = family(offers, needs)
    whole = of.reasons(of.lines)
    assert whole
    for key, reasons in whole.items():
        assert of.reasons([key])[key] == reasons


def test_a_ship_that_comes_too_late_is_no_reason_inside_the_hub():
    of = family(
        [offer("o", expires_on=date(2026, 11, 27))],
        [need("n"), need("near", coop=f"{HOME}.01.2004", grade="A", min_lot=200)],
        departs_on=date(2026, 11, 23),
    )
    assert codes(of, "offer", "o") == {"hub": "min_lot", "between": "sailing"}


def test_coconuts_are_judged_as_copra_over_hubs_and_not_inside_one():
    nuts = offer("nuts", 4_000, commodity="KELAPA", floor_price=2_000)
    copra = need("copra", 1_000, commodity="KOPRA", ceiling_price=5_000, coop=f"{HOME}.01.2004")
    mill = RecipeAt(input="KELAPA", output="KOPRA", output_per_input="0.25", hub=HOME)
    of = solved(Problem(now=NOW, offers=[nuts], needs=[copra], recipes=[mill]))
    assert codes(of, "need", "copra") == {"hub": "no_offer", "between": "price"}
    (found,) = (each for each in of.reasons([("need", "copra")])["need", "copra"] if each.partner)
    assert found.partner is not None
    assert (found.partner.line, found.figures["floor"]) == ("nuts", 8_000)


def test_what_is_proposed_stays_and_only_the_rest_is_solved():
    offers, needs = [offer("o", 100)], [need("low", 60), need("high", 60, ceiling_price=140_000)]
    leg = LegBetween(origin=HOME, to=AWAY, cost_per_kg=5_000, mode="sea")
    asked = Problem(now=NOW, offers=offers, needs=needs, legs=[leg])
    waits = [Proposed("o", "low", 60_000_000, 60_000_000), Proposed("gone", "low", 1, 1)]
    of = solved(asked, waits)
    assert of.left == {("offer", "o"): 0, ("need", "low"): 0, ("need", "high"): 20_000_000}
    assert [n.partner.line for n in of.nexts["offer", "o"]] == ["high"]
    assert codes(of, "need", "high") == {"hub": "no_offer", "between": "outbid"}


def test_a_pair_that_was_refused_rests_and_others_do_not_matter():
    leg = LegBetween(origin=HOME, to=AWAY, cost_per_kg=1, mode="sea")
    asked = Problem(now=NOW, offers=[offer("o")], needs=[need("n")], legs=[leg])
    of = solved(asked, refused=[("x", "n"), ("o", "n")])
    assert codes(of, "offer", "o") == {"hub": "no_need", "between": "held_back"}
    assert solved(asked, refused=[("x", "n")]).left["offer", "o"] == 0


def test_what_is_left_of_goods_may_be_less_than_a_lot_though_no_ship_is_full():
    leg = LegBetween(origin=HOME, to=AWAY, cost_per_kg=1, mode="sea", capacity_kg=10_000)
    offers, needs = [offer("o", 100, min_lot=50)], [need("first", 60), need("n", 300)]
    asked = Problem(now=NOW, offers=offers, needs=needs, legs=[leg])
    of = solved(asked, [Proposed("o", "first", 60_000_000, 60_000_000)])
    ends: list[tuple[Side, str, str]] = [("offer", "o", "n"), ("need", "n", "o")]
    for side, line, partner in ends:
        assert codes(of, side, line)["between"] == "min_lot"
        key: Key = (side, line)
        found = of.reasons(of.lines)[key][-1]
        assert found.figures == {"with": partner, "lot": 50_000_000, "possible": 40_000_000}


def test_less_than_a_grain_is_nothing():
    waits = [Proposed("o", "n", 99_999_500, 99_999_999)]
    asked = Problem(now=NOW, offers=[offer("o")], needs=[need("n")])
    assert set(solved(asked, waits).left.values()) == {0}
