"""The checker's own reading of the market's words, and what it makes of the lives of legs."""

from typing import Any

import msgspec
import pytest

from deploy.verify.findings import Report
from deploy.verify.goods import home
from deploy.verify.legs import FORGOTTEN_MS, Legs
from deploy.verify.log import LogRecord
from deploy.verify.messages import RELEASE, STAND, Act, Message, request
from deploy.verify.messages import told as told_to_the_market
from schemas.market import ActTold, Commit, Done, Release, Reserve, Retell, Stand, key_of, written
from schemas.outlook import Outlook
from schemas.topics import MARKET
from tests.support.market_messages import LEG as TOLD_LEG
from tests.support.market_messages import MESSAGES, OUTLOOK

OFFER = "19.02.01.2003|LADA-PUTIH|UNGRADED|"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_the_checker_reads_what_the_program_writes_and_nothing_else(message: Any) -> None:
    place = 3 if isinstance(message, Retell) else home(getattr(message, "family", ""), 8)
    for_hubs = isinstance(message, Reserve | Commit | Release | Stand | Outlook)
    place = home(message.hub, 8) if for_hubs else place
    key, value = key_of(message), written(message, 1_790_000_000_000)
    reads = request if for_hubs or isinstance(message, Retell) else told_to_the_market
    assert reads(LogRecord(place, 0, 0, key, value), 8) is not None
    bent = [
        (b"99.99|PADI", value),
        (key, value.replace(b'"version":', b'"versio":')),
        (key, value.replace(b'"version":', b'"version":-')),
        (key, value.replace(b'"id":"', b'"id":"x')),
        (key, value.replace(b".v1", b".v2", 1)),
        (key, value.replace(b'"data":{', b'"data":{"later":1,')),
        (key, value[:-1]),
    ]
    assert [b for b in bent if reads(LogRecord(place, 0, 0, *b), 8)] == []
    if not isinstance(message, Done):
        assert reads(LogRecord((place + 1) % 8, 0, 0, key, value), 8) is None


def test_the_acts_of_a_leg_are_read_whole_or_not_at_all() -> None:
    done = ActTold(action="receive", actor="34.02", at_ms=7, quantity=5, refused=2, final=True)
    leg = msgspec.structs.replace(TOLD_LEG, acts=(done,), heard=3, stood=8, delivered=5)
    place, key, value = home(leg.family, 8), key_of(leg), written(leg, 1_790_000_000_000)
    said = told_to_the_market(LogRecord(place, 0, 0, key, value), 8)
    assert said is not None
    assert (said.acts, said.heard, said.stood, said.delivered) == (
        (Act("receive", "34.02", 7, 5, 2, 0, "", final=True),),
        *(3, 8, 5),
    )
    assert [said.acts[0].moved(side) for side in ("offer", "need")] == [0, 7]
    wrong = [(b"0.000002", b"x"), (b'"at_ms":7', b'"at":7'), (b'"actor":"34.02"', b'"actor":7')]
    for old, new in wrong:
        bent = value.replace(old, new)
        assert bent != value
        assert told_to_the_market(LogRecord(place, 0, 0, key, bent), 8) is None


@pytest.mark.parametrize("amount", [b'"0"', b'"-1"', b"7", b'"1.0000000"'])
def test_what_is_spared_is_an_amount_of_a_line(amount: bytes) -> None:
    place, key, value = home(OUTLOOK.hub, 8), key_of(OUTLOOK), written(OUTLOOK, 0)
    assert request(LogRecord(place, 0, 0, key, value), 8) is not None
    assert value.count(b'"1.5"') == 1
    assert request(LogRecord(place, 0, 0, key, value.replace(b'"1.5"', amount)), 8) is None


LEG = ("A" * 16, "offer")


def told(
    version: int, state: str, quantity: int, delivered: int = 0, heard: int = 0, *acts: Act
) -> Message:
    return Message(
        *("lumbung.leg.v1", "19.02", "F", version, *LEG, OFFER),
        state=state,
        quantity=quantity,
        delivered=delivered,
        heard=heard,
        stood=heard,
        acts=acts,
        content=(version, state),
    )


def shipped(quantity: int) -> Act:
    return Act("ship", "19.02.01.2003", 0, quantity, 0, 0, "", final=False)


