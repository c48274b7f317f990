"""The proxy does to bytes what a bad network does."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest

from tests.faults.proxy import CALM, Proxy, Weather


def _echo(connection: socket.socket, heard: list[bytes]) -> None:
    with connection, suppress(OSError):
        while data := connection.recv(65_536):
            heard.append(data)
            connection.sendall(data)


class Echo:
    """Answers every byte with itself; `heard` is all that reached it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                Thread(target=_echo, args=(connection, self.heard), daemon=True).start()

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    found = Echo()
    yield found
    found.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    with Proxy(echo.port) as found:
        yield found


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5.0) as found:
        assert asked(found, b"selamat pagi") == b"selamat pagi"
        yield found


def asked(client: socket.socket, said: bytes) -> bytes:
    client.sendall(said)
    heard = b""
    while len(heard) < len(said):
        piece = client.recv(65_536)
        if not piece:
            raise ConnectionError
        heard += piece
    return heard


def test_a_delay_holds_each_way_up_and_calm_lets_go(proxy: Proxy, client: socket.socket) -> None:
    proxy.set(Weather(delay_seconds=0.3))
    began = time.monotonic()
    assert asked(client, b"x") == b"x"
    assert time.monotonic() - began >= 0.6
    proxy.set(CALM)
    assert asked(client, b"y") == b"y"


def test_little_bandwidth_takes_its_time_and_loses_nothing(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.set(Weather(bytes_per_second=100_000))
    said = bytes(range(256)) * 120
    began = time.monotonic()
    assert asked(client, said) == said
    assert time.monotonic() - began >= 0.3


def test_a_stalled_connection_goes_on_where_it_stood(proxy: Proxy, client: socket.socket) -> None:
    proxy.set(Weather(stalled=True))
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        asked(client, b"x")
    client.settimeout(5.0)
    proxy.set(CALM)
    assert client.recv(10) == b"x"


def test_a_reset_ends_the_connection_and_a_new_one_serves(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.set(Weather(reset_permille=1_000))
    with pytest.raises(ConnectionError):
        asked(client, b"x")
    proxy.set(CALM)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5.0) as again:
        assert asked(again, b"y") == b"y"
    assert proxy.seen["resets"] == 1


def test_a_cut_resets_every_connection(proxy: Proxy, client: socket.socket) -> None:
    proxy.cut()
    with pytest.raises(ConnectionError):
        client.recv(1)


def test_a_half_open_connection_takes_requests_and_never_answers(
    proxy: Proxy, client: socket.socket, echo: Echo
) -> None:
    proxy.set(Weather(swallow="answer"))
    client.settimeout(0.5)
    with pytest.raises(TimeoutError):
        asked(client, b"kirim")
    assert echo.heard[-1] == b"kirim"  # it arrived; only the sender does not know
    client.settimeout(5.0)
    proxy.set(CALM)
    with pytest.raises(ConnectionError):  # what lost bytes cannot go on
        asked(client, b"lagi")


def test_a_connection_half_open_for_good_stays_so_while_new_ones_serve(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.set(Weather(swallow="both", for_good=True))
    client.sendall(b"x")
    deadline = time.monotonic() + 5.0
    while not proxy.seen["swallowed"] and time.monotonic() < deadline:
        time.sleep(0.01)
    proxy.set(CALM)
    client.sendall(b"y")
    client.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.recv(1)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5.0) as again:
        assert asked(again, b"z") == b"z"


def test_a_target_that_is_gone_refuses() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with Proxy(port) as nowhere, pytest.raises(ConnectionError):
        spoken_to(nowhere.port)


def spoken_to(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as client:
        return asked(client, b"x")


def test_what_is_produced_is_lost_while_another_connection_serves(
    proxy: Proxy, client: socket.socket, echo: Echo
) -> None:
    produce, commit = b"\x00\x00\x00\x06\x00\x00\x00\x0bab", b"\x00\x00\x00\x06\x00\x08\x00\x0bab"
    assert asked(client, produce) == produce
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5.0) as other:
        proxy.set(Weather(swallow="request", producers=True))
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            asked(client, produce)
        assert asked(other, commit) == commit
    assert echo.heard.count(produce) == 1
