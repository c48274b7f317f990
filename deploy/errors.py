"""How the shell fails: what happened, what to do about it, a code, and the exit status it means.

Decides the exit codes and the error tree of everything outside the pure rooms. Refuses to know
how an error is shown: the command line prints it, a process logs it. Bad data is never an
exception: it is a value that goes to the dead letters.

    LumbungError                    1
    +-- UsageError                  2   the command line says something impossible
    +-- ConfigError                 3   a setting is wrong or missing
    +-- DependencyError             4   something outside is missing or cannot be reached
    +-- CheckFailed                 5   data were rejected, or a check found problems
    +-- Interrupted               130   Ctrl-C

The letter of a code says where to look: C settings, F figures, J Java and jars, K Kafka, P
processes, W warehouse.
"""

from typing import ClassVar, Final

EXIT_DONE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_CONFIG: Final = 3
EXIT_DEPENDENCY: Final = 4
EXIT_CHECK: Final = 5
EXIT_INTERRUPTED: Final = 130


class LumbungError(Exception):
    """A failure a person can act on: `code` such as ``LB-K001``, `what` happened, the `remedy`."""

    exit_code: ClassVar[int] = EXIT_FAILED

    def __init__(self, code: str, what: str, remedy: str = "") -> None:
        super().__init__(code, what, remedy)
        self.code: Final = code
        self.what: Final = what
        self.remedy: Final = remedy

    def __str__(self) -> str:
        return f"{self.code}: {self.what}" + (f"\n{self.remedy}" if self.remedy else "")


class UsageError(LumbungError):
    """The command line says something impossible."""

    exit_code: ClassVar[int] = EXIT_USAGE


class ConfigError(LumbungError):
    """A setting is wrong or missing."""

    exit_code: ClassVar[int] = EXIT_CONFIG


class DependencyError(LumbungError):
    """Something outside Lumbung is missing, broken or cannot be reached."""

    exit_code: ClassVar[int] = EXIT_DEPENDENCY


class CheckFailed(LumbungError):
    """Data were rejected, or a check found problems."""

    exit_code: ClassVar[int] = EXIT_CHECK


class Interrupted(LumbungError):
    """The person at the keyboard stopped it."""

    exit_code: ClassVar[int] = EXIT_INTERRUPTED
