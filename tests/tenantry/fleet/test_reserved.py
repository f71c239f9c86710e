"""No query of a tenant model reads `public`, even if the tenant lacks the table."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO

import psycopg2
import pytest
from django.core.checks import Error, run_checks
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection
from psycopg2 import errors
from pytest_django import Settings

from shared_apps.core.errors import DomainError
from tenant_apps.items.models import Item
from tenantry.checks.start import require_usable_database
from tenantry.context import tenant_context
from tenantry.errors import SchemaMissing, TableNamesTaken, TemplateFailed
from tenantry.names import TEMPLATE
from tests.tenantry.guard_app.models import Document, Tag
from tests.tenantry.provisioning.conftest import create

from .conftest import ROOT, MigrationWriter, Sql, clear_migration_caches, run_fleet
from .sample_migrations import add_field

pytestmark = pytest.mark.django_db

APP = "tests.tenantry.guard_app"
# Tables with foreign keys come first.
TABLES = (
    "badge",
    "comment",
    "contract",
    "cover",
    "document_bookmarks",
    "document_tags",
    "page",
    "document",
    "tag",
)


@pytest.fixture
def moved(sql: Sql, settings: Settings) -> None:
    """Move guard_app from SHARED_APPS to TENANT_APPS; its table of tags in `public` has a row."""
    shared, private = settings.SHARED_APPS, settings.TENANT_APPS
    settings.SHARED_APPS = [*shared, APP]
    settings.TENANT_APPS = [name for name in private if name != APP]
    clear_migration_caches()
    for schema in ("acme", "globex", TEMPLATE):
        for table in TABLES:
            sql(f"DROP TABLE {schema}.guard_app_{table}")
    sql("DELETE FROM django_migrations WHERE app = 'guard_app'")
    run_fleet()
    sql("INSERT INTO public.guard_app_tag (name) VALUES ('shared')")
    settings.SHARED_APPS, settings.TENANT_APPS = shared, private
    clear_migration_caches()


BLOCKED: dict[str, Callable[[], object]] = {
    "migrate": run_fleet,
    "one tenant's migrations": lambda: run_fleet(tenants=("acme",)),
    "list_tenants --check": lambda: call_command("list_tenants", check=True, stdout=StringIO()),
    "each tenant": lambda: call_command("check_references"),
    "a server's start": require_usable_database,
}


def test_tables_in_public_of_an_app_moved_to_the_tenants_block_all_work(
    moved: None, sql: Sql
) -> None:
    for command in BLOCKED.values():
        with pytest.raises(TableNamesTaken, match="guard_app_tag") as error:
            command()
    with pytest.raises(DomainError, match="guard_app_tag"):
        create("initech")
    (found,) = (each for each in run_checks(databases=["default"]) if isinstance(each, Error))
    assert found.id == "tenancy.E011"
    with pytest.raises(SystemExit, match="1"):
        call_command("migrate", check_unapplied=True)

    for statement in re.findall(r"(?:CREATE|ALTER) .*?;", str(error.value)):
        sql(statement)
    with pytest.raises(TemplateFailed, match="'tenancy_template' has no guard_app_badge"):
        run_fleet()
    with pytest.raises(DomainError, match="'tenancy_template' has no guard_app_badge"):
        create("initech")
    with tenant_context("acme"), pytest.raises(ProgrammingError):
        Tag.objects.count()

    assert run_fleet("guard_app", "zero", fake=True).succeeded
    assert run_fleet().succeeded
    call_command("list_tenants", check=True, stdout=StringIO())
    with tenant_context("acme"):
        Tag.objects.create(name="acme's")
    with tenant_context("globex"):
        assert not Tag.objects.exists()
    assert sql("SELECT name FROM aside.guard_app_tag") == [("shared",)]


def test_a_server_does_not_start_with_a_tenant_table_in_public(sql: Sql) -> None:
    sql("DROP TYPE public.tenantry_items_item; CREATE VIEW public.tenantry_items_item AS SELECT 1")
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    for application in ("wsgi", "asgi"):
        done = subprocess.run(
            [sys.executable, "-c", f"import config.{application}"],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": url},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert "TableNamesTaken: `public` has tenantry_items_item" in done.stderr.splitlines()[-1]


QUERIES: dict[str, Callable[[], object]] = {
    "read": lambda: list(Tag.objects.all()),
    "joined": lambda: list(Document.objects.filter(tags__name="x")),
    "created": lambda: Tag.objects.create(name="x"),
    "updated": lambda: Tag.objects.update(name="x"),
    "deleted": lambda: Tag.objects.all()._raw_delete(connection.alias),
    "of many-to-many": lambda: list(Document.tags.through.objects.all()),
    "raw": lambda: list(Tag.objects.raw("SELECT * FROM guard_app_tag")),
    "COPY": lambda: copy_out("guard_app_tag"),
    "the sequence": lambda: execute("SELECT nextval('guard_app_tag_id_seq')"),
    "emptied": lambda: execute("TRUNCATE guard_app_tag"),
    "dropped": lambda: execute("DROP TABLE IF EXISTS guard_app_tag"),
}


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def copy_out(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} TO STDOUT", StringIO())


MISSING = (ProgrammingError, psycopg2.ProgrammingError, SchemaMissing)


@pytest.mark.parametrize("dropped", ["the tables", "the schema"])
def test_a_query_of_a_missing_tenant_table_is_an_error(dropped: str, sql: Sql) -> None:
    run_fleet()
    for table in TABLES:
        sql(f"DROP TABLE acme.guard_app_{table}")
    if dropped == "the schema":
        sql("DROP SCHEMA acme CASCADE")
    for query in QUERIES.values():
        with tenant_context("acme"), pytest.raises(MISSING):
            query()


def test_the_error_for_a_missing_table_names_migrate_tenants_verify(sql: Sql) -> None:
    run_fleet()
    sql("DROP TABLE acme.guard_app_cover")
    with tenant_context("acme"), pytest.raises(ProgrammingError, match="migrate_tenants --verify"):
        execute("SELECT 1 FROM guard_app_cover")
    (failure,) = run_fleet(verify=True).failures
    assert failure.schema_name == "acme"
    assert "has no guard_app_cover, although their migrations are recorded" in str(failure.error)
    with pytest.raises(CommandError, match="1 not ok: acme"):
        call_command("list_tenants", check=True, stdout=StringIO())


def test_verify_finds_a_missing_table_before_other_migrations_run(
    sql: Sql, migrations: MigrationWriter
) -> None:
    run_fleet()
    sql("DROP TABLE acme.guard_app_cover")
    add_field(migrations)
    report = run_fleet(verify=True)
    assert [(each.schema_name, each.migrations) for each in report.failures] == [("acme", 0)]
    assert report.migrated == 1


TABLES_IN_PUBLIC = (
    "CREATE TABLE public.tenantry_items_item (id bigint)",
    "CREATE VIEW public.tenantry_items_item AS SELECT 1",
    "CREATE TABLE public.t (id bigint); ALTER TABLE public.t RENAME TO tenantry_items_item",
    "ALTER TABLE acme.tenantry_items_item SET SCHEMA public",
    "CREATE TABLE public.guard_app_document_tags (id bigint)",
    "CREATE SEQUENCE public.tenantry_items_item_id_seq",
)


def test_nothing_in_public_can_have_the_name_of_a_tenant_table(sql: Sql) -> None:
    run_fleet()
    for statement in TABLES_IN_PUBLIC:
        with pytest.raises(errors.DuplicateTable):
            sql(statement)


def test_a_reservation_dropped_by_hand_is_restored(sql: Sql) -> None:
    run_fleet()
    sql("DROP TYPE public.tenantry_items_item")
    with pytest.raises(CommandError, match="1 not ok: public"):
        call_command("list_tenants", check=True, stdout=StringIO())
    run_fleet()
    call_command("list_tenants", check=True, stdout=StringIO())


def test_renaming_a_table_reserves_the_new_name_and_releases_the_old_one(
    sql: Sql, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_fleet()
    monkeypatch.setattr(Tag._meta, "db_table", "labels_label")
    sql("CREATE TABLE public.labels_label (id bigint)")
    with pytest.raises(TableNamesTaken, match="labels_label"):
        run_fleet()
    sql("ALTER TABLE public.labels_label RENAME TO guard_app_other")
    run_fleet()
    sql("CREATE TABLE public.guard_app_tag (id bigint)")
    with tenant_context("acme"), pytest.raises(ProgrammingError, match="tenant_context"):
        Tag.objects.count()


def test_a_query_of_a_tenant_table_without_a_tenant_is_an_error(sql: Sql) -> None:
    run_fleet()
    with pytest.raises(ProgrammingError, match="tenant_context"):
        execute(f"SELECT 1 FROM {Item._meta.db_table}")
