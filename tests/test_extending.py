"""docs/extending.md works exactly as printed."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.printed import follow, run
from tests.scratch import ROOT, copy_checkout, scratch_environment

pytestmark = pytest.mark.proof


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with scratch_environment() as environment:
        yield environment


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project without .venv; its first `make` creates it."""
    return copy_checkout(tmp_path / "project")


def test_the_printed_app_works_and_its_tests_pass(copy: Path, environment: dict[str, str]) -> None:
    page = (ROOT / "docs" / "extending.md").read_text()

    printed = follow(page, cwd=copy, env=environment)

    assert len(re.findall(r"\d+ passed", printed)) == 2
    assert "failed" not in printed
    examples = (ROOT / "tests" / "extending_examples.py-tpl").read_text()
    (copy / "tests" / "notes" / "test_examples.py").write_text(examples)
    run("make", "test", "ARGS=tests/notes/test_examples.py", cwd=copy, env=environment)
    run("make", "lint", cwd=copy, env=environment)
    run("make", "types", cwd=copy, env=environment)
