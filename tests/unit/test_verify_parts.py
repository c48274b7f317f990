"""The checker's fast ways lead where its plain ones do, and a breach shows its records."""

from array import array
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from deploy.errors import DependencyError
from deploy.verify import figures
from deploy.verify.batches import records_in
from deploy.verify.findings import FIGURES, VERSIONS, Report
from deploy.verify.gates import Gate
from deploy.verify.lines import Stock
from deploy.verify.many import Asked, jobs_for
from deploy.verify.sayings import _quickly, walked
from deploy.verify.shelves import Shelf
from deploy.verify.witness import VALUE_MAX, shortened
from tests.support.corpus import CASES
from tests.support.paper_log import MATCH, PaperLog, checked
from tests.support.strategies import EVENTS, broken, spellings

PARTS = st.binary(max_size=300) | st.none()
EVERY = st.one_of(*EVENTS.values())


@given(st.lists(st.tuples(st.integers(0, 2**45), PARTS, PARTS), min_size=1, max_size=20))
@settings(max_examples=60, deadline=None, derandomize=True)
@pytest.mark.parametrize("codec", [0, 1])
def test_a_batch_is_read_as_the_client_reads_it(
    codec: int, said: list[tuple[int, bytes | None, bytes | None]]
) -> None:
    builder = MemoryRecordsBuilder(2, codec, 10**6)
    for at, key, value in said:
        builder.append(timestamp=at, key=key, value=value, headers=[("h", b"v" * 200)])
    builder.close()
    raw = bytes(builder.buffer())
    batch, again = MemoryRecords(raw).next_batch(), MemoryRecords(raw).next_batch()
    found = [(r.offset, r.timestamp, r.key, r.value) for r in records_in(batch, 3)]
    assert found == [(r.offset, r.timestamp, r.key, r.value) for r in again]


@given(st.data())
@settings(max_examples=300, deadline=None, derandomize=True)
def test_a_record_that_is_read_quickly_is_read_as_by_the_walk(data: st.DataObject) -> None:
    tree = data.draw(EVERY)
    value = data.draw(spellings(tree))
    value = data.draw(st.just(value) | broken(value))
    quick = _quickly(value)
    assert quick is None or quick == walked(value)
    assert repr(quick) in {"None", repr(walked(value))}


def test_the_corpus_is_read_quickly_only_where_that_is_the_same() -> None:
    quick = [case for case in CASES if case.value and _quickly(case.value) is not None]
    assert len(quick) > 100
    assert [case.name for case in quick if _quickly(case.value) != walked(case.value)] == []  # type: ignore[arg-type]  # there is a value


def test_a_packed_shelf_gives_the_level_of_its_lines_in_any_order() -> None:
    lines = [
        (50, "b", 1, Stock(1, 0, "c", "X", "", "", 100, (7, -1, 0, 5))),
        (50, "a", 9, Stock(200, 0, "i", "X", "", "", 1_000, None)),
        (50, "b", 1, Stock(2, 1_000, "o", "X", "", "", 30, None)),
        (60, "a", 2**53 - 1, Stock(3, 0, "i", "X", "", "", 10**15, None)),
    ]
    devices = ["b", "a"]
    for order in permutations(lines):
        shelf = Shelf()
        for at, device, sequence, line in order:
            shelf.put(at, devices.index(device), sequence, line)
        level = shelf.level(devices, None)
        assert level == (100 - 30 + 10**15, 7, -1, 0, 5)
        keys = {key for _, key, _, _ in shelf.entries(devices)}
        assert keys == {(at, d, s, line.n, line.part) for at, d, s, line in lines}


def test_movements_alone_are_summed_without_their_keys() -> None:
    shelf = Shelf(array("q"))
    for n, kind in enumerate("iioi", 1):
        shelf.put(n, 0, n, Stock(n, 0, kind, "X", "", "", 10 * n, None))
    assert shelf.level(["a"], None) == shelf.level(["a"], lambda _: False)
    assert shelf.level(["a"], None).on_hand == 10 + 20 - 30 + 40


def test_a_gate_tells_how_many_numbers_are_missing() -> None:
    gate = Gate()
    for sequence in (1, 2, 5, 9):
        gate.use(sequence, sequence, sequence)
    assert gate.missing() == 5
    assert gate.give_up(3, 4)
    assert gate.missing() == 3


