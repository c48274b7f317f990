"""The checker over what the core itself wrote of repairs: whole it passes, each wound is named."""

import json
from dataclasses import replace

import pytest

from deploy.verify.findings import COUNTED, KEPT
from schemas.topics import LEDGER
from streams.core import mending
from streams.core.state import Mended
from tests.support.core_desk import Desk
from tests.support.core_logs import A, Line, Saying, counted, received, records, report
from tests.support.desk_log import Written, found
from tests.support.paper_log import CHANGELOG

LETTER = f"{A}:hp1:1#2"


def repair(sequence: int, line: Line) -> Saying:
    plain = report(A, sequence, line, device="perbaikan")
    tree = json.loads(plain.value)
    tree["data"]["repairs"] = LETTER
    return replace(plain, value=json.dumps(tree).encode())


LOG = records(
    [
        report(A, 1, counted(500), counted(5, "NO-SUCH-GOODS")),
        repair(1, received(1, "NO-SUCH-GOODS")),
        repair(2, received(7)),
        repair(3, received(9)),
        repair(3, received(9)),
    ]
)


def breaches(written: Written) -> list[str]:
    report_ = found(written)
    return [] if report_.ok else [str(report_.first)]


def test_repairs_as_the_core_keeps_them_pass() -> None:
    written = Written(Desk().run(LOG), LOG)
    assert breaches(written) == []
    assert found(written).summary()["accepted"] == 2


def test_a_letter_mended_twice_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending.Mending, "admitted", lambda _, said: said)
    (breach,) = breaches(Written(Desk().run(LOG), LOG))
    assert COUNTED in breach
    assert f"{A}:perbaikan:3 mends {LETTER}, which {A}:perbaikan:2 had mended" in breach


def test_a_first_repair_that_was_refused_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending.Mending, "hold", lambda *_: None)
    desk = Desk()
    desk.core._held.mending.by_letter[LETTER] = Mended(0, f"{A}:hp9:1")
    (breach,) = breaches(Written(desk.run(LOG), LOG))
    assert COUNTED in breach


def test_a_state_that_forgets_what_was_mended_is_a_breach() -> None:
    written = Written(Desk().run(LOG), LOG)
    rows = written.topics[CHANGELOG]
    written.topics[CHANGELOG] = [row for row in rows if not (row[0] or b"").startswith(b"mended")]
    (breach,) = breaches(written)
    assert KEPT in breach
    assert LETTER in breach


def test_the_ledger_names_the_letter_that_a_kept_repair_mends() -> None:
    told = [
        json.loads(v or b"{}")["data"] for _, v, _ in Written(Desk().run(LOG), LOG).topics[LEDGER]
    ]
    assert [entry.get("repairs") for entry in told] == [None, None, LETTER, None, None]
