"""Runs the commands, diffs and files of a docs page exactly as printed."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w./]+)`\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


def run(
    *command: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    text: str | None = None,
    fails: bool = False,
) -> str:
    """Run a command, check that it succeeds (or `fails`), and return its output."""
    done = subprocess.run(command, cwd=cwd, env=env, input=text, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, output
    return output


def follow(page: str, *, cwd: Path, env: Mapping[str, str]) -> str:
    """Run the page's commands, apply its diffs and write its files; return the output."""
    printed = ""
    for block in _BLOCK.finditer(page):
        if block["kind"] == "sh":
            printed += run("sh", "-eu", "-c", block["text"], cwd=cwd, env=env)
        elif block["kind"] == "diff":
            run("git", "apply", "--unidiff-zero", "-", cwd=cwd, env=env, text=block["text"])
        else:
            (cwd / block["file"]).write_text(block["text"])
    return printed