# ------------------------------------------------------------------ what a breach shows
def test_the_first_breach_shows_its_records_in_words_and_as_data() -> None:
    log = PaperLog()
    log.ledger[5]["positions"][0]["on_hand"] = "110"
    report = checked(log)
    (record,) = report.summary()["first"]["records"]
    assert (record["topic"], record["partition"], record["offset"]) == ("lumbung.ledger.v1", 0, 5)
    assert '"on_hand":"110"' in record["value"]
    assert record["value"] in str(report.first)
    assert report.summary()["first"]["invariant"] == report.first.check  # type: ignore[union-attr]  # there is one


def test_a_long_record_is_shown_by_its_head_and_what_the_breach_speaks_of() -> None:
    value = b'{"head":1,' + b"x" * 5_000 + b'LADA-PUTIH","on_hand":"7"' + b"y" * 5_000 + b"\xff\n}"
    shown = shortened(value, "the position of LADA-PUTIH", VALUE_MAX)
    assert len(shown) < VALUE_MAX + 50
    assert shown.startswith('{"head":1,')
    assert 'LADA-PUTIH","on_hand":"7"' in shown
    assert shortened(b"\x00\xff", "", 10) == "\\x00\\xff"
    assert shortened(None, "", 10) == "(none)"


def test_a_version_that_no_record_could_give_is_found() -> None:
    log = PaperLog()
    log.matches[0]["version"] = 1_000
    found = [breach for breach in checked(log).breaches if breach.check == VERSIONS]
    assert [MATCH in breach.what for breach in found] == [True]


def test_a_verdict_with_the_version_of_another_record_is_found() -> None:
    log = PaperLog()
    log.ledger[1]["version"] = 3
    assert any("version of another" in breach.what for breach in checked(log).breaches)


# ------------------------------------------------------------------ figures
FIGURES_SHOWN = """
# TYPE lumbung_records counter
lumbung_records_total{verdict="accepted"} 3.0
lumbung_records_total{verdict="duplicate"} 1.0
lumbung_records_total{verdict="rejected"} 2.0
# TYPE lumbung_lines counter
lumbung_lines_total{verdict="accepted"} 3.0
lumbung_lines_total{verdict="refused"} 1.0
# TYPE lumbung_dead_letters counter
lumbung_dead_letters_total{reason="quantity_negative"} 1.0
lumbung_dead_letters_total{reason="json_malformed"} 1.0
lumbung_dead_letters_total{reason="sequence_reused"} 1.0
"""


def figures_breaches(text: str, path: Path) -> list[str]:
    path.write_text(text, "utf-8")
    report = checked(PaperLog())
    assert report.ok
    figures.compare(figures.read([str(path)]), report)
    assert report.checks[FIGURES] >= 8
    return [breach.what for breach in report.breaches]


def test_figures_that_tell_the_truth_pass(tmp_path: Path) -> None:
    assert figures_breaches(FIGURES_SHOWN, tmp_path / "figures") == []


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ('accepted"} 3.0', 'accepted"} 4.0'),
        ('rejected"} 2.0', 'rejected"} 1.0'),
        ('refused"} 1.0', 'refused"} 0.0'),
        ('json_malformed"} 1.0', 'json_malformed"} 2.0'),
        ('reason="sequence_reused"', 'reason="key_mismatch"'),
    ],
)
def test_a_wrong_figure_is_found(tmp_path: Path, told: str, instead: str) -> None:
    assert figures_breaches(FIGURES_SHOWN.replace(told, instead), tmp_path / "figures")


def test_processes_that_were_started_again_may_have_counted_less(tmp_path: Path) -> None:
    more = '# TYPE lumbung_restarts counter\nlumbung_restarts_total{process="hub-0"} 1.0\n'
    fewer = FIGURES_SHOWN.replace('duplicate"} 1.0', 'duplicate"} 0.0')
    assert figures_breaches(fewer + more, tmp_path / "figures") == []
    greater = FIGURES_SHOWN.replace('duplicate"} 1.0', 'duplicate"} 9.0')
    assert figures_breaches(greater + more, tmp_path / "figures")


def test_figures_that_are_not_there_are_a_failure_and_no_breach(tmp_path: Path) -> None:
    with pytest.raises(DependencyError, match="LB-F001"):
        figures.read([str(tmp_path / "none")])


def test_a_short_log_is_read_by_one_process_and_no_more_than_there_are_partitions() -> None:
    short, long = {("t", 0): 10}, {("t", 0): 10**7}
    assert jobs_for(Asked("x"), short, 8) == 1
    assert jobs_for(Asked("x"), long, 1) == 1
    assert jobs_for(Asked("x", jobs=4), short, 8) == 4
    assert jobs_for(Asked("x", jobs=40), long, 8) == 8
    assert Report().ok
