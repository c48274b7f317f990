"""Laws of judging over generated sayings: total, repeatable, blind to spelling and neighbours."""

import json
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import reference
from schemas.amounts import LINE_MAX_MICRO
from schemas.decoding import Reading, read, read_slowly
from schemas.errors import Reason, Rejection, Unacceptable
from schemas.identity import partition_of
from schemas.judged import Judged, StockLine
from schemas.validation import Judge
from tests.support.corpus import CASES
from tests.support.sayings import (
    COUNTED,
    HOME,
    HUB,
    KEY,
    NOW_MS,
    PARTITIONS,
    encoded,
    judge,
    report,
)
from tests.support.strategies import EVENTS, broken, reports, spellings

TYPES = sorted(EVENTS)
LAWS = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)
MANY = settings(LAWS, max_examples=250)  # for each of eight types: 2,000 broken records
FAULTY_LINES = [
    json.loads(case.value or b"")["data"]["lines"][1]
    for case in CASES
    if case.verdict == "line_rejected"
    and len(case.value or b"") < 2_000
    and b"1e999999," not in (case.value or b"")  # json would write it as Infinity
]
NEIGHBOUR = encoded(report(COUNTED))


@cache
def one_judge() -> Judge:
    return judge()


def verdict_on(
    value: bytes, key: bytes | None = KEY, by: Judge | None = None
) -> Judged | Rejection:
    return (by or one_judge()).judge(value, key=key, timestamp_ms=NOW_MS, partition=HOME)


def key_of(tree: dict[str, Any]) -> bytes:
    data = tree["data"]
    return str(data.get("coop", data.get("actor", "tick"))).encode()


def outcome(road: Any, value: bytes) -> Reading | tuple[Reason, str]:
    try:
        found: Reading = road(value)
    except Unacceptable as fault:
        return fault.reason, fault.field
    return found


