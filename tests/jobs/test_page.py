"""docs/jobs.md works exactly as printed."""

from pathlib import Path

import pytest

from tests.printed import follow, run
from tests.scratch import ROOT, copy_checkout, scratch_environment


@pytest.mark.proof
def test_the_printed_tasks_work(tmp_path: Path) -> None:
    copy = copy_checkout(tmp_path / "project")
    page = (ROOT / "docs" / "jobs.md").read_text()

    with scratch_environment() as environment:
        printed = follow(page, cwd=copy, env=environment)
        run("make", "lint", cwd=copy, env=environment)
        run("make", "types", cwd=copy, env=environment)

    assert "1 passed" in printed
