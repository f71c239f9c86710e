"""Runs a part of these tests as a separate process, in another environment."""

import os
import re
import subprocess
import sys

from dev.process import ROOT


def assert_passes(*arguments: str, least: int, seconds: int, **environment: str) -> None:
    """Run pytest with the arguments, and check that no test fails and at least so many pass.

    Args:
        seconds: the limit, enough for a slow machine.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=seconds,
    )

    assert done.returncode == 0, done.stdout
    passed = re.search(r"\b(\d+) passed", done.stdout)
    assert passed, done.stdout
    assert int(passed[1]) >= least, done.stdout
