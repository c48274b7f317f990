"""What hubs and the market say to each other, as bytes and back."""

import json
from typing import Any

import pytest

from schemas.errors import Reason, Rejection
from schemas.market import (
    TYPES,
    WIRE_MAX_MICRO,
    Commit,
    Done,
    LeftNeed,
    LeftOffer,
    LegSide,
    LegState,
    LegTold,
    Message,
    Release,
    Reserve,
    Residual,
    key_of,
    name_of,
    read,
    written,
)

END: dict[str, Any] = {
    "match": "A" * 16,
    "side": LegSide.NEED,
    "hub": "19.02",
    "family": "PADI",
    "version": 9,
}
OFFER = LeftOffer(line="o", coop="c", commodity="X", grade="A", quantity=1_500_000, floor=9)
NEED = LeftNeed(line="n", coop="d", commodity="X", quantity=2, ceiling=9, grades=("A", "B"))
RESIDUAL = Residual(hub="19.02", family="PADI", version=7, offers=(OFFER,), needs=(NEED,))
LEG = LegTold(**END, line="n", state=LegState.COMMITTED, quantity=5, at_risk="r", generation=3)
RESERVE = Reserve(**END, line="n", commodity="X", quantity=WIRE_MAX_MICRO, least=1, ttl_ms=600_000)
MESSAGES: tuple[Message, ...] = (
    RESIDUAL,
    Done(partition=3, tick=8, version=9),
    LEG,
    RESERVE,
    Commit(**END, quantity=3),
    Release(**END, reason="rejected"),
)


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
