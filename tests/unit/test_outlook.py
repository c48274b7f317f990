"""What of a round over all lines hubs spare, what is left of it, and what is matched inside."""

from typing import Any

from schemas.identity import MatchId
from schemas.outlook import SPARED_MAX, Spared
from streams.core.interchange.outlook import inside, less, outlooks
from streams.core.interchange.terms import Part, Process, Shipment
from streams.core.lines import NeedLine, OfferLine


def offer(line: str, hub: str, quantity: int = 100_000, **more: Any) -> OfferLine:
    facts: dict[str, Any] = {"coop": f"{hub}.1", "family": "F", "commodity": "F", "grade": "A"}
    return OfferLine(line=line, hub=hub, quantity=quantity, floor=1, **(facts | more))


def need(line: str, hub: str, quantity: int = 100_000, **more: Any) -> NeedLine:
    facts: dict[str, Any] = {"coop": f"{hub}.2", "family": "F", "commodity": "F"}
    return NeedLine(line=line, hub=hub, quantity=quantity, ceiling=9, **(facts | more))


def sent(one: str, other: str, given: int, quantity: int = 0, *parts: Part) -> Shipment:
    return Shipment(MatchId("M"), one, other, quantity or given, given, 1, 9, 0, 0, 0, parts)


def some(**lines: int) -> tuple[Spared, ...]:
    return tuple(Spared(line=line, quantity=much) for line, much in lines.items())


def test_what_goes_beyond_a_hub_both_hubs_spare_and_what_stays_nobody():
    lines = [offer("o", "1"), offer("p", "2")], [need("n", "1"), need("m", "2")]
    found = outlooks(*lines, [sent("o", "m", 7), sent("o", "n", 5), sent("p", "n", 4)])
    assert found == {"1": some(n=4, o=7), "2": some(m=7, p=4)}


def test_what_a_mill_makes_is_spared_in_its_own_hub_too():
    mill = Part(10, 40, (), 1, Process("R", "F", "G", "1", 250_000))
    found = outlooks([offer("o", "1")], [need("n", "1")], [sent("o", "n", 40, 10, mill)])
    assert found == {"1": some(n=10, o=40)}


def test_what_begins_is_spared_no_more():
    told = {"1": some(o=7, p=2), "2": some(n=9)}
    assert less(told, [sent("o", "n", 7)]) == {"1": some(p=2), "2": some(n=2)}
    assert less(told, [sent("o", "n", 7), sent("p", "n", 5)]) == {}


def test_of_too_many_lines_the_largest_are_told():
    lines = [offer(f"o{n:05}", "1") for n in range(SPARED_MAX + 5)], [need("n", "2")]
    found = outlooks(*lines, [sent(f"o{n:05}", "n", n + 1) for n in range(SPARED_MAX + 5)])
    assert [one.line for one in found["1"]] == [f"o{n:05}" for n in range(5, SPARED_MAX + 5)]


def test_a_round_inside_has_the_rest_in_whole_grains():
    found = inside([offer("o", "1")], [need("n", "1")], {"o": 60_500, "n": 100_000})
    assert [(one.line, one.quantity) for one in found.offers] == [("o", 39_000)]
    assert found.needs == []
    assert found.spared == {"o": 61_000, "n": 100_000}


def test_lines_that_are_bound_to_their_hub_are_there_whole():
    found = inside([offer("o", "1")], [need("n", "1")], {"o": 9_000, "n": 9_000}, {"n"})
    assert found.spared == {"o": 9_000}


def test_a_hub_with_an_emergency_spares_nothing_of_what_it_needs():
    urgent = need("n", "1", priority="emergency")
    lines = [offer("o", "1"), offer("p", "1", commodity="G")]
    assert inside(lines, [urgent], {"o": 9_000, "p": 9_000}).spared == {"p": 9_000}
