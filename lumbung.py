"""The one door: puts the house on the path, then hands over to ``deploy.cli.main``.

Installed, the house is the folder ``_lumbung`` beside this file; in a clone it is the clone.
Child processes are started through this file, so that they find the same house.
"""

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_HOUSE = str(_HERE / "_lumbung" if (_HERE / "_lumbung").is_dir() else _HERE)
if sys.path[0] != _HOUSE:
    sys.path.insert(0, _HOUSE)


def main() -> None:
    """Run the command that the arguments name; ends by ``SystemExit`` with its code."""
    from deploy.cli import main as run  # noqa: PLC0415 - importable only once the path is set

    run()


if __name__ == "__main__":
    main()
