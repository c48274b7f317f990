"""The lock of the broker's jars: which files, how long, with which SHA-256.

Decides whether a folder of jars is the one we ship a lock for. Refuses to know where jars come
from. A full check hashes every file (0.2 s); it leaves a stamp of sizes and modification times,
by which the next check is a glance.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

STAMP_NAME: Final = "verified.json"
_HERE: Final = Path(__file__).parent
POM: Final = _HERE / "pom.xml"


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the lock."""

    name: str
    size_bytes: int
    sha256: str


@cache
def locked_jars() -> tuple[Jar, ...]:
    """The shipped lock, in order of name."""
    return parse_lock((_HERE / "jars.sha256").read_text(encoding="ascii"))


def parse_lock(text: str) -> tuple[Jar, ...]:
    """`sha256 size name` a line; blank lines and lines that begin with # say nothing."""
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(Jar(name, int(size), digest) for digest, size, name in lines)


def kafka_version() -> str:
    """The broker's version, as the name of its jar in the lock tells it."""
    name = next(jar.name for jar in locked_jars() if jar.name.startswith("kafka_2.13-"))
    return name.removeprefix("kafka_2.13-").removesuffix(".jar")


def total_bytes() -> int:
    """All jars together."""
    return sum(jar.size_bytes for jar in locked_jars())


def problems(folder: Path) -> list[str]:
    """What is wrong with the jars in `folder`, every file hashed; empty when nothing is."""
    found = {path.name for path in folder.glob("*.jar")}
    expected = {jar.name: jar for jar in locked_jars()}
    wrong = [f"{name} is missing" for name in sorted(expected.keys() - found)]
    wrong += [f"{name} is not in the lock" for name in sorted(found - expected.keys())]
    for name in sorted(expected.keys() & found):
        content = (folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != expected[name].sha256:
            wrong.append(f"{name} is not the file that was locked")
    return wrong


def stamp(folder: Path) -> None:
    """Note that `folder` passed a full check just now."""
    (folder / STAMP_NAME).write_text(json.dumps(_glance(folder)), encoding="utf-8")


def is_stamped(folder: Path) -> bool:
    """Whether `folder` passed a full check against this lock and looks untouched since."""
    try:
        return bool(json.loads((folder / STAMP_NAME).read_bytes()) == _glance(folder))
    except (OSError, ValueError):
        return False


def _glance(folder: Path) -> dict[str, list[int] | str]:
    lock = hashlib.sha256((_HERE / "jars.sha256").read_bytes()).hexdigest()
    looks: dict[str, list[int] | str] = {"lock": lock}
    for path in sorted(folder.glob("*.jar")):
        status = path.stat()
        looks[path.name] = [status.st_size, status.st_mtime_ns]
    return looks
