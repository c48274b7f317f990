"""Named cases of matching: lots, what is left and why, names, digests and extreme numbers."""

import numpy as np
import pytest

from schemas.identity import match_id
from schemas.quantity import MICRO
from streams.core.eligibility import CODES, board, broken_by, grid
from streams.core.lines import (
    Leg,
    NeedLine,
    OfferLine,
    Options,
)
from streams.core.matching import solve
from streams.core.unmatched import FIGURES
from tests.support.lines import GOODS, TODAY, free, need, offer, over, run, traded, why


@pytest.mark.parametrize("side", ["offer", "need"])
def test_nothing_below_a_minimum_lot_leaves(side: str):
    lot = {"min_lot": 50}
    o = offer("o", 40 if side == "need" else 60, **(lot if side == "offer" else {}))
    n = need("n", 40 if side == "offer" else 60, **(lot if side == "need" else {}))
    found = run([o], [n])
    assert found.proposals == ()
    assert found.certified
    assert why(found, "n").reason == "min_lot"
    assert why(found, "n").figures == {"with": "o", "lot": 50 * MICRO, "possible": 40 * MICRO}


def test_a_line_that_could_never_fill_a_lot_is_not_told_that_it_was_outbid():
    found = run([offer("o", 60, min_lot=50)], [need("large", 60), need("small", 40, 9_000)])
    assert traded(found) == {("o", "large"): 60}
    assert why(found, "small").reason == "min_lot"
    assert why(found, "small").figures["possible"] == 40 * MICRO


def test_a_rest_below_the_lot_stays_and_says_so():
    offers = [offer("o1", 100, 500, min_lot=30), offer("o2", 25, 100)]
    found = run(offers, [need("n", 45)])
    # All 25 of the cheap one would leave 20 for the other, below its lot.
    assert traded(found) == {("o1", "n"): 30, ("o2", "n"): 15}
    assert found.certified
    found = run(offers, [need("n1", 45), need("n2", 20)])
    assert traded(found) == {("o1", "n1"): 40, ("o2", "n1"): 5, ("o2", "n2"): 20}
    found = run([offer("o1", 100, min_lot=60)], [need("n1", 80), need("n2", 70)])
    assert list(traded(found).values()) in ([80], [70])
    assert why(found, "o1").reason == "min_lot"
    assert why(found, "o1").figures["possible"] == 20 * MICRO


def test_a_finished_pair_gets_the_next_name():
    options = Options(goods=GOODS, finished={("o", "n"): 3})
    (proposal,) = run([offer("o")], [need("n")], options=options).proposals
    assert proposal.match == match_id(1, "o", "n", 3)
    (between,) = run([offer("o")], [need("n", hub="64.02")]).proposals
    assert between.match == match_id(2, "o", "n", 0)


def test_a_line_alone_says_that_nobody_is_there():
    found = run([offer("o")], [need("n", commodity="LADA-HITAM")])
    assert why(found, "o").reason == "no_need"
    assert why(found, "n").reason == "no_offer"


def test_the_rest_of_a_line_says_that_all_is_sold_or_filled():
    found = run([offer("o", 60)], [need("n", 100)])
    rest = why(found, "n")
    assert (rest.reason, rest.quantity, rest.figures) == (
        "sold_out",
        40 * MICRO,
        {"mine": 60 * MICRO},
    )
    found = run([offer("o", 100)], [need("n", 60)])
    assert (why(found, "o").reason, why(found, "o").quantity) == ("filled", 40 * MICRO)


def test_a_waiting_partner_one_constraint_away_binds_before_rivals_do():
    offers = [offer("cheap", 10, 500), offer("dear", 10, 2_100)]
    needs = [need("strong", 10, 2_050), need("weak", 10, 2_000)]
    found = run(offers, needs)
    assert traded(found) == {("cheap", "strong"): 10}
    assert why(found, "weak").reason == "price"
    assert why(found, "weak").figures["short"] == 100
    assert why(found, "dear").figures["with"] == "weak"


