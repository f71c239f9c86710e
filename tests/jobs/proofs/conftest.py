"""A separate PostgreSQL with organizations, which the proofs can stop and kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import manage
from tests.isolation.embedded import embedded_postgres
from tests.isolation.servers import Program
from tests.sizes import FULL

from .workers import query, seed, worker_environment

ORGANIZATIONS = 1_000 if FULL else 50


@pytest.fixture(scope="package")
def program() -> Iterator[Program]:
    with embedded_postgres() as program:
        manage(worker_environment(program.server), "migrate", "--verbosity", "0")
        seed(program.server, f"seed.make_organizations({ORGANIZATIONS})")
        yield program


@pytest.fixture
def schemas(program: Program) -> list[str]:
    table = "public.tenantry_organizations_organization"
    return [name for (name,) in query(program.server, f"SELECT schema_name FROM {table}")]


@pytest.fixture
def database(program: Program, schemas: list[str]) -> Program:
    """The server, with an empty queue and no items."""
    items = [f"{schema}.tenantry_items_item" for schema in schemas]
    for table in ["public.tenantry_jobs_job", *items]:
        query(program.server, f"DELETE FROM {table}")
    return program


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"