def test_all_villages_of_the_strategies_share_one_partition() -> None:
    assert partition_of(HUB, PARTITIONS) == HOME


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_a_sound_saying_is_accepted_whole(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    found = verdict_on(encoded(tree), key_of(tree))
    assert isinstance(found, Judged), found
    assert found.rejections == ()
    said = tree["data"]
    assert found.id == tree["id"]
    assert found.sequence == said.get("sequence", said.get("tick"))
    due = ["one"] if name == "contract" else said.get("lines", [])
    assert {line.n for line in found.lines} == set(range(1, len(due) + 1))


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@MANY
def test_broken_bytes_get_a_verdict_and_always_the_same(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    value = data.draw(broken(encoded(tree)))
    found = verdict_on(value, key_of(tree))
    assert isinstance(found, Judged | Rejection)
    assert verdict_on(value, key_of(tree)) == found
    before = verdict_on(NEIGHBOUR)
    assert isinstance(before, Judged)
    assert not before.rejections


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_both_roads_of_reading_agree(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    spelt = data.draw(spellings(tree))
    value = data.draw(st.just(spelt) | broken(encoded(tree)) | broken(spelt))
    assert outcome(read, value) == outcome(read_slowly, value)


@given(st.binary(max_size=200), st.binary(max_size=20) | st.none())
@settings(LAWS, max_examples=300)
def test_any_bytes_get_a_verdict(value: bytes, key: bytes | None) -> None:
    assert isinstance(verdict_on(value, key), Rejection)


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
@LAWS
def test_another_spelling_keeps_verdict_and_digest(name: str, data: st.DataObject) -> None:
    tree = data.draw(EVENTS[name])
    plain = verdict_on(encoded(tree), key_of(tree))
    spelt = verdict_on(data.draw(spellings(tree)), key_of(tree))
    assert spelt == plain


@given(data=st.data())
@LAWS
def test_another_spelling_keeps_the_digest_of_a_report_with_a_bad_line(
    data: st.DataObject,
) -> None:
    tree = data.draw(reports(most=2))
    tree["data"]["lines"].append(data.draw(st.sampled_from(FAULTY_LINES)))
    plain = verdict_on(encoded(tree), key_of(tree))
    spelt = verdict_on(data.draw(spellings(tree)), key_of(tree))
    assert isinstance(plain, Judged)
    assert isinstance(spelt, Judged)
    assert (spelt.digest, spelt.lines, spelt.rejections) == (
        plain.digest,
        plain.lines,
        plain.rejections,
    )


@given(data=st.data())
@LAWS
def test_other_content_has_another_digest(data: st.DataObject) -> None:
    tree, other = data.draw(reports(most=2)), data.draw(reports(most=2))
    if tree["data"] != other["data"]:
        first = verdict_on(encoded(tree), key_of(tree))
        second = verdict_on(encoded(other), key_of(other))
        assert isinstance(first, Judged)
        assert isinstance(second, Judged)
        said_alike = first.lines == second.lines and first.id == second.id
        assert first.digest != second.digest or said_alike


@given(data=st.data())
@settings(LAWS, max_examples=120)
def test_a_faulty_line_changes_no_other_line(data: st.DataObject) -> None:
    tree = data.draw(reports(most=6))
    sound = verdict_on(encoded(tree), key_of(tree))
    lines = tree["data"]["lines"]
    at = data.draw(st.integers(0, len(lines)))
    faulty = data.draw(st.sampled_from(FAULTY_LINES))
    bent = {**tree, "data": {**tree["data"], "lines": [*lines[:at], faulty, *lines[at:]]}}
    found = verdict_on(encoded(bent), key_of(tree))
    assert isinstance(sound, Judged)
    assert isinstance(found, Judged)
    assert [fault.line for fault in found.rejections] == [at + 1]
    moved = [line_moved_back(line, at + 1) for line in found.lines]
    assert moved == list(sound.lines)
    assert found.raw_lines[at] == encoded(faulty)


def line_moved_back(line: Any, faulty: int) -> Any:
    fields = {name: getattr(line, name) for name in line.__struct_fields__}
    return type(line)(**{**fields, "n": line.n - (line.n > faulty)})


@given(data=st.data())
@LAWS
def test_a_key_said_twice_is_always_seen(data: st.DataObject) -> None:
    tree = data.draw(reports(most=3))
    value = encoded(tree)
    objects = [tree, tree["data"], *tree["data"]["lines"]]
    chosen = data.draw(st.sampled_from(objects))
    key = data.draw(st.sampled_from(sorted(chosen)))
    gap = data.draw(st.sampled_from([b"", b" ", b"\n"]))
    whole = encoded(chosen)
    pair = b'{"' + key.encode() + b'"' + gap + b":" + encoded(chosen[key]) + b","
    twice = value.replace(whole, pair + whole[1:], 1)
    found = verdict_on(twice, key_of(tree))
    assert isinstance(found, Rejection)
    assert (found.reason, found.field) == (Reason.DUPLICATE_KEY, key)


@given(reports())
@LAWS
def test_quantities_are_exact_rounded_down_and_bounded(tree: dict[str, Any]) -> None:
    found = verdict_on(encoded(tree), key_of(tree))
    assert isinstance(found, Judged)
    for line in found.lines:
        if isinstance(line, StockLine):
            factor = reference.units().micro_per_unit(line.commodity, line.unit)
            exact = Fraction(line.said) * (factor or 0)
            assert line.quantity <= exact < line.quantity + 1
            assert 0 <= line.quantity <= LINE_MAX_MICRO


@given(data=st.data())
@settings(LAWS, max_examples=60)
def test_a_judge_that_has_seen_much_judges_like_a_new_one(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(TYPES))
    tree = data.draw(EVENTS[name])
    value = data.draw(st.just(encoded(tree)) | broken(encoded(tree)))
    assert verdict_on(value, key_of(tree), judge()) == verdict_on(value, key_of(tree))
