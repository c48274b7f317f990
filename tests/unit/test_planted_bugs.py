"""The planted bugs of the mutation proof still fit the tree they are planted in."""

import ast
from pathlib import Path

import pytest

from tests.mutation.planted import BUGS
from tests.mutation.planting import Planted, planted_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_still_fits_and_is_still_a_program(bug: Planted, tmp_path: Path) -> None:
    path = tmp_path / bug.file
    path.parent.mkdir(parents=True)
    before = (ROOT / bug.file).read_text("utf-8")
    path.write_text(before, "utf-8")
    planted_in(bug, tmp_path)
    after = path.read_text("utf-8")
    assert after != before
    assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(before))


def test_there_are_enough_bugs_and_each_has_a_name_of_its_own() -> None:
    assert len(BUGS) >= 20
    assert len({bug.name for bug in BUGS}) == len(BUGS)


def test_a_bug_that_no_longer_fits_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", "utf-8")
    with pytest.raises(ValueError, match="does not fit"):
        planted_in(Planted("n", "I1", "b", "a.py", "y = 1", "y = 2"), tmp_path)