def test_the_nearest_miss_is_told_when_two_constraints_stand_between():
    o = offer("o", grade="C", floor=3_000)
    n = need("n", grades=frozenset("A"), ceiling=2_000)
    assert why(run([o], [n]), "n").reason == "grade"
    assert broken_by(o, n, free, Options(), TODAY) == ("grade", "price")
    other = need("m", commodity="KOPRA")
    assert broken_by(offer("o"), other, free, Options(), TODAY) == ("commodity",)


def test_every_constraint_has_figures_to_show():
    assert set(FIGURES) == set(CODES)


def test_two_lines_of_one_name_and_a_line_of_nothing_are_refused():
    with pytest.raises(ValueError, match="one name"):
        run([offer("o"), offer("o")], [])
    with pytest.raises(ValueError, match="nothing"):
        run([], [need("n", 0)])


def test_the_digest_names_everything_that_went_in():
    base = run([offer("o", min_lot=1)], [need("n")]).digest
    assert base == run([offer("o", min_lot=1)], [need("n")]).digest
    others = [
        run([offer("o", 99, min_lot=1)], [need("n")]),
        run([offer("o", min_lot=1)], [need("n", grades=frozenset("A"))]),
        run([offer("o", min_lot=1)], [need("n")], over(1)),
        run([offer("o", min_lot=1)], [need("n")], over(0, 1)),
        run([offer("o", min_lot=1)], [need("n")], options=Options(goods=GOODS, bonuses=False)),
        run(
            [offer("o", min_lot=1)],
            [need("n")],
            options=Options(goods=GOODS, keep=frozenset({("o", "n")})),
        ),
        solve([offer("o", min_lot=1)], [need("n")], free, Options(goods=GOODS), TODAY + 1),
    ]
    assert len({base, *(other.digest for other in others)}) == len(others) + 1


def test_a_leg_is_asked_for_once_per_pair_of_places():
    asked: list[tuple[str, str]] = []

    def leg(o: OfferLine, n: NeedLine) -> Leg:
        asked.append((o.coop, n.coop))
        return Leg(0, 0)

    offers = [offer(f"o{k}", coop=f"s{k % 3}") for k in range(12)]
    needs = [need(f"n{k}", coop=f"b{k % 2}") for k in range(12)]
    run(offers, needs, leg)
    assert sorted(asked) == sorted({(f"s{a}", f"b{b}") for a in range(3) for b in range(2)})


def test_the_largest_prices_and_absurd_quantities_are_still_exact():
    top = 999_999_999_999
    huge = 10**12 - 1
    offers = [offer(f"o{k}", huge, k) for k in range(9)]
    needs = [need(f"n{k}", 1_000_003 + k, top - k) for k in range(9)]
    found = run(offers, needs, options=Options(bonuses=False))
    assert (found.method, found.certified) == ("exact", True)
    assert found.objective == sum((1_000_003 + k) * (top - k) for k in range(9))


def test_numbers_beyond_the_solver_fall_back_labelled_and_bounded():
    offers = [
        OfferLine(f"o{k}", f"s{k}", "h", "F", "X", "A", 10**18 - 3 - k, 10 * k) for k in range(9)
    ]
    needs = [NeedLine(f"n{k}", f"b{k}", "h", "F", "X", 10**18 - k, 100 - k) for k in range(9)]
    found = run(offers, needs)
    assert found.method == "greedy"
    assert found.gap >= 0
    assert found.certified is (found.gap == 0)
    given = {o.line: o.quantity for o in offers}
    for proposal in found.proposals:
        given[proposal.offer] -= proposal.quantity
    assert min(given.values()) >= 0


def test_a_pair_that_rests_rests_in_every_form_of_its_offer():
    forms = [offer("o", 60), offer("other", 50), offer("o", 40)]
    needs = [need("n"), need("m")]
    options = Options(goods=GOODS, held_back=frozenset({("o", "n"), ("gone", "n"), ("o", "none")}))
    judged = board(forms, needs, grid(forms, needs, free, options), options, TODAY)
    resting = judged.breaks[CODES.index("held_back")]
    assert np.array_equal(resting, [[True, False], [False, False], [True, False]])
