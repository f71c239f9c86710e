"""The README's curl session prints what the README shows."""

import re
import socket
import subprocess
from collections.abc import Iterator

import pytest

from tests.scratch import ROOT, scratch_environment


@pytest.fixture
def address() -> Iterator[str]:
    """The address of `make run`, once it prints it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    with (
        scratch_environment() as environment,
        subprocess.Popen(
            ["make", "run"],
            cwd=ROOT,
            env=environment | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        printed: list[str] = []
        while not printed or address not in printed[-1]:
            printed.append(server.stdout.readline())
            assert printed[-1], "".join(printed)
        yield address
        server.terminate()
        server.stdout.read()


@pytest.mark.proof
def test_the_curl_session_prints_what_the_readme_shows(address: str) -> None:
    readme = (ROOT / "README.md").read_text().partition("runs this as printed")[2]
    session, printed = re.findall(r"```(?:sh)?\n(.*?)```", readme, re.DOTALL)[:2]

    completed = subprocess.run(
        ["bash", "-eu", "-c", session.replace("127.0.0.1:8000", address)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert completed.stdout.strip() == printed.strip()
