"""A message is sent to the address that was checked, within its time, and nowhere else."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from shared_apps.webhooks import client
from shared_apps.webhooks.client import Outcome, send

from .receiver import Handler, Server, serving
from .resolver import Resolver

BODY = b'{"type": "member.changed"}'


def post(url: str, *, timeout: float = 10) -> Outcome:
    return send(url, BODY, {"webhook-id": "msg_1"}, timeout=timeout)


def test_a_message_arrives_with_its_headers(receiver: Server) -> None:
    outcome = post(receiver.url)

    (got,) = receiver.received
    assert (outcome.error, outcome.status) == ("", 204)
    assert (got.path, got.body) == ("/hooks", BODY)
    assert (
        got.headers.items()
        >= {
            "content-type": "application/json",
            "webhook-id": "msg_1",
            "host": f"127.0.0.1:{receiver.server_port}",
        }.items()
    )


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_a_status_of_2xx_is_a_success(receiver: Server, status: int) -> None:
    receiver.respond_with(status)

    assert post(receiver.url).error == ""


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_failure(receiver: Server, status: int) -> None:
    receiver.respond_with(status, b"no")

    outcome = post(receiver.url)

    assert (outcome.error, outcome.status, outcome.response) == ("status", status, "no")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(receiver: Server, status: int) -> None:
    with serving("127.0.0.2") as private:
        receiver.respond_with(status, Location=private.url)

        outcome = post(receiver.url)

    assert (outcome.error, outcome.status) == ("redirect", status)
    assert private.received == []


def test_at_most_1_kb_of_a_response_is_kept(receiver: Server) -> None:
    receiver.respond_with(200, b"x" * 100_000)

    assert post(receiver.url).response == "x" * 1024


def test_a_response_that_is_not_text_can_be_kept(receiver: Server) -> None:
    receiver.respond_with(500, b"\0\xff\xed\xa0\x80")

    assert post(receiver.url).response == r"\x00\xff\xed\xa0\x80"


def test_a_compressed_response_is_not_unpacked(receiver: Server) -> None:
    receiver.respond_with(200, b"\x1f\x8b", **{"Content-Encoding": "gzip"})

    outcome = post(receiver.url)

    assert (outcome.error, outcome.status) == ("", 200)
    assert receiver.received[0].headers["accept-encoding"] == "identity"


def test_a_receiver_without_a_response_is_not_waited_for(receiver: Server) -> None:
    release = Event()
    receiver.is_silent_until(release)
    outcome = post(receiver.url, timeout=0.3)
    release.set()

    assert (outcome.error, outcome.status) == ("timeout", None)
    assert outcome.seconds < 2


@pytest.mark.parametrize("part", ["headers", "body"])
def test_a_receiver_that_sends_a_byte_now_and_then_is_not_waited_for(
    receiver: Server, part: str
) -> None:
    """Each byte comes in time; all of them would take ten seconds."""
    release = Event()

    def drip(handler: Handler) -> None:
        begun = b"HTTP/1.1 200 OK\r\n" + (b"\r\n" if part == "body" else b"X-Long: ")
        handler.wfile.write(begun)
        for _ in range(200):
            handler.wfile.write(b"x")
            if release.wait(timeout=0.05):
                return

    receiver.respond = drip
    begun = monotonic()

    outcome = post(receiver.url, timeout=0.3)
    release.set()

    assert monotonic() - begun < 2
    assert outcome.error == ("timeout" if part == "headers" else "")


def test_a_receiver_that_reads_nothing_is_not_waited_for(local: None) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as listening:
        port = listening.getsockname()[1]
        begun = monotonic()

        outcome = send(f"http://127.0.0.1:{port}/", b"x" * 20_000_000, {}, timeout=0.3)

    assert outcome.error == "timeout"
    assert monotonic() - begun < 3


def test_a_port_without_a_server_is_a_failure(local: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    assert post(f"http://127.0.0.1:{port}/").error == "connection"


@pytest.mark.parametrize("response", [b"", b"not HTTP\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n"])
def test_what_is_not_http_is_a_failure(receiver: Server, response: bytes) -> None:
    def write(handler: Handler) -> None:
        handler.wfile.write(response)

    receiver.respond = write

    assert post(receiver.url).error == "connection"


def test_proxies_of_the_environment_are_not_used(
    receiver: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("127.0.0.2") as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.2:{proxy.server_port}")

        assert post(receiver.url).error == ""

    assert proxy.received == []
    assert len(receiver.received) == 1


# --- Names ---


def test_a_name_with_a_private_address_is_not_connected(
    resolver: Resolver, settings: Settings
) -> None:
    with serving() as private:
        resolver.names = {"hooks.example": ["127.0.0.1"]}

        outcome = post(f"http://hooks.example:{private.server_port}/")

    assert outcome.error == "address"
    assert private.received == []


def test_one_private_address_among_several_denies_all(
    resolver: Resolver, settings: Settings
) -> None:
    settings.WEBHOOKS_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]
    with serving() as allowed:
        resolver.names = {"hooks.example": ["127.0.0.1", "127.0.0.2"]}

        outcome = post(f"http://hooks.example:{allowed.server_port}/")

    assert outcome.error == "address"
    assert allowed.received == []


def test_a_name_that_changes_after_the_check_has_no_effect(
    resolver: Resolver, settings: Settings
) -> None:
    """The name server returns an allowed address to the first question, and another one later."""
    settings.WEBHOOKS_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]
    addresses = iter([["127.0.0.1"]])
    resolver.names = {"hooks.example": lambda: next(addresses, ["127.0.0.2"])}
    with serving() as checked, serving("127.0.0.2") as private:
        first = post(f"http://hooks.example:{checked.server_port}/")
        second = post(f"http://hooks.example:{private.server_port}/")

    assert (first.error, second.error) == ("", "address")
    assert resolver.asked == ["hooks.example", "hooks.example"]
    assert checked.received[0].headers["host"] == f"hooks.example:{checked.server_port}"
    assert private.received == []


def test_the_next_address_is_tried_if_one_cannot_be_connected(
    receiver: Server, resolver: Resolver
) -> None:
    resolver.names = {"hooks.example": ["127.0.0.3", "127.0.0.1"]}

    assert post(f"http://hooks.example:{receiver.server_port}/").error == ""


def test_an_unknown_name_is_a_failure(resolver: Resolver, local: None) -> None:
    assert post("http://gone.example/").error == "host"


# --- TLS ---


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for hooks.example, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(client, "_ssl_context", lambda: context)


@pytest.fixture
def tls(certificate: Path, local: None, resolver: Resolver) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    resolver.names = {"hooks.example": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    with serving(tls=context) as server:
        context.sni_callback = lambda _, name, __: server.names.append(name)
        yield server


def test_tls_has_the_name_and_not_the_address(tls: Server, trusted: None) -> None:
    outcome = post(f"https://hooks.example:{tls.server_port}/")

    assert outcome.error == ""
    assert tls.names == ["hooks.example"]
    assert tls.received[0].headers["host"] == f"hooks.example:{tls.server_port}"


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_a_failure(tls: Server, trusted: None, host: str) -> None:
    assert post(f"https://{host}:{tls.server_port}/").error == "tls"
    assert tls.received == []


def test_an_untrusted_certificate_is_a_failure(tls: Server) -> None:
    assert post(f"https://hooks.example:{tls.server_port}/").error == "tls"
    assert tls.received == []
