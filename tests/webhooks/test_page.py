"""The receivers of docs/webhooks.md work as printed, and its tables are complete."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from shared_apps.webhooks.events import registered
from shared_apps.webhooks.models import Delivery

from .fixtures import Hook, deliver, emit

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
PROGRAMS = dict(
    re.findall(r"^`(receiver\.\w+)`\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)

# Start a program of the page with a secret, and return the process.
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path, port: int) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start(interpreter: str, name: str, secret: str) -> "subprocess.Popen[str]":
        (tmp_path / name).write_text(PROGRAMS[name])
        process = subprocess.Popen(
            [interpreter, name],
            cwd=tmp_path,
            env={"PORT": str(port), "WEBHOOK_SECRET": secret},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        wait_for(port)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


def receives(hook: Hook, start: Start, port: int, interpreter: str, name: str) -> None:
    """Check that a receiver takes what is signed with its secret, and nothing else."""
    url = f"http://127.0.0.1:{port}/"
    _, secret = hook(url)
    process = start(interpreter, name, secret)

    emit(7)
    deliver()

    one = Delivery.objects.get()
    assert (one.status, one.response_status) == ("delivered", 204)
    assert process.stdout is not None
    assert process.stdout.readline() == "member.changed 7\n"
    assert httpx.post(url, content=one.body).status_code == 401

    hook(url)  # It has another secret.
    emit(8)
    deliver()
    statuses = Delivery.objects.filter(subject="member:8").values_list("response_status", flat=True)
    assert sorted(filter(None, statuses)) == [204, 401]


def test_the_printed_python_receiver_takes_only_signed_messages(
    hook: Hook, local: None, start: Start, port: int
) -> None:
    receives(hook, start, port, sys.executable, "receiver.py")


@pytest.mark.proof
def test_the_printed_node_receiver_takes_only_signed_messages(
    hook: Hook, local: None, start: Start, port: int
) -> None:
    receives(hook, start, port, "node", "receiver.mjs")


def test_the_page_lists_every_event() -> None:
    """Such as those of an order: of items, orders and members."""
    table = PAGE.partition("| event | when |")[2].partition("\n\n")[0]

    assert set(re.findall(r"`(\w+\.\w+)`", table)) == {*registered}


def test_the_page_lists_every_error() -> None:
    table = PAGE.partition("| `error` | meaning |")[2].partition("\n\n")[0]
    words = {
        word
        for row in re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }

    assert words == set(Delivery.Error.values)
