"""How the producers' shell fails: a code, what happened, what to do about it.

Decides the error tree of this room and the exit status each kind suggests. Refuses to know how an
error is shown. Bad data is never raised: it is a value (a verdict, an unclear word).

    ProducerError        1
    +-- OutboxError      1   the device's own store is locked, full or broken
    +-- PublishError     4   the broker cannot be reached or does not take the records
    +-- ClockError       4   the ticks cannot be numbered or sent, or another clock runs
    +-- SheetError       5   a file is not a table that can be read

The letter of a code says where to look: O outbox, K Kafka, T clock, S spreadsheet.
"""

from typing import ClassVar, Final


class ProducerError(Exception):
    """A failure a person can act on: `code` such as ``LB-O001``, `what` happened, the `remedy`."""

    exit_code: ClassVar[int] = 1

    def __init__(self, code: str, what: str, remedy: str = "") -> None:
        super().__init__(code, what, remedy)
        self.code: Final = code
        self.what: Final = what
        self.remedy: Final = remedy

    def __str__(self) -> str:
        return f"{self.code}: {self.what}" + (f"\n{self.remedy}" if self.remedy else "")


class OutboxError(ProducerError):
    """The device's own store is locked, full or broken; nothing was assigned or lost."""


class PublishError(ProducerError):
    """The broker cannot be reached, or did not acknowledge within the bound."""

    exit_code: ClassVar[int] = 4


class ClockError(ProducerError):
    """The ticks cannot be numbered or sent, or another clock runs on the same data."""

    exit_code: ClassVar[int] = 4


class SheetError(ProducerError):
    """A file is not a table that can be read."""

    exit_code: ClassVar[int] = 5
