from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from producers.outbox_store import Outbox
from schemas.events import Received

devices = st.sampled_from([("19.02.01.1005", "hp1"), ("19.02.01.1005", "hp2")])


class OutboxKeeps(RuleBasedStateMachine):
    """A dict is the model: what was said and not acknowledged is owed, with its first bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "outbox.db"
        self.outbox = Outbox(self.path)
        self.said: dict[tuple[str, str, int], bytes] = {}
        self.settled: set[tuple[str, str, int]] = set()

    @rule(device=devices, eggs=st.integers(1, 1_000))
    def say(self, device, eggs):
        line = Received(commodity="TELUR", quantity=str(eggs), unit="KG")
        coop, phone = device
        draft = self.outbox.say(coop, phone, [line], eggs)
        assert draft.sequence == 1 + sum(key[:2] == device for key in self.said)
        self.said[coop, phone, draft.sequence] = draft.value

    @rule(pick=st.randoms(use_true_random=False))
    def acknowledge(self, pick):
        owed = self.outbox.pending()
        if owed:
            draft = pick.choice(owed)
            self.outbox.acknowledged([draft])
            self.settled.add((draft.coop, draft.device, draft.sequence))

    @rule(now_ms=st.integers(0, 10_000))
    def fail(self, now_ms):
        self.outbox.tried(self.outbox.pending(limit=1), now_ms)

    @rule()
    def die(self):
        self.outbox.close()
        self.outbox = Outbox(self.path)

    @invariant()
    def what_is_owed_is_what_was_said(self):
        owed = {(d.coop, d.device, d.sequence): d.value for d in self.outbox.pending()}
        assert owed == {key: value for key, value in self.said.items() if key not in self.settled}

    def teardown(self):
        self.outbox.close()
        self.folder.cleanup()


OutboxKeeps.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
test_an_outbox_owes_what_was_said_and_not_acknowledged = OutboxKeeps.TestCase
