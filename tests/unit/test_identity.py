"""Names: their forms, Kafka's partitioner, the deterministic id of a match."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from kafka.partitioner.default import murmur2 as kafka_murmur2

from schemas.identity import (
    COOP_FORM,
    DEVICE_FORM,
    HUB_FORM,
    MATCH_FORM,
    TAG_FORM,
    Alias,
    CoopId,
    HubId,
    hub_of,
    match_id,
    murmur2,
    partition_of,
)
from schemas.reference import register
from streams.core.naming import match_ids

KEYS = [
    b"",
    b"a",
    b"ab",
    b"abc",
    b"abcd",
    b"19.02",
    b"19.02.01.2003",
    bytes(range(256)),
    b"\xff" * 7,
]


@pytest.mark.parametrize("key", KEYS)
def test_murmur2_is_that_of_both_clients(key):
    assert murmur2(key) == kafka_murmur2(key) & 0xFFFFFFFF
    assert murmur2(key) == aiokafka_murmur2(key) & 0xFFFFFFFF


def test_every_hub_goes_to_the_partition_a_kafka_client_would_choose():
    for hub in register().hubs:
        for partitions in (1, 6, 16, 64):
            expected = (kafka_murmur2(hub.encode()) & 0x7FFFFFFF) % partitions
            assert partition_of(hub, partitions) == expected


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (COOP_FORM, "19.02.01.2003", "19.02.01.4003 19.02.1.2003 19.02.01.200 1902012003"),
        (HUB_FORM, "19.02", "1902 19.2 19.02.01 a9.02"),
        (DEVICE_FORM, "hp1 7-a " + "x" * 32, "-hp HP1 hp_1 " + "x" * 33),
        (TAG_FORM, "PO-17 NOV/1.A_ 7", "po-17 -PO _1 " + "X" * 33),
    ],
)
def test_a_name_has_its_form_and_no_other(form, good, bad):
    for name in good.split():
        assert form.fullmatch(name), name
        assert not form.fullmatch(name + "\n")
        assert not form.fullmatch(" " + name)
    for name in bad.split():
        assert not form.fullmatch(name), name


def test_digits_of_another_script_make_no_name():
    arabic = "19.02".translate({ord(str(n)): 0x660 + n for n in range(10)})
    assert not HUB_FORM.fullmatch(arabic)


def test_a_co_op_keeps_its_book_when_its_region_gets_a_new_code():
    aliases = {
        "19.07": Alias(HubId("19.02"), date(2027, 1, 1)),
        "19.07.03": Alias(HubId("19.06"), date(2028, 1, 1)),
    }
    coop, other = CoopId("19.07.01.2001"), CoopId("19.07.03.2001")
    assert hub_of(coop) == "19.07"
    assert hub_of(coop, aliases) == "19.02"
    assert hub_of(coop, aliases, date(2026, 12, 31)) == "19.07"
    assert hub_of(coop, aliases, date(2027, 1, 1)) == "19.02"
    assert hub_of(other, aliases, date(2027, 6, 1)) == "19.02"
    assert hub_of(other, aliases) == "19.06"
    assert hub_of(CoopId("19.02.01.2003"), aliases) == "19.02"


def test_a_match_is_named_by_what_it_is():
    one = match_id(1, "19.02.01.2003|LADA-PUTIH|A|NOV-1", "19.02.02.2001|PO-17", 0)
    assert MATCH_FORM.fullmatch(one)
    assert one == match_id(1, "19.02.01.2003|LADA-PUTIH|A|NOV-1", "19.02.02.2001|PO-17", 0)
    others = {
        match_id(2, "19.02.01.2003|LADA-PUTIH|A|NOV-1", "19.02.02.2001|PO-17", 0),
        match_id(1, "19.02.01.2003|LADA-PUTIH|B|NOV-1", "19.02.02.2001|PO-17", 0),
        match_id(1, "19.02.01.2003|LADA-PUTIH|A|NOV-1", "19.02.02.2001|PO-18", 0),
        match_id(1, "19.02.01.2003|LADA-PUTIH|A|NOV-1", "19.02.02.2001|PO-17", 1),
    }
    assert len(others | {one}) == 5
    assert match_id(1, "a|b", "c", 0) != match_id(1, "a", "b|c", 0)


def test_the_id_of_a_match_is_the_same_in_every_process_and_release():
    code = "from schemas.identity import match_id; print(match_id(1, 'offer', 'need', 3))"
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == match_id(1, "offer", "need", 3) == "EKCN4DSUS4THHJLH"


def test_many_matches_are_named_as_each_of_them_is() -> None:
    many = [(1 + n % 2, f"19.02|{n}", "PO-é" * (n % 4), n % 3) for n in range(300)]
    assert match_ids(many) == [match_id(*one) for one in many]
    assert match_ids([]) == []
