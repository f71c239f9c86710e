"""Processes that are killed, or run in parallel, create whole tenants or none."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from django.core.exceptions import ValidationError

from shared_apps.organizations.models import Membership, Organization
from tenantry.fleet import state
from tenantry.names import TEMPLATE
from tenantry.schemas.catalog import (
    describe_schema,
    description_differences,
    differences,
    schema_exists,
)
from tests.sizes import FULL

from .conftest import Sql, create
from .processes import DeadlyWire, When, deadly_wire, run

pytestmark = pytest.mark.django_db

PROCESSES, EACH = 8, 50 if FULL else 10
STEP = 1 if FULL else 5


@pytest.fixture
def wire() -> Iterator[DeadlyWire]:
    with deadly_wire() as wire:
        yield wire


def parts_of(name: str, sql: Sql) -> tuple[bool, ...]:
    """Return whether it has a row, a schema, a state, an owner, after all transactions ended."""
    deadline = monotonic() + 30
    while sql(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ):
        assert monotonic() < deadline, "A killed process's transaction is still open."
        threading.Event().wait(0.005)
    return (
        bool(sql("SELECT 1 FROM tenantry_organizations_organization WHERE schema_name = %s", name)),
        bool(sql("SELECT 1 FROM pg_namespace WHERE nspname = %s", name)),
        bool(sql("SELECT 1 FROM tenancy_schemastate WHERE schema_name = %s", name)),
        bool(
            sql(
                "SELECT 1 FROM tenantry_organizations_membership m "
                "JOIN tenantry_organizations_organization o "
                "ON o.id = m.organization_id WHERE role = 'owner' AND schema_name = %s",
                name,
            )
        ),
    )


@pytest.mark.proof
@pytest.mark.parametrize("how", ["copied", "migrated"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_killed_at_any_step_leaves_a_whole_tenant_or_nothing(
    sql: Sql, wire: DeadlyWire, how: str, when: When
) -> None:
    if how == "migrated":
        sql(f"ALTER SCHEMA {TEMPLATE} RENAME TO away")
    create("warmup")
    assert run(partial(create, "counted"), wire=wire) == [0]
    steps = len(wire.queries)
    assert "COMMIT" in wire.queries[-1]
    wire.when = when

    last = steps - 1
    outcomes = {}
    for step in {*range(0, steps, STEP), last}:
        name = f"killed{step}"
        wire.step = step
        assert run(partial(create, name), wire=wire) == [-9]
        outcomes[step] = parts_of(name, sql)

    nothing, whole = (False,) * 4, (True,) * 4
    assert outcomes.pop(last) == (whole if when == "after" else nothing)
    assert set(outcomes.values()) == {nothing}
    if when == "after":
        assert differences(f"killed{last}", "warmup") == []


@pytest.mark.proof
def test_one_of_two_processes_with_the_same_name_gets_an_error(sql: Sql, tmp_path: Path) -> None:
    errors = tmp_path / "errors"

    def create_or_log() -> None:
        try:
            create("initech")
        except ValidationError as error:
            with errors.open("a") as file:
                file.write(f"{error.message_dict}\n")
            raise

    assert sorted(run(create_or_log, create_or_log)) == [0, 1]
    (line,) = errors.read_text().splitlines()
    assert "schema_name" in line
    assert "taken" in line
    assert parts_of("initech", sql) == (True,) * 4
    assert differences("initech", "acme") == []


@pytest.mark.proof
def test_parallel_processes_create_whole_tenants(sql: Sql) -> None:
    def work(process: int) -> None:
        for number in range(EACH):
            create(f"t{process}_{number}")

    works = [partial(work, process) for process in range(PROCESSES)]
    assert run(*works) == [0] * PROCESSES

    template = describe_schema(TEMPLATE)
    organizations = Organization.objects.filter(schema_name__regex=r"^t\d+_\d+$")
    names = list(organizations.values_list("schema_name", flat=True))
    assert len(names) == PROCESSES * EACH
    assert all(schema_exists(name) for name in names)
    assert not any(description_differences(template, describe_schema(name)) for name in names)
    owners = Membership.objects.filter(organization__in=organizations, role="owner")
    assert owners.count() == PROCESSES * EACH
    assert state.pending() == []
