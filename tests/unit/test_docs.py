"""The pages say what is: commands parse, links lead somewhere, tables agree with the code.

A page may leave something out; it may not promise what no command shows.
"""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from typer.main import get_command

from deploy import errors
from deploy.cli import app
from deploy.settings import Settings
from schemas.errors import Reason
from schemas.topics import TOPICS
from sinks.migrations.versions import (
    v0002_views,
    v0003_repairs,
    v0004_between_hubs,
    v0005_lives,
    v0006_pools,
    v0007_drafts,
)
from streams.agents.guards import EXIT_FATAL
from streams.core.eligibility import CODES
from streams.core.reasons import TEXTS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("producers", "streams", "sinks", "schemas", "deploy")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
TEXT = {page: page.read_text("utf-8") for page in PAGES}
UsageError: Any = typer.BadParameter.__base__
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
FENCED = re.compile(r"```.*?```", re.DOTALL)
INLINE = re.compile(r"`((?:\.venv/bin/)?(?:lumbung|make) [^`]+)`")
LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]+)?\)")
PLACE = re.compile(rf"`((?:{'|'.join(ROOMS)}|bench|docs|requirements|tests)/[\w./-]*)`")
CODE = re.compile(r"\bLB-[A-Z][0-9]{3}\b")


def page(name: str) -> str:
    return TEXT[ROOT / name]


def rows(text: str) -> list[list[str]]:
    """Cells of every table row but rulers, without bars that are escaped."""
    found = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    return [[cell.strip() for cell in row] for row in found if set("".join(row)) - set(" -:")]


def heads(text: str) -> set[str]:
    """The code word that opens each row."""
    return {hit[1] for row in rows(text) if (hit := re.match(r"`([^`]+)`", row[0]))}


class Told(NamedTuple):
    """A command as a page tells it; `whole` in a block, where nothing may be left out."""

    page: str
    words: tuple[str, ...]
    whole: bool

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def told(program: str) -> Iterator[Told]:
    for path, text in TEXT.items():
        lines = [(line, True) for block in BLOCK.findall(text) for line in block.splitlines()]
        lines += [(hit, False) for hit in INLINE.findall(FENCED.sub("", text).replace("\n", " "))]
        for line, whole in lines:
            words = shlex.split(line)
            if words and words[0].removeprefix(".venv/bin/") == program:
                yield Told(path.relative_to(ROOT).as_posix(), tuple(words[1:]), whole)


def parse(words: tuple[str, ...], *, whole: bool) -> None:
    """Read a command line as `lumbung` would, up to but without running it."""
    command: Any = get_command(app)
    context = command.context_class(command, info_name="lumbung")
    rest, name = list(words), "lumbung"
    while hasattr(command, "commands") and rest:
        name, command, rest = command.resolve_command(context, rest)
        context = command.context_class(command, info_name=name, parent=context)
    assert not (whole and hasattr(command, "commands")), "a group of verbs is not yet a command"
    if rest or whole:
        command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("command", [*told("lumbung")], ids=str)
def test_every_command_a_page_tells_can_be_typed(command: Told) -> None:
    parse(command.words, whole=command.whole)


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("get", "matches", "--colour", "red"),
        ("demo", "--minutes", "M"),
        ("report", "sing"),
        ("trace",),
    ],
)
def test_a_command_nobody_can_type_is_noticed(words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        parse(words, whole=True)


def test_every_command_a_message_of_the_program_tells_can_be_typed() -> None:
    wrong = []
    for path, said in sayings_of_the_program():
        for words in re.findall(r"(?:`|: )lumbung ([a-z][a-z -]*)", said):
            try:
                parse(tuple(words.split()), whole=False)
            except UsageError as fault:
                wrong.append(f"{path}: lumbung {words}: {fault}")
    assert wrong == []


def test_the_pages_tell_every_verb() -> None:
    verbs = set(get_command(app).commands)  # type: ignore[attr-defined]  # it is a group
    assert verbs - {command.words[0] for command in told("lumbung")} == set()


def test_every_make_target_a_page_tells_exists_and_each_is_told() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE))
    named = {word for command in told("make") for word in command.words[:1]}
    assert named - targets == set()
    assert targets - named - {"help"} == set()


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    broken = []
    for path, text in TEXT.items():
        for target, anchor in LINK.findall(FENCED.sub("", text)):
            if "://" in target:
                continue
            there = (path.parent / target).resolve() if target else path
            if not there.exists():
                broken.append(f"{path.name}: {target}")
            elif anchor and anchor[1:] not in headings(there.read_text("utf-8")):
                broken.append(f"{path.name}: {target}{anchor}")
    assert broken == []


def headings(text: str) -> set[str]:
    found = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_file_and_folder_a_page_names_is_there() -> None:
    named = {(path.name, place) for path, text in TEXT.items() for place in PLACE.findall(text)}
    assert len(named) > 20
    assert sorted((name, place) for name, place in named if not (ROOT / place).exists()) == []


