"""`python tied.py PARENT COMMAND...`: become COMMAND, to be killed by the kernel when PARENT dies.

Decides nothing but the tie (PR_SET_PDEATHSIG, kept across exec); run as a file, with the
standard library only, so that it costs some milliseconds. A forked hook in the parent would do
the same but may deadlock in a program with threads. Where the kernel has no such tie it only
becomes COMMAND.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Tie, check that the parent had not died before, and become `command`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - that is what this file is for
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
