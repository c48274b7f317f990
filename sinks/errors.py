"""How the sinks' shell fails: a code, what happened, what to do, and whether waiting helps.

Decides the error tree of this room and the exit status each kind suggests. Refuses to know how an
error is shown. A record that cannot be read is never raised: it is a row of `sink_fault`.

    SinkError              1
    +-- WarehouseError     1   the database is locked, full, broken or of another version
    |   +-- WarehouseMissing 4   there is no database yet
    +-- WarehouseBusy      1   another sink writes to it
    +-- LogError           4   the broker cannot be reached, or a topic is not there
    +-- RebuildNeeded      5   the log is not the one that the warehouse was made from

The letter of a code says where to look: W warehouse, K Kafka.
"""

from typing import ClassVar, Final


class SinkError(Exception):
    """A failure a person can act on: `code` such as ``LB-W001``, `what` happened, the `remedy`.

    `passing` is true where the same step may succeed later.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, what: str, remedy: str = "", *, passing: bool = False) -> None:
        super().__init__(code, what, remedy)
        self.code: Final = code
        self.what: Final = what
        self.remedy: Final = remedy
        self.passing: Final = passing

    def __str__(self) -> str:
        return f"{self.code}: {self.what}" + (f"\n{self.remedy}" if self.remedy else "")


class WarehouseError(SinkError):
    """The database cannot be used; nothing of the batch was written."""


class WarehouseMissing(WarehouseError):
    """There is no database yet: nothing was ever written."""

    exit_code: ClassVar[int] = 4


class WarehouseBusy(SinkError):
    """Another sink writes to this warehouse."""


class LogError(SinkError):
    """The broker cannot be reached, or a topic is not there."""

    exit_code: ClassVar[int] = 4


class RebuildNeeded(SinkError):
    """The warehouse holds what the log does not: it was cut, or made anew."""

    exit_code: ClassVar[int] = 5
