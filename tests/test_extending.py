"""docs/extending.md, then docs/testing.md, to the letter in a scratch copy of the project."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scratch import copy_checkout, scratch_environment

pytestmark = pytest.mark.proof

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


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
    printed_in = [(ROOT / "docs" / name).read_text() for name in ("extending.md", "testing.md")]
    for block in BLOCK.finditer("\n".join(printed_in)):
        if block["kind"] == "sh":
            printed += run("sh", "-eu", "-c", block["text"])
        elif block["kind"] == "diff":
            run("git", "apply", "--unidiff-zero", "-", text=block["text"])
        else:
            (copy / block["file"]).write_text(block["text"])

    assert len(re.findall(r"\d+ passed", printed)) == 2
    assert "failed" not in printed
    run("make", "lint")
    run("make", "types")
