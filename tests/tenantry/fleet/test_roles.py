"""With TENANT_ROLES, migrations leave no function of the owner to other tenants."""

import pytest
from django.db import transaction
from pytest_django import Settings

from tenantry.fleet.roles import schemas_without_role
from tenantry.provisioning import create_schema
from tenantry.schemas.catalog import unusual_privileges

from .conftest import MigrationWriter, Sql, run_fleet

pytestmark = pytest.mark.django_db

FUNCTION = (
    "CREATE FUNCTION rights() RETURNS text LANGUAGE sql SECURITY DEFINER "
    "AS 'SELECT current_user::text'"
)
WHO = """
    SELECT has_function_privilege('public', %s, 'EXECUTE'), coalesce((
        SELECT has_function_privilege(role, %s, 'EXECUTE')
        FROM tenancy_schemastate WHERE schema_name = %s AND role <> ''
    ), false)
"""


def test_a_function_with_the_rights_of_the_owner_is_its_tenants_after_a_migration(
    database: str, sql: Sql, settings: Settings, migrations: MigrationWriter
) -> None:
    settings.TENANT_ROLES = True
    assert schemas_without_role() == []
    migrations.add(
        "tenantry_items", "0002_function", f'RunSQL("{FUNCTION}")', after="tenantry_items.0001_item"
    )

    assert run_fleet().succeeded
    with transaction.atomic():
        create_schema("copied")

    for schema_name in ("acme", "globex", "copied"):
        function = f"{schema_name}.rights()"
        assert sql(WHO, function, function, schema_name) == [(False, True)]
        assert unusual_privileges(schema_name) == []
