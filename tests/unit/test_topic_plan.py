"""What is done about topics that are missing or different."""

import pytest

from deploy.topic_plan import Found, plan
from schemas.topics import COMPACTED, FOREVER, Topic

EVENTS = Topic("events", "co-op", "hub", "forever", "gateway", FOREVER)
DEMAND = Topic("demand", "hub", "hub", "compact", "worker", COMPACTED)
MATCHES = Topic("matches", "id", "owner", "compact", "owner", COMPACTED, times=2)


def test_what_is_missing_is_created_and_what_is_right_is_left_alone() -> None:
    planned = plan([EVENTS, DEMAND], {"events": Found(8, FOREVER)}, partitions=8)
    assert planned.create == (DEMAND,)
    assert (planned.grow, planned.differences) == ((), ())


def test_another_number_of_partitions_is_dangerous_and_never_created_over() -> None:
    planned = plan([EVENTS], {"events": Found(4, FOREVER)}, partitions=8)
    assert planned.create == ()
    (difference,) = planned.dangerous
    assert difference.found == "4"
    assert "LUMBUNG_KAFKA__PARTITIONS=4" in difference.remedy


def test_a_topic_that_would_forget_is_dangerous() -> None:
    forgetful = {**FOREVER, "retention.ms": "604800000"}
    (difference,) = plan([EVENTS], {"events": Found(8, forgetful)}, partitions=8).dangerous
    assert (difference.what, difference.found, difference.wanted) == (
        "retention.ms",
        "604800000",
        "-1",
    )


def test_a_setting_that_costs_only_space_is_told_but_not_dangerous() -> None:
    slack = {**COMPACTED, "segment.bytes": "1073741824"}
    planned = plan([DEMAND], {"demand": Found(8, slack)}, partitions=8)
    assert planned.dangerous == ()
    assert [each.what for each in planned.differences] == ["segment.bytes"]
    assert "--add-config segment.bytes=134217728" in planned.differences[0].remedy


def test_a_setting_that_the_broker_does_not_tell_is_a_difference() -> None:
    planned = plan([EVENTS], {"events": Found(8, {"retention.ms": "-1"})}, partitions=8)
    assert {each.what for each in planned.differences} == {"cleanup.policy", "retention.bytes"}
    assert all(each.found == "not set" for each in planned.differences)


def test_a_topic_of_two_writers_a_partition_has_twice_the_partitions() -> None:
    planned = plan([EVENTS, MATCHES], {"matches": Found(16, COMPACTED)}, partitions=8)
    assert planned.create == (EVENTS,)
    assert (planned.grow, planned.differences) == ((), ())


def test_matches_of_an_older_version_grow_in_place_and_nothing_is_lost() -> None:
    planned = plan([MATCHES], {"matches": Found(8, COMPACTED)}, partitions=8)
    assert (planned.create, planned.differences) == ((), ())
    (growth,) = planned.grow
    assert (growth.topic, growth.found, growth.wanted) == ("matches", 8, 16)
    assert str(growth).startswith("matches: 8 partitions became 16;")


@pytest.mark.parametrize(
    ("found", "advice"), [(4, "PARTITIONS=2"), (12, "PARTITIONS=6"), (32, "PARTITIONS=16")]
)
def test_any_other_number_of_theirs_is_refused(found: int, advice: str) -> None:
    planned = plan([MATCHES], {"matches": Found(found, COMPACTED)}, partitions=8)
    assert planned.grow == ()
    (difference,) = planned.dangerous
    assert (difference.found, difference.wanted) == (str(found), "16")
    assert advice in difference.remedy


def test_a_number_that_no_setting_gives_is_refused_without_false_advice() -> None:
    (difference,) = plan([MATCHES], {"matches": Found(9, COMPACTED)}, partitions=8).dangerous
    assert "LUMBUNG_KAFKA__PARTITIONS" not in difference.remedy


def test_what_is_in_the_partitions_of_a_hash_never_grows() -> None:
    planned = plan([EVENTS], {"events": Found(8, FOREVER)}, partitions=16)
    assert planned.grow == ()
    assert len(planned.dangerous) == 1
