"""What the checks find, and what stops a server at its start."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.checks import roles as checks
from tenantry.checks.start import require_usable_database
from tenantry.fleet.state import SchemaState
from tenantry.postgres.connection import TenantConnection
from tenantry.provisioning import create_schema
from tests.conftest import ClientOf, InThread, connect

from .conftest import Sql, forget_roles


def found() -> dict[str, str]:
    return {str(each.id): f"{each.msg} {each.hint}" for each in checks.check_roles(["default"])}


def test_the_server_of_this_project_has_all_that_roles_need(db: None) -> None:
    assert found() == {}


def test_a_tenant_without_a_role_is_an_error(db: None, sql: Sql) -> None:
    Organization.objects.create(schema_name="old_tenant", name="Old")
    create_schema("old_tenant")
    sql("UPDATE tenancy_schemastate SET role = '' WHERE schema_name = 'old_tenant'")

    assert "tenants without a role: 1, for example old_tenant" in found()["tenancy.E018"]
    assert "enforce_wall" in found()["tenancy.E018"]


@pytest.mark.parametrize(
    ("row", "check"),
    [
        (("admin", True, True, False), "tenancy.E016"),
        (("service", False, False, False), "tenancy.E017"),
        (("service", False, True, True), "tenancy.W007"),
    ],
)
def test_a_login_that_does_not_fit_is_named(
    db: None, monkeypatch: pytest.MonkeyPatch, row: tuple[object, ...], check: str
) -> None:
    values = ", ".join(repr(value) for value in row)
    monkeypatch.setattr(checks, "_LOGIN", f"SELECT {values}")

    assert set(found()) == {check}
    assert str(row[0]) in found()[check]


def test_a_role_of_the_options_does_not_fit(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "assume_role", "other")

    assert set(found()) == {"tenancy.E019"}


@pytest.fixture
def untouched(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database where no superuser has changed anything; new connections use it."""
    name = f"{connection.settings_dict['NAME']}_untouched"
    with closing(connect("postgres")) as server, server.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        monkeypatch.setitem(connection.settings_dict, "NAME", name)
        yield
        cursor.execute(f'DROP DATABASE "{name}"')


def test_what_each_role_may_do_at_first_is_a_warning_with_the_lines_to_run(
    untouched: None, in_thread: InThread
) -> None:
    login = connection.settings_dict["USER"]
    rights = (
        "EXECUTE ON FUNCTION pg_catalog.set_config(text,text,boolean)",
        "USAGE ON LANGUAGE plpgsql",
        "USAGE ON LANGUAGE sql",
    )

    warnings = in_thread(lambda: checks.check_roles(["default"])).result()

    hints = [str(each.hint) for each in warnings if each.id == "tenancy.W008"]
    assert hints == [
        f"As a superuser, in this database: REVOKE {right} FROM PUBLIC; GRANT {right} TO {login};"
        for right in rights
    ]


@pytest.mark.parametrize(
    ("login", "message"),
    [
        ("SELECT 'admin', true, true, false", "admin is a superuser"),
        ("SELECT 'service', false, false, false", "service cannot create the tenants' roles"),
    ],
)
def test_a_server_and_a_worker_do_not_start_with_a_login_that_does_not_fit(
    db: None, monkeypatch: pytest.MonkeyPatch, login: str, message: str
) -> None:
    monkeypatch.setattr(checks, "_LOGIN", login)

    with pytest.raises(ImproperlyConfigured, match=message):
        require_usable_database()
    with pytest.raises(ImproperlyConfigured, match=message):
        call_command("run_jobs", "--burst")


def test_a_server_does_not_start_with_an_organization_without_a_role(
    in_thread: InThread, committed_organization: Organization
) -> None:
    states = SchemaState.objects.filter(pk=committed_organization.schema_name)
    in_thread(lambda: states.update(role="")).result()

    with pytest.raises(ImproperlyConfigured, match=f"example {committed_organization.schema_name}"):
        require_usable_database()


def test_the_first_request_of_a_process_sends_no_query_for_the_role(
    alice: User, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query of the caller returns it."""

    def fail(self: TenantConnection, schema: str) -> str:
        raise AssertionError(f"A query for the role of {schema}.")

    client = client_of(alice)
    monkeypatch.setattr(TenantConnection, "_read_role", fail)
    forget_roles()

    assert client.get("/api/items/").status_code == 200
