"""A child that speaks without pause is killed at random moments; what it said stays as it was."""

import hashlib
import random
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from producers.outbox_store import Outbox
from schemas.events import Received

ROOT = Path(__file__).resolve().parents[2]
COOP = "19.02.01.1005"
KILLS = 12
EGG = Received(commodity="TELUR", quantity="1", unit="KG")
CHILD = """
import hashlib, sys
from pathlib import Path
from producers.outbox_store import Outbox
from schemas.events import Received

path, run = Path(sys.argv[1]), int(sys.argv[2])
with Outbox(path) as outbox:
    print("ready", flush=True)
    for n in range(1, 1_000_000):
        device = f"hp{n % 2 + 1}"
        line = Received(commodity="TELUR", quantity=str(n), unit="KG", reason=f"run {run}")
        draft = outbox.say(sys.argv[3], device, [line], n)
        if n % 7 == 0:
            outbox.acknowledged([draft])
        print(device, draft.sequence, hashlib.sha256(draft.value).hexdigest(), flush=True)
"""


def test_kill_nine_at_any_moment_loses_no_draft_and_reuses_no_sequence(tmp_path):
    path = tmp_path / "outbox.db"
    chance = random.Random(11)
    claimed = {}
    for run in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(path), str(run), COOP],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.15))
        child.kill()
        for claim in child.stdout.read().splitlines():
            words = claim.split()
            if len(words) == 3 and len(words[2]) == 64:  # the last line may be torn
                key = (words[0], int(words[1]))
                assert key not in claimed, "a sequence was used for two sayings"
                claimed[key] = words[2]
        child.wait()
        child.stdout.close()
    assert len(claimed) > KILLS
    with Outbox(path) as outbox:
        last = {device: outbox.say(COOP, device, [EGG], 0).sequence for device in ("hp1", "hp2")}
        kept = {
            (device, n): outbox.find(COOP, device, n)
            for device, next_sequence in last.items()
            for n in range(1, next_sequence)
        }
    drafts = {key: draft for key, draft in kept.items() if draft is not None}
    assert drafts.keys() == kept.keys(), "a sequence was skipped"
    assert {key: hashlib.sha256(drafts[key].value).hexdigest() for key in claimed} == claimed, (
        "a draft was lost or changed"
    )
    for (device, n), draft in drafts.items():
        event = msgspec.json.decode(draft.value)
        assert event["id"] == f"{COOP}:{device}:{n}"
