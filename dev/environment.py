"""The environment variables of development commands."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from dev import cluster, server
from dev.process import DATA, locked


@contextmanager
def development() -> Iterator[dict[str, str]]:
    """Yield the environment for a command, with a database until the end of the block.

    Keeps DATABASE_URL (or DATABASE_URL_FILE) and SECRET_KEY. Without a URL, it runs the embedded
    server and puts its programs first on the PATH: pg_dump must not be older than the server.
    Without a key, it uses a random one, stored in `DATA`. Raises `Failure` if no server starts.
    """
    key = os.environ.get("SECRET_KEY") or _secret_key()
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        yield os.environ | {"SECRET_KEY": key}
        return
    with server.running() as url:
        path = f"{cluster.programs()}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        yield cluster.environment() | {"DATABASE_URL": url, "SECRET_KEY": key, "PATH": path}


def _secret_key() -> str:
    file = DATA / "secret_key"
    with locked("secret_key"):
        if not file.exists() or not file.read_text():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(50))
        return file.read_text()
