"""What is done about topics that are missing or different."""

from deploy.topic_plan import Found, plan
from schemas.topics import COMPACTED, FOREVER, Topic

EVENTS = Topic("events", "co-op", "hub", "forever", "gateway", FOREVER)
DEMAND = Topic("demand", "hub", "hub", "compact", "worker", COMPACTED)


def test_what_is_missing_is_created_and_what_is_right_is_left_alone() -> None:
    planned = plan([EVENTS, DEMAND], {"events": Found(8, FOREVER)}, partitions=8)
    assert planned.create == (DEMAND,)
    assert planned.differences == ()


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
