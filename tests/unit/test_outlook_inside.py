"""A hub that knows the market's prices: who waits, who does not, and what is said of it."""

from streams.core.eligibility import broken_by
from streams.core.lines import Options
from streams.core.reasons import Text, text
from tests.support.lines import GOODS, TODAY, free, need, offer, over, run, traded, why

RICE = offer("o", 100, 1_000)
ORDER = need("n", 100, 1_400)


def knowing(**outlook: int) -> Options:
    return Options(goods=GOODS, outlook=outlook)


def test_goods_wait_when_they_are_worth_more_elsewhere_and_say_so():
    found = run([RICE], [ORDER], options=knowing(o=430))
    assert found.proposals == ()
    assert (found.certified, found.objective) == (True, 0)
    for line, partner in (("o", "n"), ("n", "o")):
        left = why(found, line)
        assert (left.reason, left.figures) == ("outlook", {"with": partner, "more": 30})
    said = text("outlook", why(found, "o").figures, Text("kilogram", "kilogram"))
    assert "Rp 30 more" in said.en


def test_what_is_worth_as_much_here_as_elsewhere_stays():
    assert traded(run([RICE], [ORDER], options=knowing(o=400))) == {("o", "n"): 100}
    assert traded(run([RICE], [ORDER], options=knowing(o=250, n=150))) == {("o", "n"): 100}
    assert traded(run([RICE], [ORDER], options=knowing(o=250, n=151))) == {}


def test_of_two_sellers_the_one_who_sells_worse_elsewhere_serves_the_own_hub():
    offers = [offer("port", 100, 1_000), offer("hill", 100, 1_050)]
    assert traded(run(offers, [ORDER])) == {("port", "n"): 100}
    assert traded(run(offers, [ORDER], options=knowing(port=200))) == {("hill", "n"): 100}


def test_an_emergency_waits_for_no_better_price():
    asked = need("n", 100, 1_400, priority="emergency")
    assert traded(run([RICE], [asked], options=knowing(o=9_999, n=9_999))) == {("o", "n"): 100}
    without = Options(goods=GOODS, bonuses=False, outlook={"o": 9_999})
    assert traded(run([RICE], [asked], options=without)) == {("o", "n"): 100}


def test_a_bonus_brings_nobody_to_sell_below_what_elsewhere_pays():
    staple = need("n", 100, 1_400, priority="staple")
    kept = Options(goods=GOODS, keep=frozenset({("o", "n")}), outlook={"o": 401})
    assert traded(run([RICE], [staple], options=kept)) == {}


def test_a_pair_that_loses_money_is_told_its_price_and_not_elsewhere():
    dear = offer("o", 100, 1_500)
    assert broken_by(dear, ORDER, free, knowing(o=300), TODAY) == ("price",)
    assert why(run([dear], [ORDER], options=knowing(o=300)), "o").reason == "price"
    assert broken_by(RICE, ORDER, over(50), knowing(o=351), TODAY) == ("outlook",)


def test_the_price_of_a_pair_is_split_as_ever():
    (proposal,) = run([RICE], [ORDER], options=knowing(o=250)).proposals
    assert proposal.price == 1_200


def test_a_round_is_named_by_the_outlooks_of_its_own_lines_alone():
    plain = run([RICE], [ORDER]).digest
    assert run([RICE], [ORDER], options=knowing(stranger=5)).digest == plain
    known = {run([RICE], [ORDER], options=knowing(**of)).digest for of in ({"o": 1}, {"n": 1})}
    assert len(known | {plain}) == 3
    assert plain == "e24823eb029ec5a2b1c95f0bcee9207dfaa6a3085c03bc2222b5a9d63f806dec"
