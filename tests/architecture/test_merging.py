"""An adopter who added an app to an earlier commit can merge this one without a conflict."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The adopter adds a line to each of two files, after the line of an existing app.
LINES = {
    "config/settings.py": ('    "tenant_apps.orders",\n', '    "tenant_apps.notes",\n'),
    "config/urls.py": (
        '    path("api/orders/", include("tenant_apps.orders.urls")),\n',
        '    path("", include("tenant_apps.notes.urls")),\n',
    ),
}
# The adopter's commit is this number of changes of the two files ago.
CHANGES = 5


def git(*arguments: str, cwd: Path) -> str:
    who = ("-c", "user.name=Adopter", "-c", "user.email=adopter@example.com")
    done = subprocess.run(["git", *who, *arguments], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.proof
def test_an_adopter_merges_this_commit_without_a_conflict(tmp_path: Path) -> None:
    changes = git("rev-list", f"--max-count={CHANGES + 1}", "HEAD", "--", *LINES, cwd=ROOT)
    if len(changes.split()) <= CHANGES:
        pytest.skip("needs more history than a shallow clone has")
    started = changes.split()[-1]
    copy = tmp_path / "adopter"
    git("clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(copy), cwd=tmp_path)
    released = git("rev-parse", "HEAD", cwd=ROOT).strip()
    git("checkout", "--quiet", "-b", "adopter", started, cwd=copy)
    for folder in ("tenant_apps", "tests", "templates"):
        (copy / folder / "notes").mkdir()
        (copy / folder / "notes" / "own").write_text("Only the adopter changes this.\n")
    for name, (before, added) in LINES.items():
        text = (copy / name).read_text()
        assert before in text
        (copy / name).write_text(text.replace(before, before + added))
    git("add", "--all", cwd=copy)
    git("commit", "--quiet", "--message", "Notes", cwd=copy)

    git("merge", "--quiet", "--no-edit", released, cwd=copy)

    for name, (_, added) in LINES.items():
        assert added in (copy / name).read_text()
