"""What unpaid matches amount to in rupiah, and how a clearing of them reads by co-op."""

import pytest

from deploy.live_clearing import cleared, obligations, rupiah_of
from schemas.quantity import MICRO
from sinks.queries.owed import Unpaid
from streams.core.interchange.clearing import bound_by

A, B, C = "19.02.01.2001", "19.02.01.2002", "19.02.01.2003"


def match(name: str, giver: str, taker: str, rupiah: int, state: str = "received") -> Unpaid:
    return Unpaid(name, 1, state, giver, taker, rupiah, MICRO, MICRO, MICRO)


def test_a_taker_owes_the_price_of_what_was_given_for_what_it_received():
    # 4,000 coconuts at 1,000 become 1,000 kg of copra, of which 990 kg were taken.
    coconuts = Unpaid("M", 2, "short", A, B, 1_000, 4_000 * MICRO, 1_000 * MICRO, 990 * MICRO)
    assert rupiah_of(coconuts) == 3_960_000
    inside = Unpaid("M", 1, "short", A, B, 117_350, 100 * MICRO, 100 * MICRO, 55 * MICRO)
    assert rupiah_of(inside) == 117_350 * 55


@pytest.mark.parametrize(
    ("received", "rupiah"), [(499_999, 0), (500_000, 1), (1_499_999, 1), (1_500_000, 2)]
)
def test_rupiah_are_rounded_half_up_once(received: int, rupiah: int):
    assert rupiah_of(Unpaid("M", 1, "short", A, B, 1, 9 * MICRO, 9 * MICRO, received)) == rupiah


def test_a_proportion_is_not_rounded_before_the_price_is_counted():
    third = Unpaid("M", 2, "received", A, B, 3_000_000, MICRO, 3 * MICRO, MICRO)
    assert rupiah_of(third) == 1_000_000


def test_less_than_half_a_rupiah_is_no_debt():
    assert obligations([Unpaid("M", 1, "short", A, B, 1, MICRO, MICRO, 1)]) == []


def test_the_least_debt_of_a_ring_is_struck_out_and_net_positions_stay():
    given = [match("M1", B, A, 900), match("M2", C, B, 700), match("M3", A, C, 500)]
    found = cleared(given)
    assert (found.total, found.of, found.certified, found.gap) == (1_500, 2_100, True, 0)
    assert {d.match_id: (d.cleared, d.left) for d in found.matches} == {
        "M1": (500, 400),
        "M2": (500, 200),
        "M3": (500, 0),
    }
    for coop in found.coops:
        assert coop.left_to_pay == coop.owes - coop.cleared
        assert coop.left_to_get == coop.is_owed - coop.cleared
        assert coop.left_to_get - coop.left_to_pay == coop.is_owed - coop.owes
    assert bound_by(obligations(given), found.levels) == found.total
    assert cleared(given[::-1]) == found


def test_debts_without_a_ring_all_stay_and_the_answer_is_proven_too():
    found = cleared([match("M1", B, A, 900), match("M2", C, B, 700, "claimed")])
    assert (found.total, found.certified) == (0, True)
    assert [(d.state, d.left) for d in found.matches] == [("received", 900), ("claimed", 700)]


def test_nothing_owed_is_an_answer():
    found = cleared([])
    assert (found.total, found.of, found.certified) == (0, 0, True)
    assert (found.matches, found.coops) == ([], [])