def asked(kind: str, delivered: int = 0, holds: int = 0) -> Message:
    return Message(kind, "19.02", "F", 0, *LEG, delivered=delivered, holds=holds)


def legs_of(*life: Message, report: Report | None = None) -> Legs:
    legs = Legs(MARKET, report or Report())
    for offset, said in enumerate(life):
        legs.take(LogRecord(0, offset, 0, b"", b""), said)
    legs.settle()
    return legs


def test_a_line_counts_what_is_certainly_promised_of_it() -> None:
    """A hold may have been cut before it was told again; of what is committed that is known."""
    life = [told(10, "held", 300), told(30, "committed", 200), told(40, "committed", 200, 50)]
    legs = legs_of(*reversed(life), told(50, "released", 50, 50))
    found = {at: legs.promised("offer", OFFER, at) for at in (9, 10, 29, 30, 39, 40, 49, 50, 60)}
    assert found == {9: 0, 10: 200, 29: 200, 30: 200, 39: 200, 40: 150, 49: 150, 50: 0, 60: 0}
    assert legs.promised("need", OFFER, 40) == 0
    assert legs.promised("offer", OFFER, 40, but=LEG) == 0


def test_what_is_committed_binds_only_what_has_not_left_and_what_its_match_still_holds() -> None:
    legs = legs_of(told(30, "committed", 200), told(90, "released", 60, 60))
    assert legs.promised("offer", OFFER, 35) == 200
    legs.did(LEG, shipped(60))
    assert legs.promised("offer", OFFER, 40) == 140
    legs.ask(asked(STAND, delivered=60, holds=40))
    assert legs.promised("offer", OFFER, 50) == 40, "it was told that the match holds less"
    legs.ask(asked(STAND, delivered=60, holds=140))
    assert legs.promised("offer", OFFER, 50) == 40, "and does not take it back"
    legs.ask(asked(RELEASE))
    assert legs.promised("offer", OFFER, 60) == 0


def test_what_is_committed_may_fall_and_its_acts_are_one_list() -> None:
    report, one, two = Report(), shipped(60), shipped(40)
    life = [
        told(10, "committed", 200),
        told(20, "committed", 200, 60, 0, one),
        told(30, "committed", 180, 100, 1, two),
        told(40, "committed", 150, 100, 2),
        told(50, "released", 100, 100, 2),
    ]
    legs = legs_of(told(5, "held", 200), *life, report=report)
    legs.judge(0, {"19.02": 60})
    assert report.ok, report.first
    assert legs.acts[LEG] == [one, two]


@pytest.mark.parametrize(
    ("last", "words"),
    [
        (told(30, "committed", 210, 60, 1), "promises more than before"),
        (told(30, "committed", 200, 0, 0, shipped(60)), "takes a delivery back"),
        (told(30, "committed", 200, 60), "none of them forgotten"),
        (told(30, "committed", 200, 60, 2), "told before they were heard"),
        (told(30, "committed", 200, 60, 0, shipped(50)), "as they were told before"),
        (told(30, "committed", 200, 120, 0, shipped(60)), "what they delivered"),
    ],
)
def test_a_leg_that_contradicts_itself_is_named(last: Message, words: str) -> None:
    report = Report()
    first = [told(10, "held", 200), told(20, "committed", 200, 60, 0, shipped(60))]
    legs_of(*first, last, report=report).judge(0, {"19.02": 60})
    assert any(words in breach.what for breach in report.breaches), report.breaches


def test_a_leg_that_forgets_what_it_has_heard_is_named() -> None:
    report, acts = Report(), (shipped(60),)
    life = [told(10, "held", 200), told(20, "committed", 200, 60, 0, *acts)]
    life += [told(30, "committed", 200, 60, 1), told(40, "committed", 200, 60, 0, *acts)]
    legs_of(*life, report=report).judge(0, {"19.02": 60})
    assert [b.what for b in report.breaches if "forgets what it has heard" in b.what]


def test_a_leg_may_be_known_by_its_name_again_after_a_week() -> None:
    report_ = Report()
    legs = Legs(MARKET, report_)
    legs.take(LogRecord(0, 0, 0, b"", b""), told(10, "refused", 0))
    legs.take(LogRecord(0, 1, FORGOTTEN_MS, b"", b""), told(20, "lapsed", 0))
    legs.settle()
    legs.judge(0, {"19.02": 50})
    assert report_.ok, report_.first
