import pytest

from producers.address import Address, address_of, address_of_speaker
from producers.speech import report_value
from producers.ticks import tick_value
from schemas import reference
from schemas.events import Received
from schemas.identity import partition_of

REGISTER = reference.register()
COOP = "19.02.01.1005"


def test_a_report_goes_to_its_hubs_partition_under_its_co_ops_name():
    line = Received(commodity="TELUR", quantity="1", unit="KG")
    value = report_value(COOP, "hp1", 1, [line], 0)
    expected = Address(COOP.encode(), partition_of("19.02", 16))
    assert address_of(value, REGISTER, 16) == expected
    assert address_of_speaker(COOP, REGISTER, 16) == expected


@pytest.mark.parametrize("actor", ["19.02", COOP])
def test_a_decision_goes_to_its_actors_hub(actor):
    value = b'{"type":"lumbung.decision.v1","data":{"actor":"%s","match":"X"}}' % actor.encode()
    assert address_of(value, REGISTER, 16) == (actor.encode(), partition_of("19.02", 16), False)


def test_a_tick_belongs_everywhere():
    assert address_of(tick_value(3, 0), REGISTER, 16).tick


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"data":{}}',
        b'{"data":null}',
        b'{"data":[1]}',
        b'{"data":{"coop":17}}',
        b'{"data":{"coop":"99.99.99.2999"}}',
        b'{"data":{"coop":"../../etc"}}',
        b'{"data":' * 3_000,
    ],
)
def test_what_names_no_hub_goes_to_partition_zero_without_a_key(value):
    assert address_of(value, REGISTER, 16) == (None, 0, False)
