from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import InThread, statements

AtOnce = Callable[..., list[Any]]
Cost = Callable[[Callable[[], object]], tuple[list[str], int]]


@pytest.fixture
def cost(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Return the statements, without their values, and the number of hashes of a request.

    Equal costs take equal time, which a clock could not show in a test.
    """
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(salt)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    def cost(request: Callable[[], object]) -> tuple[list[str], int]:
        hashed.clear()
        with CaptureQueriesContext(connection) as captured:
            request()
        return [sql.split("'")[0] for sql in statements(captured)], len(hashed)

    return cost


@pytest.fixture
def at_once(in_thread: InThread) -> AtOnce:
    """Run functions at the same time, in as many threads, and return their results."""

    def at_once(*functions: Callable[[], Any]) -> list[Any]:
        barrier = Barrier(len(functions))

        def run(function: Callable[[], Any]) -> Any:
            try:
                barrier.wait(timeout=10)
                return function()
            finally:
                connection.close()

        with ThreadPoolExecutor(len(functions)) as pool:
            return list(pool.map(run, functions))

    return at_once
