"""The simulated officers at work: they hear of matches, wait, and say what they have decided.

Decides that each answer is said once, when it is due and only if the match still asks for it, and
how much is said at a time. Refuses to know what officers answer (`world.officers`) and Kafka: what
comes, and what is sent, goes through what it is given. Answers wait in an outbox like reports.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from typing import Final, Protocol

from producers.delivery import deliver
from producers.outbox_store import Outbox
from producers.publisher import Sender
from producers.speech import decision_value
from producers.world.officers import Answer, answers
from schemas import reference
from schemas.events import Decision
from schemas.records import Match

DEVICE: Final = "petugas"
"""The officers' device, beside their village's phones."""
TURN_MS: Final = 250
HEARD_MAX: Final = 2_000
SAID_MAX: Final = 50
_OVER: Final = frozenset("paid rejected expired superseded cancelled no_show".split())


class Feed(Protocol):
    """Where matches are heard of."""

    def poll(self, most: int) -> list[Match]:
        """Give the records that have come."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How officers hear of matches, keep their answers, and send them."""

    feed: Feed
    outbox: Outbox
    sender: Sender


@dataclass(slots=True)
class _Case:
    """What the officers know of a match: its newest version, what it asks, what was said."""

    version: int = -1
    asked: frozenset[tuple[str, str, str]] = frozenset()
    said: set[tuple[str, str, str]] = field(default_factory=set)


_OVER_CASE: Final = _Case()


class Clerks:
    """Officers of some hubs; `told` hears of each answer when it is said."""

    def __init__(
        self,
        ways: Ways,
        *,
        hubs: Iterable[str],
        seed: int,
        now: Callable[[], int],
        told: Callable[[Match, Answer], None] = lambda _match, _answer: None,
    ) -> None:
        self._feed, self._outbox, self._sender = ways.feed, ways.outbox, ways.sender
        self._now, self._told = now, told
        self._register: Final = reference.register()
        self._hubs: Final = frozenset(hubs)
        self._seed: Final = seed
        self._cases: Final[dict[str, _Case]] = {}
        self._due: Final[list[tuple[int, int, Answer, Match]]] = []
        self._count = 0
        self._next_ms = 0
        self.said = 0

    def work(self) -> None:
        """One turn; called as often as one likes, it works four times a second."""
        now_ms = self._now()
        if now_ms < self._next_ms:
            return
        self._next_ms = now_ms + TURN_MS
        for match in self._feed.poll(HEARD_MAX):
            self._hear(match)
        if self._say(now_ms) or self._outbox.pending(now_ms=now_ms, limit=1):
            deliver(self._outbox, self._sender, self._register, now=self._now, due_only=True)

    def _hear(self, match: Match) -> None:
        if match.state in _OVER:
            self._cases.pop(match.match_id, None)
            return
        case = self._cases.setdefault(match.match_id, _Case())
        if match.version <= case.version:
            return
        case.version = match.version
        here = [a for a in answers(match, self._seed) if self._is_ours(match, a.actor)]
        case.asked = frozenset(answer.key for answer in here)
        for answer in here:
            if answer.key not in case.said:
                self._count += 1
                heappush(self._due, (answer.at_ms, self._count, answer, match))

    def _is_ours(self, match: Match, actor: str) -> bool:
        hub = match.from_hub if actor == match.from_coop else match.to_hub
        return hub in self._hubs

    def _say(self, now_ms: int) -> int:
        """Keep what is due in the outbox; how many answers those are."""
        said: list[tuple[Match, Answer]] = []
        while self._due and self._due[0][0] <= now_ms and len(said) < SAID_MAX:
            _, _, answer, match = heappop(self._due)
            case = self._cases.get(answer.match, _OVER_CASE)
            if answer.key not in case.asked or answer.key in case.said:
                continue
            case.said.add(answer.key)
            said.append((match, answer))
        if said:
            self._outbox.keep_each(
                (answer.actor, DEVICE, partial(_value, answer, now_ms)) for _, answer in said
            )
        for match, answer in said:
            self._told(match, answer)
        self.said += len(said)
        return len(said)


def _value(answer: Answer, now_ms: int, sequence: int) -> bytes:
    decision = Decision(
        actor=answer.actor,
        device=DEVICE,
        sequence=sequence,
        match=answer.match,
        decision=answer.decision,
        **answer.fields,
    )
    return decision_value(decision, now_ms)
