"""The environment variables under which a development command runs."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from dev import cluster, server
from dev.process import DATA, locked


@contextmanager
def development() -> Iterator[dict[str, str]]:
    """The environment for a command, with a database for the time of the block.

    A DATABASE_URL (or DATABASE_URL_FILE) and a SECRET_KEY that are set stay. Otherwise the embedded
    server runs and its programs come first on the PATH (a pg_dump older than its server refuses to
    work), and the key is a random one kept in `DATA`. Raises `Failure` when no server can be had.
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
