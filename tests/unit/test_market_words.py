"""What hubs and the market say to each other, as bytes and back."""

import json

import pytest

from schemas.errors import Reason, Rejection
from schemas.market import TYPES, key_of, name_of, read, written
from tests.support.market_messages import LEG, MESSAGES, RESERVE, RESIDUAL


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_what_is_written_is_read_again_as_it_was(message):
    assert read(written(message, 1_790_000_000_000)) == message


def test_every_type_is_tried():
    assert {type(message) for message in MESSAGES} == set(TYPES.values())


def test_quantities_are_decimal_strings_and_nothing_else():
    value = json.loads(written(RESIDUAL, 0))
    assert value["data"]["offers"][0]["quantity"] == "1.5"
    value["data"]["offers"][0]["quantity"] = 1.5
    assert read(json.dumps(value).encode()) == Rejection(Reason.WRONG_TYPE, "data")


def test_names_tell_versions_apart_and_keys_keep_a_hub_and_family_together():
    assert name_of(LEG) == f"leg:{'A' * 16}:need:9"
    assert key_of(LEG) == key_of(RESIDUAL) == b"19.02|PADI"
    assert key_of(RESERVE) == b"19.02"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, Reason.EMPTY_VALUE),
        (b"", Reason.EMPTY_VALUE),
        (b"{", Reason.JSON_MALFORMED),
        (b"\xff", Reason.JSON_MALFORMED),
        (written(LEG, 0).replace(b"lumbung.leg.v1", b"lumbung.leg.v9"), Reason.UNKNOWN_TYPE),
        (written(LEG, 0).replace(b'"committed"', b'"eaten"'), Reason.WRONG_TYPE),
        (written(LEG, 0).replace(b'"version":9', b'"version":-9'), Reason.WRONG_TYPE),
        (written(LEG, 0).replace(b'"version":9', b'"version":8'), Reason.ID_MISMATCH),
        (written(LEG, 0).replace(b'"hub"', b'"hubb"'), Reason.WRONG_TYPE),
        (written(RESERVE, 0).replace(b'"999999999999.999999"', b'"-1"'), Reason.WRONG_TYPE),
    ],
)
def test_what_is_no_message_is_a_rejection_and_never_an_exception(value, reason):
    found = read(value)
    assert isinstance(found, Rejection)
    assert found.reason is reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "asleep"},
        {"granted": "0.000008"},
        {"shipped": "0.000008", "released": "0.000002"},
    ],
)
def test_how_a_match_stands_has_a_known_state_and_adds_up(wrong):
    (stand,) = [message for message in MESSAGES if type(message).__name__ == "Stand"]
    value = json.loads(written(stand, 0))
    value["data"] |= wrong
    assert read(json.dumps(value).encode()) == Rejection(Reason.WRONG_TYPE, "data")


def test_what_nobody_can_do_to_a_match_is_no_message():
    value = json.loads(written(LEG, 0))
    value["data"]["acts"][0]["action"] = "dance"
    assert read(json.dumps(value).encode()) == Rejection(Reason.WRONG_TYPE, "data")
