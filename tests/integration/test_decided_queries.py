"""What the warehouse tells of a decision: how it was judged, and the match it is about."""

from pathlib import Path

import pytest

from deploy.deciding import require_party
from deploy.errors import EXIT_USAGE, UsageError
from sinks.engines import reading
from sinks.queries import listing
from sinks.queries.decided import history_of, match_of, verdict
from sinks.queries.listing import Filters
from sinks.warehouse import open_warehouse
from tests.support import derived
from tests.support.derived import COOP, OTHER, laid, write
from tests.support.warehouses import fresh

ID = "ABCDEFGHIJKLMNOP"


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = fresh(tmp_path)
    values = [
        derived.ledger(0, event_type="lumbung.decision.v1"),
        derived.ledger(1, verdict="rejected", event_type="lumbung.decision.v1"),
        derived.dead_letter(1, identity=f"{COOP}:hp1:1#0", reason="not_shipped", field="data.d"),
        derived.ledger(2, verdict="rejected", reason="sequence_too_far"),
        derived.match(4, match_id=ID, from_coop=COOP, to_coop=OTHER, steps=("proposed",)),
        derived.match(5, match_id=f"{ID[:-1]}2", tier=2, state="accepted"),
    ]
    with open_warehouse(url) as warehouse:
        write(warehouse, laid(values))
    return url


def test_a_decision_is_accepted_or_refused_with_its_reason_or_not_yet_judged(url: str) -> None:
    with reading(url) as db:
        assert verdict(db, f"{COOP}:hp1:9") is None
        assert verdict(db, f"{COOP}:hp1:0") == (True, "", "")
        assert verdict(db, f"{COOP}:hp1:1") == (False, "not_shipped", "data.d")
        assert verdict(db, f"{COOP}:hp1:2") == (False, "sequence_too_far", "")


def test_a_match_is_told_with_who_must_answer_and_its_life(url: str) -> None:
    with reading(url) as db:
        match = match_of(db, ID)
        assert match is not None
        assert match["awaits"] == f"accept {COOP}, {OTHER}"
        assert [step["state"] for step in history_of(db, ID)] == ["proposed"]
        assert match_of(db, "NOBODYNOBODYNOBO") is None
        between = listing.get(db, "matches", Filters(tier=2))
        assert [(row["tier"], row["state"]) for row in between] == [(2, "accepted")]
        assert {row["match_id"] for row in listing.get(db, "matches")} >= {ID}


def test_an_actor_who_is_no_party_or_on_the_other_side_is_told_who_is(url: str) -> None:
    with reading(url) as db:
        match = match_of(db, ID)
    assert match is not None
    for actor in (COOP, match["from_hub"]):
        require_party(match, actor, "ship")
    require_party(match, OTHER, "receive")
    for actor, action in (("34.02.01.2001", "accept"), (OTHER, "ship"), (COOP, "receive")):
        with pytest.raises(UsageError) as refused:
            require_party(match, actor, action)
        assert (refused.value.code, refused.value.exit_code) == ("LB-U022", EXIT_USAGE)
        assert COOP in refused.value.remedy
        assert OTHER in refused.value.remedy
