"""One world: partitions, workers that come, sleep and die, a sink, and what may happen to them.

Decides what each action means and when it can happen at all. An action is a name and three small
numbers that choose among what is there, so that a list of actions still tells a story after some
were taken out. Everything random is in those numbers.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from schemas.topics import MARKET
from tests.simulation.cluster import CHANGELOG, COMPACTED, Cluster, Place
from tests.simulation.laws import Reader
from tests.simulation.processes import RUN_AT_REST, Action, Process
from tests.simulation.truth import Truth, law
from tests.simulation.vault import Vault
from tests.simulation.worker import Flight, Post


class World:
    """What is, and the actions that change it."""

    def __init__(self, truths: dict[int, Truth], zombie_steps: int, workers: int) -> None:
        self.truths, self.zombie_steps, self.workers = truths, zombie_steps, workers
        self.cluster = Cluster(tuple(truths))
        self.ends = {number: len(truth.story.records) for number, truth in truths.items()}
        self.vault = Vault(self.cluster)
        self.readers = {number: Reader(truth) for number, truth in truths.items()}
        self.members: list[Process] = []
        self.ghosts: list[Process] = []
        self.adrift: list[tuple[Place, int, deque[Flight]]] = []
        """Batches of the dead that may still land, in their order, and whose partition it was."""
        self.counts: Counter[str] = Counter()
        self.shift = self.born = self.generation = 0
        self.trace: list[tuple[str, int, int]] | None = None
        self._applied = dict.fromkeys(truths, -1)
        self._join()

    def act(self, action: Action) -> bool:
        """Let something happen; False when it cannot."""
        happened = ACTIONS[action.name](self, action.a, action.b, action.c)
        if happened:
            self.counts[action.name] += 1
        return happened

    # -------------------------------------------------------------- the log grows
    def produce(self, a: int, b: int, _c: int) -> bool:
        """Records arrive; tick n+1 comes when n is committed."""
        number = self.cluster.partitions[a % len(self.cluster.partitions)]
        truth, at = self.truths[number], self.cluster.produced[number]
        end = min(at + 1 + b, self.ends[number])
        for gate in truth.gates:
            if at <= gate < end and not self._tick_is_done(truth, gate):
                end = gate
                break
        self.cluster.produced[number] = end
        return end > at

    def _tick_is_done(self, truth: Truth, gate: int) -> bool:
        last = max(at for at in truth.ticks if at < gate)
        return self.cluster.committed[truth.number] > last

    # -------------------------------------------------------------- workers go on
    def go(self, a: int, b: int, c: int) -> bool:
        """A post goes on for some waits: it sends, the broker takes it, it hears of it."""
        found = [(w, p) for w in self.members for p in w.posts.values() if p.has_work]
        if not found:
            return False
        process, post = found[a % len(found)]
        self._advance(process, post, 1 + b, c)
        return True

    def haunt(self, a: int, b: int, c: int) -> bool:
        """One who was thought dead goes on where it stood."""
        every = [(w, p) for w in self.ghosts for p in w.posts.values()]
        found = [(w, p) for w, p in every if p.has_work and not w.asleep]
        if not found:
            return False
        process, post = found[a % len(found)]
        self._advance(process, post, 1 + b, c)
        if not process.steps_left:
            self._end(process, 0)
            self.ghosts.remove(process)
        return True

    def _advance(self, process: Process, post: Post, waits: int, c: int) -> None:
        for n in range(waits):
            if process.steps_left >= 0:
                if not process.steps_left:
                    return
                process.steps_left -= 1
            if post.blocked:
                self._deliver(process, post, c + n)
            elif not post.advance(1 + c % 7):
                break
        self._idle(process, post)

    def _deliver(self, process: Process, post: Post, n: int) -> None:
        """The broker takes a batch, into any partition that one is in flight to."""
        ready = [place for place, queue in post.wire.flights.items() if queue]
        place = ready[n % len(ready)]
        flight = post.wire.flights[place].popleft()
        self._land(place, post.number, flight, strange=process.steps_left >= 0)

    def _land(self, place: Place, number: int, flight: Flight, *, strange: bool) -> None:
        """A batch of the owner of partition `number` is in the log of a place."""
        log, reader, rows = self.cluster.logs[place], self.readers[number], flight.rows
        if place[0] == CHANGELOG:
            reader.kept(rows)
            base = flight.offset = log.append(rows)
        else:
            base = flight.offset = log.append(rows, reader.landed(place, rows))
        if strange:
            log.strange = log.end
            self.counts["a stranger's batch"] += 1
        if self.trace is not None:
            self.trace.append((*place, base + len(rows)))

    def _idle(self, process: Process, post: Post) -> None:
        """Note how far an idle owner has mended its logs, and that nothing was unlearnt."""
        if post.coroutine is not None or process not in self.members:
            return
        post.note_mended()
        applied, known = post.holding.fold.applied, self._applied[post.number]
        if applied < known:
            law("I10", holds=False, what=f"applied fell from {known} to {applied}")
        self._applied[post.number] = applied

    def commit(self, a: int, _b: int, _c: int) -> bool:
        """A member's done offsets are committed; a ghost's are refused by the broker."""
        if not self.members:
            return False
        moved = False
        for post in self.members[a % len(self.members)].posts.values():
            if post.done > self.cluster.committed[post.number]:
                self.cluster.committed[post.number] = post.done
                moved = True
        return moved

    def look(self, a: int, _b: int, _c: int) -> bool:
        """The timer of an idle post: has a stranger written?"""
        every = [(w, p) for w in self.members for p in w.posts.values()]
        found = [(w, p) for w, p in every if p.coroutine is None and p.taken_over]
        if not found:
            return False
        process, post = found[a % len(found)]
        post.look()
        self._idle(process, post)
        return True

    # -------------------------------------------------------------- workers come and go
    def join(self, _a: int, _b: int, _c: int) -> bool:
        if len(self.members) >= self.workers:
            return False
        self._join()
        return True

    def _join(self) -> None:
        self.born += 1
        self.members.append(Process(self.born))
        self._assign()

    def leave(self, a: int, _b: int, _c: int) -> bool:
        """A clean stop: the run in flight is finished, what is done is committed."""
        if len(self.members) < 2:
            return False
        process = self.members.pop(a % len(self.members))
        for post in [*process.posts.values()]:
            self._revoke(process, post)
        self._assign()
        return True

    def rebalance(self, _a: int, _b: int, _c: int) -> bool:
        """The same members, other partitions."""
        if len(self.members) < 2:
            return False
        self.shift += 1
        self._assign()
        return True

    def kill(self, a: int, b: int, _c: int) -> bool:
        """kill -9; of what is in flight the first few batches of each topic may still land."""
        return self._kill(self.members, a, b)

    def sever(self, a: int, b: int, _c: int) -> bool:
        """The same to one that is telling the market something."""
        return self._kill([process for process in self.members if process.tells_market], a, b)

    def _kill(self, found: list[Process], a: int, b: int) -> bool:
        if not found:
            return False
        process = found[a % len(found)]
        self.members.remove(process)
        for post in process.posts.values():
            self.counts[f"killed: {post.passed}"] += 1
        self._end(process, b)
        if not self.members:
            self._join()
        else:
            self._assign()
        return True

    def _end(self, process: Process, b: int) -> None:
        for post in process.posts.values():
            post.close()
            for place, queue in post.wire.flights.items():
                kept = deque(list(queue)[: b % (len(queue) + 1)])
                if queue:
                    whose = "torn, to the market" if place[0] == MARKET else "torn"
                    self.counts[f"{whose}: {'late' if kept else 'lost'}"] += 1
                if kept:
                    self.adrift.append((place, post.number, kept))
            if post.waits is not None and post.waits.offset >= 0:
                self.counts["torn: answer lost"] += 1
        process.posts.clear()

    def pause(self, a: int, _b: int, _c: int) -> bool:
        """A process sleeps through its session; the others take its partitions over."""
        if not self.members:
            return False
        process = self.members.pop(a % len(self.members))
        process.asleep, process.steps_left = True, self.zombie_steps
        self.ghosts.append(process)
        if not self.members:
            self._join()
        else:
            self._assign()
        return True

    def wake(self, a: int, _b: int, _c: int) -> bool:
        """A sleeper wakes and does not know that it is late."""
        asleep = [process for process in self.ghosts if process.asleep]
        if not asleep:
            return False
        (process := asleep[a % len(asleep)]).asleep = False
        if not process.steps_left:  # its guard looked at the clock before it sent anything
            self._end(process, 1)
            self.ghosts.remove(process)
        return True

    def land(self, a: int, _b: int, _c: int) -> bool:
        """A batch of somebody dead or asleep lands after all."""
        asleep = [
            (place, post.number, queue)
            for process in self.ghosts
            for post in process.posts.values()
            for place, queue in post.wire.flights.items()
            if queue
        ]
        found = [*self.adrift, *asleep]
        if not found:
            return False
        place, number, queue = found[a % len(found)]
        self._land(place, number, queue.popleft(), strange=True)
        self.adrift = [x for x in self.adrift if x[2]]
        return True

    def _assign(self) -> None:
        """Partitions in turn over the members; who loses one finishes it first."""
        self.generation += 1
        due = {
            number: self.members[(n + self.shift) % len(self.members)]
            for n, number in enumerate(self.cluster.partitions)
        }
        for process in self.members:
            for number, post in list(process.posts.items()):
                if due[number] is not process:
                    self._revoke(process, post)
        for number, process in due.items():
            if number not in process.posts:
                process.posts[number] = Post(self.cluster, self.truths[number], self.generation)

    def _revoke(self, process: Process, post: Post) -> None:
        """The run in flight is finished and committed, as when Faust revokes a partition."""
        self._finish(post)
        number = post.number
        if post.taken_over:
            self._applied[number] = max(self._applied[number], post.holding.fold.applied)
            self.cluster.committed[number] = max(self.cluster.committed[number], post.done)
        process.posts.pop(number).close()

    def _finish(self, post: Post) -> None:
        """The run in flight goes through undisturbed: whatever it sends lands at once."""
        turns = 0
        while post.coroutine is not None:
            for place, queue in post.wire.flights.items():
                while queue:
                    self._land(place, post.number, queue.popleft(), strange=False)
            post.advance(1)
            turns += 1
            law("L", turns < 10_000, "a run does not end")

    def work_off(self, process: Process, post: Post) -> None:
        """Nothing disturbs a member any more: it does all there is, in runs of some size."""
        self._finish(post)
        while post.advance(RUN_AT_REST):
            self._finish(post)
        self._idle(process, post)

    # -------------------------------------------------------------- compaction and sink
    def compact(self, a: int, b: int, _c: int) -> bool:
        number = self.cluster.partitions[a % len(self.cluster.partitions)]
        log = self.cluster.logs[COMPACTED[b % len(COMPACTED)], number]
        return log.compact() > 0

    def sink(self, a: int, b: int, c: int) -> bool:
        """A transaction of the sink: written, lost with the process, or kept back to come late."""
        batch = self.vault.gather(a, 1 + b)
        if not batch:
            return False
        if c == 0:
            self.vault.lose(batch)
            self.counts["sink: crash in the transaction"] += 1
        elif c == 1:
            self.vault.late = batch
            self.counts["sink: crash, and another sink"] += 1
        else:
            self.vault.write(batch)
        return True

    def sink_late(self, _a: int, _b: int, _c: int) -> bool:
        """A sink that was thought dead writes what it had read."""
        batch, self.vault.late = self.vault.late, []
        if not batch:
            return False
        self.vault.write(batch, "late")
        return True


_NAMES = """
    produce go haunt commit look join leave rebalance kill sever pause wake land compact sink
    sink_late
""".split()
ACTIONS: Final[dict[str, Callable[[World, int, int, int], bool]]] = {
    name: getattr(World, name) for name in _NAMES
}
