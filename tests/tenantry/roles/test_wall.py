"""PostgreSQL denies a tenant's statements all that is not the tenant's."""

import pytest

from tenantry.context import tenant_context
from tests.tenantry.guard_app.models import Tag

from .conftest import Sql, assert_denied

TABLE = "guard_app_tag"
STATEMENTS = (
    "SELECT * FROM {other}.{table}",
    "INSERT INTO {other}.{table} (name) VALUES ('x')",
    "UPDATE {other}.{table} SET name = 'x'",
    "DELETE FROM {other}.{table}",
    "TRUNCATE {other}.{table}",
    "LOCK TABLE {other}.{table}",
    "COPY {other}.{table} TO STDOUT",
    "CREATE VIEW pg_temp.theirs AS SELECT * FROM {other}.{table}",
    "CREATE TABLE {other}.mine (id int)",
    "CREATE TABLE public.mine (id int)",
    "CREATE FUNCTION {other}.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SELECT nextval('{other}.{table}_id_seq')",
    "SELECT * FROM query_to_xml('select * from {other}.{table}', true, false, '')",
    "SELECT set_config('role', 'none', true)",
    "UPDATE pg_settings SET setting = 'none' WHERE name = 'role'",
    "ALTER TABLE {table} ADD COLUMN more int",
    "DROP TABLE {table}",
    "DROP SCHEMA {other} CASCADE",
    "SELECT * FROM public.tenancy_schemastate",
    "SELECT * FROM public.tenantry_users_user",
    "SELECT * FROM public.django_session",
    "ALTER ROLE CURRENT_USER CREATEROLE",
    "SELECT pg_read_file('/etc/passwd')",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_tenant_cannot(two: tuple[str, str], sql: Sql, statement: str) -> None:
    mine, other = two
    with tenant_context(mine):
        assert_denied(lambda: sql(statement.format(other=other, table=TABLE)))


def test_a_tenant_uses_its_own_tables(two: tuple[str, str]) -> None:
    mine, other = two
    with tenant_context(mine):
        tag = Tag.objects.create(name="red")
        Tag.objects.filter(pk=tag.pk).update(name="blue")
        assert [each.name for each in Tag.objects.all()] == ["blue"]
        tag.delete()
    with tenant_context(other):
        assert not Tag.objects.exists()
