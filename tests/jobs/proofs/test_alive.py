"""The file for probes is touched while all processes of a worker reach the database."""

import os
import signal
import time
from pathlib import Path

import pytest

from shared_apps.jobs.processes import STALE
from tests.isolation.servers import Program

from .workers import running_worker, wait_until

pytestmark = pytest.mark.proof


@pytest.fixture
def alive(tmp_path: Path) -> Path:
    return tmp_path / "alive"


def age(file: Path) -> float:
    return time.time() - file.stat().st_mtime


def test_the_file_grows_old_while_the_database_is_away(
    database: Program, log: Path, alive: Path
) -> None:
    with running_worker(database.server, log, "--alive-file", str(alive)):
        wait_until(alive.exists, log)
        wait_until(lambda: age(alive) < 1, log)
        database.stop()
        try:
            wait_until(lambda: age(alive) > 5, log, patience=STALE + 15)
        finally:
            database.start()
        wait_until(lambda: age(alive) < 2, log)


def test_the_file_grows_old_while_one_process_is_frozen(
    database: Program, log: Path, alive: Path
) -> None:
    options = ("--processes", "2", "--alive-file", str(alive))
    with running_worker(database.server, log, *options) as worker:
        wait_until(lambda: len(worker.children()) == 2, log)
        wait_until(lambda: age(alive) < 1, log)
        child = worker.children()[0]
        os.kill(child, signal.SIGSTOP)
        wait_until(lambda: age(alive) > 5, log, patience=STALE + 15)
        os.kill(child, signal.SIGCONT)
        wait_until(lambda: age(alive) < 2, log)
