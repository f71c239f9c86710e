"""PROOFS_SECONDS: after so many seconds no proof begins, so that CI ends in time on a slow machine.

The proofs are in random order, and pytest lists those that did not run.
"""

import os
import time

import pytest

SECONDS = int(os.environ.get("PROOFS_SECONDS") or 0)
BEGAN = time.monotonic()


def pytest_runtest_setup(item: pytest.Item) -> None:
    is_over = SECONDS and time.monotonic() - BEGAN > SECONDS
    if is_over and item.get_closest_marker("proof"):
        pytest.skip(f"the {SECONDS} seconds of PROOFS_SECONDS are over")
