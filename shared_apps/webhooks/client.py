"""Sends a message to a URL: to an address that was checked, and within a total time.

httpx has a timeout for each read and write. A server that sends a byte now and then could hold a
worker for hours, so the sockets here have a deadline, too.
"""

import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from time import monotonic
from typing import Any

import certifi
import httpcore
import httpx

from shared_apps.audit.storable import storable_text
from tenantry import __version__

from .addresses import AddressDenied, HostNotFound, allowed_addresses
from .models import Delivery

CONNECT_TIMEOUT = 3.0  # seconds
MAX_RESPONSE = 1_024  # bytes that are kept
_PIECE = 16_384  # bytes that are written without a look at the deadline

Error = Delivery.Error


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an attempt.

    Attributes:
        error: empty for a success.
        status: of the response, if there was one.
        response: the beginning of its body.
        seconds: until the response was read.
    """

    error: str
    status: int | None = None
    response: str = ""
    seconds: float = 0


def send(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float) -> Outcome:
    """Post a message once. Redirects are not followed, and proxies of the environment not used.

    Args:
        timeout: seconds for all of it, from the name to the end of the response.
    """
    begun = monotonic()
    outcome = _attempt(url, body, headers, deadline=begun + timeout)
    return Outcome(outcome.error, outcome.status, outcome.response, monotonic() - begun)


def _attempt(url: str, body: bytes, headers: Mapping[str, str], *, deadline: float) -> Outcome:
    fixed = {
        "Content-Type": "application/json",
        "User-Agent": f"Tenantry-Webhooks/{__version__}",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    try:
        with (
            httpx.Client(
                transport=_Transport(deadline),
                trust_env=False,
                timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),
            ) as client,
            client.stream("POST", url, content=body, headers={**fixed, **headers}) as response,
        ):
            return _outcome_of(response)
    except _EXPECTED as error:
        return Outcome(_reason(error))


_EXPECTED = (
    AddressDenied,
    HostNotFound,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpx.InvalidURL,
    OSError,
)


def _reason(error: BaseException) -> Error:
    match error:
        case AddressDenied():
            return Error.ADDRESS
        case HostNotFound():
            return Error.HOST
        case httpcore.TimeoutException():
            return Error.TIMEOUT
    # httpcore wraps it, and drops its __cause__.
    wrapped = error.args[0] if error.args else None
    return Error.TLS if isinstance(wrapped, ssl.SSLError) else Error.CONNECTION


def _outcome_of(response: httpx.Response) -> Outcome:
    text = storable_text(_beginning(response).decode(errors="backslashreplace"), MAX_RESPONSE)
    error = Error.REDIRECT if response.is_redirect else Error.STATUS
    return Outcome("" if response.is_success else error, response.status_code, text)


def _beginning(response: httpx.Response) -> bytes:
    """Return what the body begins with, also of one that does not end."""
    read = b""
    try:
        for piece in response.iter_raw():
            read += piece
            if len(read) >= MAX_RESPONSE:
                break
    except _EXPECTED:
        pass  # The status has come, which is what counts.
    return read[:MAX_RESPONSE]


class _Transport(httpx.BaseTransport):
    """httpx's own transport cannot use another network backend."""

    def __init__(self, deadline: float) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_ssl_context(), network_backend=_Backend(deadline)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, Iterable)
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response.stream)
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


@cache
def _ssl_context() -> ssl.SSLContext:
    """Trust the authorities of the system, and Mozilla's where the system has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Backend(httpcore.NetworkBackend):
    """Connects to an address that was checked, so a name that changes meanwhile has no effect.

    TLS and the Host header still have the name.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = HostNotFound(host)
        for address in allowed_addresses(host, timeout=_left(self._deadline, CONNECT_TIMEOUT)):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, timeout=_left(self._deadline, timeout)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A socket with a deadline for all that it does."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        encrypted = self._stream.start_tls(
            ssl_context, server_hostname, _left(self._deadline, timeout)
        )
        return _Stream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    """Return the seconds that an operation may take.

    Raises:
        httpcore.ReadTimeout: the deadline has passed.
    """
    left = deadline - monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The total time has passed.")
    return left if timeout is None else min(left, timeout)
