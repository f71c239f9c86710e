"""Our service and its peers: how each is served and requested."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PRICED, ITEMS, ORDERS = "/api/orders/priced/", "/api/items/", "/api/orders/"

_BIN = Path(sys.executable).parent
_CORES = str(os.cpu_count())


def _granian(application: str, *, threads: int) -> tuple[str, ...]:
    return (
        *(f"{_BIN}/granian", "--interface", "wsgi", "--no-ws", "--workers", _CORES),
        *("--blocking-threads", str(threads), "--port", "{port}", application),
    )


def _gunicorn(application: str) -> tuple[str, ...]:
    # Without --reuse-port one worker gets most keep-alive connections.
    return (
        *(f"{_BIN}/gunicorn", "--worker-class", "gthread", "--workers", "2", "--threads", "2"),
        *("--reuse-port", "--bind", "127.0.0.1:{port}", application),
    )


def _uvicorn(application: str) -> tuple[str, ...]:
    return (
        *(f"{_BIN}/uvicorn", "--loop", "uvloop", "--http", "httptools", "--workers", _CORES),
        *("--no-access-log", "--log-level", "warning", "--port", "{port}", application),
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """A member of one organization, with the data that the services need.

    Attributes:
        token: plaintext, for services that authenticate.
        user_id: for the service without authentication.
        organization_id: for the service without authentication.
    """

    token: str
    user_id: int
    organization_id: int


def with_token(caller: Caller, path: str) -> str:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {caller.token}\r\n"
        "Accept: application/json\r\n\r\n"
    )


def with_ids(caller: Caller, path: str) -> str:
    """Return a request with the ids of user and organization, without authentication."""
    body = json.dumps({"user_id": caller.user_id, "organization_id": caller.organization_id})
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the comparison.

    Attributes:
        name: its name in the tables.
        command: the server's command, with `{port}` as placeholder.
        paths: the paths that it serves.
        ask: builds the request of a caller for a path.
    """

    name: str
    command: tuple[str, ...]
    paths: tuple[str, ...] = (PRICED,)
    ask: Callable[[Caller, str], str] = with_token

    def environment(self, database_url: str) -> Mapping[str, str]:
        """Return the environment of production, without TLS.

        Throttles count requests as always; the limits are high because there are few callers.
        """
        return os.environ | {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "false",
            "SECURE_SSL_REDIRECT": "false",
            "ALLOWED_HOSTS": "127.0.0.1",
            "THROTTLE_USER": "1000000000",
            "THROTTLE_ORGANIZATION": "1000000000",
        }


_ALL = (PRICED, ITEMS, ORDERS)

# The command of README.md.
OURS = Service("ours", _granian("config.wsgi:application", threads=1), _ALL)

FLASK = Service("Flask + SQLAlchemy", _gunicorn("benchmarks.peers.walkthrough:app"), _ALL, with_ids)
STOCK = Service("django-tenants", _gunicorn("benchmarks.peers.stock.wsgi:application"), _ALL)
SINGLE = Service("one schema", _granian("benchmarks.peers.single.wsgi:application", threads=1))
FAST = Service("FastAPI + asyncpg", _uvicorn("benchmarks.peers.fast:direct"))
POOLED = Service("FastAPI, nothing prepared", _uvicorn("benchmarks.peers.fast:pooled"))
FLOOR = Service("bare WSGI", _granian("benchmarks.peers.floor:application", threads=1))

PEERS = (FLASK, STOCK, SINGLE, FAST, POOLED, FLOOR)