def test_every_page_can_be_found_from_the_readme() -> None:
    seen: set[Path] = set()
    due = [ROOT / "README.md"]
    while due:
        path = due.pop()
        if path not in seen and path in TEXT:
            seen.add(path)
            due += [(path.parent / target).resolve() for target, _ in LINK.findall(TEXT[path])]
    assert {path.name for path in PAGES} - {path.name for path in seen} == {"CHANGELOG.md"}
    assert "](metrics.md)" in page("docs/operators.md")


def said_in(tree: ast.AST) -> Iterator[str]:
    """Every text of a module but its docstrings, which raise nothing."""
    nodes = list(ast.walk(tree))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield str(node.value)


def sayings_of_the_program() -> Iterator[tuple[str, str]]:
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for said in said_in(ast.parse(path.read_text("utf-8"))):
            yield path.relative_to(ROOT).as_posix(), said


def test_every_error_code_is_explained_and_none_is_made_up() -> None:
    explained = {hit for row in rows(page("docs/operators.md")) for hit in CODE.findall(row[0])}
    raised = {code for _, said in sayings_of_the_program() for code in CODE.findall(said)}
    assert explained == raised
    assert {code for text in TEXT.values() for code in CODE.findall(text)} == explained


def test_every_exit_code_is_explained() -> None:
    section = page("docs/operators.md").split("## Exit codes")[1].split("\n## ")[0]
    given = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert {int(row[0]) for row in rows(section)[1:]} == given | {EXIT_FATAL}


def settings(values: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from settings(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def test_every_setting_is_explained_with_its_default() -> None:
    section = page("docs/operators.md").split("## Settings")[1].split("\n## ")[0]
    shown = {row[0].strip("`"): row[1].strip("`") for row in rows(section)[1:]}
    blank = {None: "none", "": "empty"}
    real = {name: str(blank.get(v, v)) for name, v in settings(Settings().model_dump())}
    assert shown == real


def test_every_topic_is_explained_to_those_who_read_and_those_who_run() -> None:
    names = {topic.name for topic in TOPICS}
    assert names <= heads(page("docs/partners.md"))
    assert names <= heads(page("docs/operators.md"))


def test_the_views_are_told_with_exactly_their_columns() -> None:
    shown = {row[0].strip("`"): row[1].split(", ") for row in rows(page("docs/partners.md"))}
    columns = v0002_views.COLUMNS | v0003_repairs.COLUMNS | v0004_between_hubs.COLUMNS
    columns |= v0005_lives.COLUMNS
    columns |= v0006_pools.COLUMNS
    columns |= v0007_drafts.COLUMNS
    real = {view: [word.split("=")[0] for word in told.split()] for view, told in columns.items()}
    assert {view: columns for view, columns in shown.items() if view.startswith("v_")} == real


def test_every_reason_is_told_to_clerks_in_both_languages() -> None:
    section = page("docs/clerks.md").split("### Alasan")[1].split("\n## ")[0]
    told_reasons = {row[0].strip("`"): row[1:] for row in rows(section)[1:]}
    assert set(told_reasons) == {reason.value for reason in Reason}
    assert all(len(words) == 2 and all(words) for words in told_reasons.values())


def test_every_constraint_and_reason_of_the_matcher_is_explained() -> None:
    told_codes = {
        code for row in rows(page("docs/matching.md")) for code in re.findall(r"`(\w+)`", row[0])
    }
    assert set(CODES) | set(TEXTS) <= told_codes


def test_every_folder_is_explained() -> None:
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()}
    folders = {
        f"{path.name}/"
        for path in ROOT.iterdir()
        if path.is_dir() and path.name not in ignored | {".git"} and any(path.iterdir())
    }
    assert folders <= heads(page("docs/architecture.md"))


def test_the_words_of_the_glossary_live_in_the_code_and_in_the_pages() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    code = set(re.findall(r"\w+", " ".join(path.read_text("utf-8") for path in sources)))
    others = " ".join(text for path, text in TEXT.items() if path.name != "glossary.md").lower()
    lost = []
    for term, _, meaning, where in rows(page("docs/glossary.md"))[1:]:
        words = re.findall(r"`(\w+)`", where)
        spoken = re.findall(r"\*\*(.+?)\*\*", term)
        assert all((words, spoken, meaning)), term
        lost += [f"{term}: {word}" for word in words if word not in code]
        lost += [f"{word}: on no page" for word in spoken if word.lower() not in others]
    assert lost == []


def test_every_decision_has_its_three_parts_and_its_place_in_the_list() -> None:
    index = page("docs/adr/README.md")
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        parts = re.findall(r"^## (\w+)$", TEXT[path], re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name
        assert f"({path.name})" in index
