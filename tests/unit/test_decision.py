"""An officer's words become one decision, with every fault told, and the judge takes its bytes."""

import json
from functools import partial
from pathlib import Path

import pytest

from producers.compose import Fault
from producers.decision import Decided, decided
from producers.outbox_store import Outbox
from producers.speech import decision_value
from schemas.events import Counted
from tests.support.core_desk import Desk
from tests.support.core_logs import HUB, NOON, A, Saying

MATCH = "AMBFGHIJ2345KLMN"


def sound(action: str, actor: str = A, **said: object) -> Decided:
    found = decided(action, MATCH, actor, said)  # type: ignore[arg-type]  # what a test says is a cell
    assert isinstance(found, Decided), found
    return found


def faults(action: str, match: str = MATCH, **said: object) -> list[Fault]:
    found = decided(action, match, A, said)  # type: ignore[arg-type]  # as above
    assert isinstance(found, list), found
    return found


def written(each: Decided, sequence: int) -> bytes:
    return decision_value(each.said("cli", sequence), NOON)


def test_amounts_and_prices_are_read_as_people_write_them() -> None:
    assert sound("ship", quantity="1.500").fields == {"quantity": "1500"}
    assert sound("counter", price="Rp 118.000").fields == {"price": "118000"}
    arrived = sound("receive", quantity="55,5", refused="4,5", final=True)
    assert arrived.fields == {"quantity": "55.5", "refused": "4.5", "final": True}
    assert "55,5" in arrived.read_back
    assert str(sound("pay", on="2026-12-01").fields["on"]) == "2026-12-01"


@pytest.mark.parametrize(
    ("action", "said", "field"),
    [
        ("ship", {}, "quantity"),
        ("ship", {"quantity": "0"}, "quantity"),
        ("ship", {"quantity": "60kg"}, "quantity"),
        ("ship", {"quantity": "5", "price": "9"}, "price"),
        ("receive", {}, "quantity"),
        ("counter", {"reason": "mahal"}, "quantity"),
        ("counter", {"price": "1,5"}, "price"),
        ("cancel", {}, "reason"),
        ("accept", {"quantity": "5"}, "quantity"),
        ("pay", {"on": "besok"}, "on"),
    ],
)
def test_what_a_decision_cannot_do_without_or_has_no_use_for_is_told(
    action: str, said: dict[str, str], field: str
) -> None:
    (fault,) = faults(action, **said)
    assert fault.field == field
    assert fault.said_id
    assert fault.said_en


def test_all_faults_are_told_at_once() -> None:
    told = faults("ship", match="PO-17", price="9", on="besok")
    assert [fault.field for fault in told] == ["match", "price", "on", "quantity"]


@pytest.mark.parametrize("actor", [A, HUB])
def test_the_judge_finds_nothing_wrong_with_the_bytes_of_a_decision(
    actor: str, tmp_path: Path
) -> None:
    said = [
        sound("accept", actor, reason="baik"),
        sound("receive", actor, quantity="5", refused="1", final=True, on="2026-11-22"),
        sound("cancel", actor, reason="gagal panen"),
    ]
    desk = Desk()
    with Outbox(tmp_path / "outbox.db") as outbox:
        for each in said:
            draft = outbox.keep_next(actor, "cli", partial(written, each))
            desk.feed(Saying(actor.encode(), draft.value))
        ids = [json.loads(draft.value)["id"] for draft in outbox.pending()]
    assert ids == [f"{actor}:cli:{n}" for n in (1, 2, 3)]
    # Sound in itself, each asks about a match that this hub does not have.
    assert desk.reasons() == ["unknown_match"] * 3


def test_reports_and_decisions_of_a_device_share_one_count(tmp_path: Path) -> None:
    with Outbox(tmp_path / "outbox.db") as outbox:
        line = Counted(commodity="KELAPA", quantity="5", unit="BUTIR")
        first = outbox.say(A, "cli", [line], NOON)
        second = outbox.keep_next(
            A, "cli", lambda n: decision_value(sound("accept").said("cli", n), NOON)
        )
    assert (first.sequence, second.sequence) == (1, 2)
    assert Desk().feed(*(Saying(A.encode(), d.value) for d in (first, second))).verdicts() == [
        "accepted",
        "rejected",
    ]
