"""Decides what the warehouse says of hubs and co-ops before any of them has spoken: the register.

Written once, and again when the register's files change. Refuses to know what co-ops say.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from schemas import reference
from schemas.register import Register
from sinks.tables import COOPERATIVE, HUB, META

_FILES: Final = ("villages.csv.gz", "regions.csv", "districts.csv", "region_aliases.csv")
_MARK: Final = "register"
# The first digit of a village's last group tells what kind of village it is.
_KINDS: Final = {"1": "kelurahan", "2": "desa", "3": "desa adat"}
_KIND_AT: Final = len("19.02.01.")
_CHUNK: Final = 10_000


def is_filled(connection: Connection) -> bool:
    """Whether hubs and co-ops are there as this program has them."""
    found = connection.execute(select(META.c.value).where(META.c.name == _MARK))
    return found.scalar_one_or_none() == _digest()


def fill_reference(connection: Connection) -> None:
    """Write hubs and co-ops unless they are there as this program has them."""
    if is_filled(connection):
        return
    for table in (HUB, COOPERATIVE):
        connection.execute(delete(table))
    register = reference.register()
    connection.execute(insert(HUB), list(_hubs(register)))
    coops = list(_coops(register))
    for start in range(0, len(coops), _CHUNK):
        connection.execute(insert(COOPERATIVE), coops[start : start + _CHUNK])
    connection.execute(delete(META).where(META.c.name == _MARK))
    connection.execute(insert(META).values(name=_MARK, value=_digest()))


@cache
def _digest() -> str:
    return sha256(b"".join(reference.read(name) for name in _FILES)).hexdigest()


def _hubs(register: Register) -> Iterator[dict[str, Any]]:
    for hub in register.hubs.values():
        yield {
            "hub": hub.code,
            "name": hub.name,
            "province": hub.province,
            "province_name": hub.province_name,
            "kind": hub.kind,
            "zone": hub.zone,
        }


def _coops(register: Register) -> Iterator[dict[str, Any]]:
    for hub in register.hubs:
        for code in register.coops_of(hub):
            village = register.village(code)
            assert village is not None, code
            yield {
                "coop": code,
                "hub": village.hub,
                "name": village.name,
                "kecamatan": village.kecamatan,
                "kind": _KINDS.get(code[_KIND_AT], ""),
            }
