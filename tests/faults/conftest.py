"""A separate PostgreSQL, which the proofs can stop and kill, and the service on it."""

from collections.abc import Iterator

import pytest

from tests.isolation.embedded import embedded_postgres
from tests.isolation.servers import Program

from .service import Service, Shop, make_shops, running_service


@pytest.fixture(scope="module")
def database() -> Iterator[Program]:
    with embedded_postgres() as program:
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
