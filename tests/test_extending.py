"""docs/extending.md as it is printed, in a scratch copy of the project."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scratch import copy_checkout, scratch_environment

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(?P<kind>sh|diff)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with scratch_environment() as environment:
        yield environment


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project; its first `make` builds .venv."""
    return copy_checkout(tmp_path / "project")


def test_the_example_app_is_built_as_printed_and_its_tests_pass(
    copy: Path, environment: dict[str, str]
) -> None:
    def run(*command: str, text: str | None = None) -> str:
        done = subprocess.run(
            command, cwd=copy, env=environment, input=text, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    printed = ""
    for block in BLOCK.finditer((ROOT / "docs" / "extending.md").read_text()):
        if block["kind"] == "sh":
            printed += run("sh", "-eu", "-c", block["text"])
        else:
            run("git", "apply", "--unidiff-zero", "-", text=block["text"])

    assert len(re.findall(r"\d+ passed", printed)) == 2
    assert "failed" not in printed
    run("make", "lint")
    run("make", "types")
