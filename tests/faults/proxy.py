"""A TCP proxy on 127.0.0.1 whose weather can be changed while connections live.

Decides what a bad network does to bytes: they come late, they stall, they are lost on a connection
that neither end knows to be dead, the connection is reset, or there is little bandwidth. Knows of
Kafka only where a request says that it produces.
"""

import asyncio
import random
import socket
import struct
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import Final, Literal, Self

_POLL_SECONDS: Final = 0.02
_CHUNK: Final = 65_536
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, no time: closing sends RST
_PRODUCE: Final = b"\0\0"  # the key of a Kafka request, after its length
Way = Literal["request", "answer"]


@dataclass(frozen=True, slots=True)
class Weather:
    """`stalled`: nothing passes until it clears, nothing is lost.

    `swallow`: bytes that way vanish, while both ends believe in the connection; `for_good`: also
    after the weather has cleared; `producers`: only where something was produced before, so that
    what a worker says is lost while what it commits arrives.
    """

    delay_seconds: float = 0.0
    stalled: bool = False
    reset_permille: int = 0
    swallow: Literal["", "request", "answer", "both"] = ""
    for_good: bool = False
    producers: bool = False
    bytes_per_second: int = 0

    def swallows(self, way: Way) -> bool:
        return self.swallow in (way, "both")


CALM: Final = Weather()


class Link:
    """One connection through the proxy; `lossy` once bytes of it were swallowed."""

    def __init__(self, *ends: asyncio.StreamWriter) -> None:
        self.ends: Final = ends
        self.lossy = False
        self.produces = False

    def reset(self) -> None:
        """RST to both ends."""
        for end in self.ends:
            found = end.get_extra_info("socket")
            with suppress(OSError):
                found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()


class Proxy:
    """Listens on a free port and passes on to `target`; use as a context."""

    def __init__(self, target: int, *, seed: int = 0) -> None:
        self._target: Final = target
        self._listening: Final = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: Final[int] = self._listening.getsockname()[1]
        self.seen: Final[Counter[str]] = Counter()
        """Connections, resets, refusals, and bytes swallowed or passed."""
        self._chance: Final = random.Random(seed)
        self._weather = CALM
        self._links: Final[set[Link]] = set()
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._loop: Final = asyncio.new_event_loop()
        self._thread: Final = Thread(target=self._run, name=f"proxy-{self.port}", daemon=True)

    @property
    def address(self) -> str:
        """``127.0.0.1:port`` for clients."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)

    def set(self, weather: Weather) -> None:
        """Change the weather; links that lost bytes are reset, unless they were lost for good."""
        before, self._weather = self._weather, weather
        if before.swallow and not before.for_good:
            self._loop.call_soon_threadsafe(self._reset, True)

    def cut(self) -> None:
        """Reset every connection there is."""
        self._loop.call_soon_threadsafe(self._reset, False)

    def _reset(self, lossy_only: bool) -> None:
        for link in list(self._links):
            if link.lossy or not lossy_only:
                self.seen["resets"] += 1
                link.reset()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # Readers take little ahead, so that what is slow here is slow for the one who sends.
        self._loop.run_until_complete(
            asyncio.start_server(self._accept, sock=self._listening, limit=_CHUNK)
        )
        self._loop.run_forever()
        for link in list(self._links):
            link.reset()
        self._listening.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen["connections"] += 1
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target, limit=_CHUNK)
        except OSError:
            self.seen["refused"] += 1
            Link(writer).reset()
            return
        link = Link(writer, there[1])
        self._links.add(link)
        pumps = [
            asyncio.ensure_future(self._pump(reader, there[1], "request", link)),
            asyncio.ensure_future(self._pump(there[0], writer, "answer", link)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._links.discard(link)
            for pump in pumps:
                pump.cancel()
            for end in link.ends:
                end.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way, link: Link
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(self._piece()):
                link.produces |= way == "request" and data[4:6] == _PRODUCE
                if self._lost(way, link):
                    link.lossy = True
                    self.seen["swallowed"] += len(data)
                    continue
                if self._chance.randrange(1_000) < self._weather.reset_permille:
                    self.seen["resets"] += 1
                    link.reset()
                    return
                await self._hold_up(len(data))
                self.seen["passed"] += len(data)
                writer.write(data)
                await writer.drain()

    def _piece(self) -> int:
        rate = self._weather.bytes_per_second
        return max(1, min(_CHUNK, rate // 20)) if rate else _CHUNK

    def _lost(self, way: Way, link: Link) -> bool:
        spared = self._weather.producers and not link.produces
        return link.lossy or (self._weather.swallows(way) and not spared)

    async def _hold_up(self, size: int) -> None:
        weather = self._weather
        if weather.delay_seconds:
            await asyncio.sleep(weather.delay_seconds)
        if weather.bytes_per_second:
            await asyncio.sleep(size / weather.bytes_per_second)
        while self._weather.stalled:  # noqa: ASYNC110 - the weather is set from another thread
            await asyncio.sleep(_POLL_SECONDS)
