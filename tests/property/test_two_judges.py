"""Every type of saying before both judges: sound, spelt otherwise, written again, and broken."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.verify.log import LogRecord
from deploy.verify.sayings import read as read_theirs
from schemas.decoding import read
from tests.support.corpus_generated import key_of
from tests.support.sayings import HOME, NOW_MS, PARTITIONS, PLACED, encoded, report
from tests.support.strategies import EVENTS, broken, spellings
from tests.support.two_judges import KNOWN, Record, judged, ours, theirs

TYPES = sorted(EVENTS)
LAWS = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=40
)


def content(value: bytes, key: bytes | None) -> int:
    said = read_theirs(LogRecord(HOME, 0, NOW_MS, key, value), PARTITIONS, KNOWN)
    assert said is not None
    return said.content()


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_a_sound_saying_is_taken_alike_by_both_however_it_is_spelt(
    name: str, data: st.DataObject
) -> None:
    tree = data.draw(EVENTS[name])
    plain = Record(encoded(tree), key_of(tree))
    spelt = plain._replace(value=data.draw(spellings(tree)))
    assert ours(plain).word == "accepted"
    assert ours(plain) == ours(spelt) == theirs(plain) == theirs(spelt)


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_a_saying_that_is_read_and_written_is_the_same_saying(
    name: str, data: st.DataObject
) -> None:
    tree = data.draw(EVENTS[name])
    first = read(encoded(tree))
    again: dict[str, Any] = {**tree, "data": json.loads(msgspec.json.encode(first.body))}
    second = read(encoded(again))
    assert (second.body, second.lines, second.digest) == (first.body, first.lines, first.digest)
    key = key_of(tree)
    assert ours(Record(encoded(again), key)) == ours(Record(encoded(tree), key))


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_a_broken_saying_is_taken_alike_by_both(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    record = Record(data.draw(broken(encoded(tree))), key_of(tree))
    assert ours(record) == theirs(record)


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"tick"}))
@given(data=st.data())
@LAWS
def test_both_tell_the_same_contents_apart(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    key, plain, spelt = key_of(tree), encoded(tree), data.draw(spellings(tree))
    assert content(plain, key) == content(spelt, key)
    other = data.draw(EVENTS[name])
    other = {
        **tree,
        "data": {**other["data"], **{w: tree["data"][w] for w in WHO & {*tree["data"]}}},
    }
    value = encoded(other)
    if ours(Record(value, key)).accepted:
        alike = judged(Record(plain, key)).digest == judged(Record(value, key)).digest
        assert (content(plain, key) == content(value, key)) == alike


WHO = {"coop", "actor", "device", "sequence"}


def test_a_default_that_is_said_aloud_is_content_and_an_empty_one_is_none() -> None:
    silent = {name: part for name, part in PLACED.items() if name not in {"priority", "market"}}
    for more, alike in (({"priority": "normal"}, False), ({"grade": ""}, True)):
        tree, other = report(silent), report({**silent, **more})
        values = encoded(tree), encoded(other)
        assert (content(values[0], None) == content(values[1], None)) is alike
        digests = [judged(Record(value, None)).digest for value in values]
        assert (digests[0] == digests[1]) is alike


@pytest.mark.parametrize(("levels", "word"), [(16, "line_rejected"), (17, "rejected")])
def test_sixteen_levels_are_taken_and_seventeen_are_not(levels: int, word: str) -> None:
    tree = report(PLACED)
    deep: Any = 0
    for _ in range(levels - 4):
        deep = [deep]
    tree["data"]["lines"].append({"kind": "stock.counted", "commodity": deep})
    record = Record(encoded(tree), None)
    assert ours(record) == theirs(record)
    assert ours(record).word == word
