"""Decides what the demo breaks on purpose: a real village's report with a unit nobody knows."""

from typing import Final

from producers.address import address_of
from producers.publisher import Outgoing
from producers.speech import report_value
from schemas import reference
from schemas.events import Counted

COOP: Final = "19.02.01.2003"


def broken_report(run: int, at_ms: int) -> bytes:
    """A well-formed report whose only line cannot be understood: pepper in armfuls."""
    line = Counted(commodity="LADA-PUTIH", quantity="3", unit="PELUKAN")
    return report_value(COOP, f"broken-{run}", 1, [line], at_ms)


def broken_record(run: int, at_ms: int, partitions: int) -> Outgoing:
    """The same on its way to its hub's partition."""
    value = broken_report(run, at_ms)
    address = address_of(value, reference.register(), partitions)
    return Outgoing(address.key, value, address.partition)


def broken_identity(run: int) -> str:
    """The name its line has among the dead letters."""
    return f"{COOP}:broken-{run}:1#1"
