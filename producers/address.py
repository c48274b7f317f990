"""Where a saying belongs: the key and partition of `lumbung.events.v1` its bytes name.

Decides the way of bytes that come from anywhere (a file, a broken device): their speaker's hub, or
partition 0 when they name none. Refuses to judge: what is wrong with the bytes, the hub worker
says.
"""

from typing import Final, NamedTuple

import msgspec

from schemas.identity import CoopId, HubId, partition_of
from schemas.register import Register

NOWHERE: Final = 0
"""The partition of what names no hub."""
TICK_KEY: Final = b"tick"
_TICK_TYPE: Final = "lumbung.tick.v1"


class Address(NamedTuple):
    """A record's key (None: speaker unknown) and partition; a `tick` belongs in all of them."""

    key: bytes | None
    partition: int
    tick: bool = False


class _Speaker(msgspec.Struct):
    coop: object = None
    actor: object = None


class _Saying(msgspec.Struct):
    data: _Speaker
    type: object = None


_decode: Final = msgspec.json.Decoder(_Saying).decode


def address_of_speaker(speaker: str, register: Register, partitions: int) -> Address:
    """Give the address of a co-op's or a hub's sayings; unknown speakers go to 0 without a key."""
    if register.is_coop(speaker):
        hub = register.hub_of(CoopId(speaker))
    elif register.is_hub(speaker):
        hub = HubId(speaker)
    else:
        return Address(None, NOWHERE)
    return Address(speaker.encode(), partition_of(hub, partitions))


def address_of(value: bytes, register: Register, partitions: int) -> Address:
    """Give the address that a saying's own bytes name, however broken they are."""
    try:
        saying = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Address(None, NOWHERE)
    if saying.type == _TICK_TYPE:
        return Address(TICK_KEY, NOWHERE, tick=True)
    body = saying.data
    speaker = body.coop if isinstance(body.coop, str) else body.actor
    if not isinstance(speaker, str):
        return Address(None, NOWHERE)
    return address_of_speaker(speaker, register, partitions)
