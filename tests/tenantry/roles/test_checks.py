"""What the checks find, and what stops a server at its start."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from shared_apps.organizations.models import Organization
from tenantry.checks import roles as checks
from tenantry.checks.start import require_usable_database
from tenantry.provisioning import create_schema

from .conftest import Sql


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


def test_a_server_does_not_start_where_roles_do_not_hold(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_LOGIN", "SELECT 'admin', true, true, false")

    with pytest.raises(ImproperlyConfigured, match="admin is a superuser"):
        require_usable_database()
