"""A process that is killed while a person creates an organization leaves all of it or nothing."""

from collections.abc import Iterator
from functools import partial

import pytest
from pytest_django import Settings

from shared_apps.organizations.founding import organization_found
from shared_apps.users.services import find_user
from tests.sizes import FULL

from .conftest import Sql, create
from .processes import DeadlyWire, When, deadly_wire, run
from .test_processes import parts_of

pytestmark = pytest.mark.django_db

STEP = 1 if FULL else 5


@pytest.fixture
def wire() -> Iterator[DeadlyWire]:
    with deadly_wire() as wire:
        yield wire


def found(schema_name: str) -> None:
    user = find_user("nora@nowhere.example")
    organization_found(user=user, name=schema_name, schema_name=schema_name)


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_person_s_organization_is_whole_or_nothing(
    sql: Sql, wire: DeadlyWire, settings: Settings, when: When
) -> None:
    settings.SIGN_UP = "open"
    create("warmup")
    assert run(partial(found, "counted"), wire=wire) == [0]
    steps = len(wire.queries)
    assert "COMMIT" in wire.queries[-1]
    wire.when = when
    sql("UPDATE tenantry_organizations_organization SET created_by_id = NULL")

    last = steps - 1
    outcomes = {}
    for step in {*range(0, steps, STEP), last}:
        name = f"killed{step}"
        wire.step = step
        assert run(partial(found, name), wire=wire) == [-9]
        outcomes[step] = parts_of(name, sql)

    nothing, whole = (False,) * 4, (True,) * 4
    assert outcomes.pop(last) == (whole if when == "after" else nothing)
    assert set(outcomes.values()) == {nothing}
