"""Who speaks, and where: envelope, body, key and partition at odds."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.errors import Reason
from tests.support.case import Case, bad, good
from tests.support.sayings import (
    CONTRACT,
    COOP,
    DECISION,
    DEVICE,
    HOME,
    HUB,
    KEY,
    OTHER_COOP,
    PARTITIONS,
    RECEIVED,
    SEQUENCE,
    envelope,
    report,
    tick,
)

SOUND = report(RECEIVED)
NEIGHBOUR = "19.02.01.2004"


OTHER_IDS = {
    "of-another-sequence": f"{COOP}:{DEVICE}:43",
    "of-another-device": f"{COOP}:hp2:{SEQUENCE}",
    "of-another-coop": f"{NEIGHBOUR}:{DEVICE}:{SEQUENCE}",
    "with-a-leading-zero": f"{COOP}:{DEVICE}:0{SEQUENCE}",
    "with-a-space": f"{COOP}:{DEVICE}:{SEQUENCE} ",
    "of-a-line": f"{COOP}:{DEVICE}:{SEQUENCE}#1",
    "random": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
    "empty": "",
}


def speakers() -> Iterator[Case]:
    for name, event_id in OTHER_IDS.items():
        yield bad(f"id-{name}", {**SOUND, "id": event_id}, Reason.ID_MISMATCH, "id")
    for name, source in {
        "of-another-device": f"/coops/{COOP}/devices/hp2",
        "of-another-coop": f"/coops/{NEIGHBOUR}/devices/{DEVICE}",
        "of-a-hub": f"/hubs/{COOP}/devices/{DEVICE}",
        "with-a-slash": f"/coops/{COOP}/devices/{DEVICE}/",
        "with-a-path": f"/coops/{COOP}/../{COOP}/devices/{DEVICE}",
        "elsewhere": "https://lumbung.example/devices",
        "empty": "",
    }.items():
        yield bad(f"source-{name}", {**SOUND, "source": source}, Reason.SOURCE_MISMATCH, "source")
    for name, key in {
        "of-another-coop": NEIGHBOUR.encode(),
        "of-the-hub": HUB.encode(),
        "of-the-clock": b"tick",
        "empty": b"",
        "no-text": b"\xff\xfe",
        "with-nul": KEY + b"\x00",
    }.items():
        yield bad(f"key-{name}", SOUND, Reason.KEY_MISMATCH, "key", key=key)
    yield good("key-absent", SOUND, "the log of another tool", key=None)
    misplaced = bad("partition-of-another-hub", SOUND, Reason.WRONG_PARTITION, "partition")
    yield replace(misplaced, partition=(HOME + 1) % PARTITIONS)
    bantul = bad("coop-of-another-hub", report(RECEIVED, coop=OTHER_COOP), Reason.WRONG_PARTITION)
    yield replace(bantul, key=OTHER_COOP.encode(), field="partition")


def repairs() -> Iterator[Case]:
    mended = report(RECEIVED, repairs=f"{COOP}:{DEVICE}:40#2")
    yield good("repairs-of-a-line", mended)
    yield good("repairs-of-a-record", report(RECEIVED, repairs=f"lumbung.events.v1/{HOME}/17"))
    path = "data.repairs"
    other = report(RECEIVED, repairs=f"{NEIGHBOUR}:{DEVICE}:40#2")
    yield bad("repairs-of-another", other, Reason.VOID_OF_ANOTHER, path)
    away = report(RECEIVED, repairs=f"lumbung.events.v1/{(HOME + 1) % PARTITIONS}/17")
    yield bad("repairs-of-another-partition", away, Reason.WRONG_PARTITION, path)
    spelt = {"zero": f"lumbung.events.v1/{HOME}/017", "topic": f"other.v1/{HOME}/17"}
    for name, text in {
        "words": "yang kemarin",
        "nul": "a/1/2\x00",
        "long": "a" * 9_000,
        **spelt,
    }.items():
        yield bad(f"repairs-{name}", report(RECEIVED, repairs=text), Reason.TEXT_MALFORMED, path)


def hubs() -> Iterator[Case]:
    key = HUB.encode()
    yield good("decision-of-a-hub", envelope("decision", DECISION), key=key)
    own = envelope("decision", {**DECISION, "actor": COOP})
    yield good("decision-of-a-coop", own)
    unknown = envelope("decision", {**DECISION, "actor": "99.99"})
    yield bad("decision-of-no-hub", unknown, Reason.UNKNOWN_COOP, "data.actor", key=b"99.99")
    stranger = envelope("decision", {**DECISION, "actor": "bulog"})
    yield bad("decision-of-a-word", stranger, Reason.COOP_MALFORMED, "data.actor", key=b"bulog")
    posing = envelope("decision", DECISION)
    yield bad("decision-under-another-key", posing, Reason.KEY_MISMATCH, "key", key=KEY)
    source = envelope("decision", DECISION, source=f"/coops/{HUB}/devices/{DEVICE}")
    yield bad("hub-as-coop-in-source", source, Reason.SOURCE_MISMATCH, "source", key=key)
    yield good("contract-of-a-hub", envelope("contract", CONTRACT), key=key)
    away = envelope("contract", {**CONTRACT, "site": OTHER_COOP})
    yield bad("contract-for-another-book", away, Reason.WRONG_PARTITION, "data.site", key=key)


def clock() -> Iterator[Case]:
    key = b"tick"
    yield good("tick", tick(), key=key)
    malformed = Reason.TICK_MALFORMED
    yield bad("tick-without-key", tick(), malformed, "data.tick", key=None)
    yield bad("tick-of-a-coop", tick(), malformed, "data.tick", "villages have no clock", key=KEY)
    yield bad("tick-at-odds-with-its-id", tick(7, id="tick:8"), malformed, "data.tick", key=key)
    for name, number in {"zero": 0, "negative": -1, "2-to-the-70": 2**70}.items():
        yield bad(f"tick-{name}", tick(number), malformed, "data.tick", key=key)
    yield bad("tick-as-text", tick("7"), Reason.WRONG_TYPE, "data.tick", key=key)
    yield bad("tick-as-float", tick(7.0), Reason.WRONG_TYPE, "data.tick", key=key)
    late = tick(7, time="2026-11-22T07:00:00Z")
    yield bad("tick-from-the-future", late, Reason.TIME_IN_FUTURE, "time", key=key)
