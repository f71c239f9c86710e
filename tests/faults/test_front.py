"""The nginx configuration of the documentation protects the workers."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest

from dev.process import ROOT, free_port
from tests.isolation.servers import Program
from tests.processes import PATIENCE

from .service import WORKERS, Shop, running_service, wait_until

pytestmark = pytest.mark.proof

NGINX = "/usr/sbin/nginx"
SHOPS = 1
SIGN_IN = "/api/auth/token/"
JSON = {"Content-Type": "application/json"}


def documented() -> str:
    """Return the documented configuration, with plain HTTP."""
    (printed,) = re.findall(
        r"```nginx\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL
    )
    return re.sub(r" *ssl_.*\n", "", printed)


@pytest.fixture(scope="module")
def port(
    database: Program, shops: list[Shop], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of nginx in front of a service with default settings except for one limit."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    environment = {"TRUSTED_PROXIES": "1", "THROTTLE_SIGN_IN_ADDRESS": "2"}
    with ExitStack() as stack:
        service = stack.enter_context(
            running_service(database.server, folder / "log", **environment)
        )
        server = (
            documented()
            .replace("127.0.0.1:8000", f"127.0.0.1:{service.port}")
            .replace("listen 443 ssl", f"listen 127.0.0.1:{port}")
            .replace("$host", "127.0.0.1")
        )
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; pid {folder}/pid; error_log {folder}/error; worker_processes 1;"
            f"events {{}} http {{ access_log off;\n{server} }}"
        )
        process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(configuration)])
        stack.callback(process.wait, PATIENCE)
        stack.callback(process.terminate)
        wait_until(lambda: _listens(port))
        yield port


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def request(
    port: int, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> int:
    """Send a request, an iterable body without its length, and return the status."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request(method, path, body, headers or {})  # type: ignore[arg-type]
        return connection.getresponse().status


def test_unfinished_bodies_block_no_worker(port: int) -> None:
    start_of_request = (
        f"POST {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        "Content-Length: 100\r\n\r\n{"
    ).encode()
    with ExitStack() as stack:
        for _ in range(WORKERS * 4):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            slow.sendall(start_of_request)

        assert [request(port, "GET", "/healthz") for _ in range(10)] == [200] * 10


@pytest.mark.parametrize("name", ["X_Forwarded_For", "X-Forwarded-For"])
def test_a_caller_cannot_change_their_address_with_a_header(port: int, name: str) -> None:
    """Each worker has its own counter."""
    guess = '{"email": "%s@shop.example", "password": "wrong"}'

    responses = [
        request(port, "POST", SIGN_IN, guess % number, {**JSON, name: f"192.0.2.{number}"})
        for number in range(WORKERS * 2 + 1)
    ]

    assert responses[-1] == 429


def test_a_body_without_its_length_is_accepted_up_to_the_limit(
    port: int, shops: list[Shop]
) -> None:
    headers = {**JSON, "Authorization": f"Token {shops[0].token}"}
    order = (b'{"lines": [{"item": %d,' % shops[0].items[0], b' "quantity": 1}]}')

    assert request(port, "POST", "/api/orders/", iter(order), headers) == 201
    assert request(port, "POST", "/api/orders/", iter([b" " * 3_000_000]), headers) == 413


@pytest.mark.parametrize(("size", "status"), [(262_144, 401), (3_000_000, 413)])
def test_a_response_that_does_not_need_the_body_arrives(port: int, size: int, status: int) -> None:
    """nginx sends 502 when the service closes a connection before the whole body is sent."""
    responses = {request(port, "POST", "/api/orders/", b" " * size, JSON) for _ in range(50)}

    assert responses == {status}
