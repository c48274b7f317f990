"""The checker's own reading of the market's words, and what it makes of the lives of legs."""

from typing import Any

import pytest

from deploy.verify.findings import Report
from deploy.verify.goods import home
from deploy.verify.legs import FORGOTTEN_MS, Legs
from deploy.verify.log import LogRecord
from deploy.verify.messages import Message, request
from deploy.verify.messages import told as told_to_the_market
from schemas.market import Commit, Done, Release, Reserve, Retell, key_of, written
from schemas.topics import MARKET
from tests.support.market_messages import MESSAGES

OFFER = "19.02.01.2003|LADA-PUTIH|UNGRADED|"


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_the_checker_reads_what_the_program_writes_and_nothing_else(message: Any) -> None:
    place = 3 if isinstance(message, Retell) else home(getattr(message, "family", ""), 8)
    for_hubs = isinstance(message, Reserve | Commit | Release)
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


def told(version: int, state: str, quantity: int, delivered: int = 0) -> Message:
    return Message(
        *("lumbung.leg.v1", "19.02", "F", version, "A" * 16, "offer", OFFER),
        state=state,
        quantity=quantity,
        delivered=delivered,
        content=(version, state),
    )


def test_a_line_counts_what_is_certainly_promised_of_it() -> None:
    """A hold may have been cut before it was told again; what is committed is only delivered."""
    legs = Legs(MARKET, Report())
    life = [told(10, "held", 300), told(30, "committed", 200), told(40, "committed", 200, 50)]
    for offset, said in enumerate([*reversed(life), told(50, "withdrawn", 50, 50)]):
        legs.take(LogRecord(0, offset, 0, b"", b""), said)
    legs.settle()
    found = {at: legs.promised("offer", OFFER, at) for at in (9, 10, 29, 30, 39, 40, 49, 50, 60)}
    assert found == {9: 0, 10: 200, 29: 200, 30: 150, 39: 150, 40: 150, 49: 150, 50: 0, 60: 0}
    assert legs.promised("need", OFFER, 40) == 0
    assert legs.promised("offer", OFFER, 40, but=("A" * 16, "offer")) == 0


def test_a_leg_may_be_known_by_its_name_again_after_a_week() -> None:
    report_ = Report()
    legs = Legs(MARKET, report_)
    legs.take(LogRecord(0, 0, 0, b"", b""), told(10, "refused", 0))
    legs.take(LogRecord(0, 1, FORGOTTEN_MS, b"", b""), told(20, "lapsed", 0))
    legs.settle()
    legs.judge(0, {"19.02": 50})
    assert report_.ok, report_.first
