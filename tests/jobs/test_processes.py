"""The parent of a worker's processes: whatever happens to it, none of them runs on unwatched."""

import errno
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from structlog.testing import capture_logs

from shared_apps.jobs import processes
from shared_apps.jobs.management.commands import run_jobs
from shared_apps.jobs.processes import STOPPING, Processes
from tests.architecture.test_settings import manage


class Child:
    """A process of a burst that ends at the second look. No test forks."""

    started: list["Child"]
    fails: list[Exception]
    pid, exitcode = 1, 0

    def __init__(self, **_: Any) -> None:
        self.looks = 0
        self.is_stopped = self.is_joined = False

    def start(self) -> None:
        if self.fails:
            raise self.fails.pop()
        self.started.append(self)

    def is_alive(self) -> bool:
        self.looks += 1
        return self.looks < 2

    def terminate(self) -> None:
        self.is_stopped = True

    def join(self, timeout: float | None = None) -> None:
        self.is_joined = True

    def kill(self) -> None: ...


@pytest.fixture(autouse=True)
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Child]]:
    """The class of the processes. Signals have their handlers again after the test."""
    monkeypatch.setattr(run_jobs, "require_usable_database", lambda: None)
    monkeypatch.setattr(Child, "started", [], raising=False)
    monkeypatch.setattr(Child, "fails", [], raising=False)
    monkeypatch.setattr(processes._fork, "Process", Child)
    monkeypatch.setattr(processes, "PAUSE", 0)
    handlers = [(number, signal.getsignal(number)) for number in STOPPING]
    yield Child
    for number, handler in handlers:
        signal.signal(number, handler)


def burst(alive_file: Path | None = None, *, reload: bool = False) -> Processes:
    return Processes(
        processes=2, queues=["default"], threads=1, burst=True, alive_file=alive_file, reload=reload
    )


def test_an_error_of_the_parent_ends_its_processes(
    child: type[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> Iterator[Path]:
        yield Path(__file__)
        if child.started:
            raise RuntimeError("a defect")

    monkeypatch.setattr(processes, "iter_all_python_module_files", fail)

    with pytest.raises(RuntimeError, match="a defect"):
        burst(reload=True).run()

    assert [(each.is_stopped, each.is_joined) for each in child.started] == [(True, True)] * 2


def test_a_process_that_cannot_be_forked_is_started_later(child: type[Child]) -> None:
    child.fails = [OSError(errno.ENOMEM, "Cannot allocate memory")]

    with capture_logs() as lines:
        burst().run()

    assert len(child.started) == 2
    assert [line["reason"] for line in lines] == ["Cannot allocate memory"]


def test_signals_arrive_after_a_failed_fork(child: type[Child]) -> None:
    child.fails = [OSError(errno.EMFILE, "Too many open files")]

    with pytest.raises(OSError, match="Too many open files"):
        burst().run()

    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & set(STOPPING)


@pytest.mark.parametrize("make", [lambda _: None, Path.touch])
def test_an_alive_file_that_cannot_be_written_is_an_error_before_the_start(
    child: type[Child], tmp_path: Path, make: Callable[[Path], None]
) -> None:
    folder = tmp_path / "folder"
    make(folder)

    with pytest.raises(CommandError, match=rf"^--alive-file {folder}/alive: .*\. Use a file"):
        call_command("run_jobs", "--burst", "--alive-file", str(folder / "alive"))

    assert child.started == []


def test_an_alive_file_that_cannot_be_written_later_ends_no_task(
    tmp_path: Path,
) -> None:
    with capture_logs() as lines:
        burst(tmp_path / "deleted" / "alive").run()

    assert len(lines) > 1
    assert {line["event"] for line in lines} == {"the alive file cannot be written"}


def test_a_python_file_may_vanish_while_its_time_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Vanishing:
        def exists(self) -> bool:
            return True

        def stat(self) -> None:
            raise FileNotFoundError

    monkeypatch.setattr(processes, "iter_all_python_module_files", lambda: [Vanishing()])

    burst(reload=True).run()


def test_a_burst_with_a_process_that_died_is_an_error_and_does_not_start_it_again(
    child: type[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "exitcode", -9)

    with capture_logs() as lines, pytest.raises(CommandError, match="tasks may still wait"):
        call_command("run_jobs", "--burst")

    assert [(line["event"], line["exit_status"]) for line in lines] == [
        ("a worker process died", -9)
    ]
    assert len(child.started) == 1


def test_a_burst_without_a_database_is_an_error() -> None:
    done = manage("run_jobs", "--burst")

    assert done.returncode == 1
    *warnings, last = done.stderr.splitlines()
    assert last.startswith("CommandError: The burst has failed")
    assert sum("tasks cannot be read" in line for line in warnings) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--queue", "none"], "No queue none: use default"),
        (["--processes", "0"], "at least one process"),
        (["--threads", "0"], "at least one process"),
    ],
)
def test_wrong_arguments_are_explained(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("run_jobs", *arguments)
