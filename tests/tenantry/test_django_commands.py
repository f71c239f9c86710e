"""Django's commands work in the active tenant, or raise without a tenant."""

import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command, load_command_class
from django.db import connection

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import active_schema, tenant_context
from tenantry.errors import NoTenantError, SchemaMissing
from tenantry.fleet import state

from .schemas import run

GROUP = "Fixture"
AT = "2026-11-28T12:00:00Z"
ROWS = [
    {"model": "auth.group", "pk": 9_000, "fields": {"name": GROUP}},
    {
        "model": "tenantry_items.item",
        "pk": 9_000,
        "fields": {"sku": "fixture", "price": "1.00", "created_at": AT, "updated_at": AT},
    },
]


def output_of(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def fixture(tmp_path: Path) -> str:
    """A file with a group of `public` and an item of a tenant."""
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(ROWS))
    return str(path)


@pytest.mark.parametrize(
    "labels", [[], ["tenantry_items"], ["tenantry_users", "tenantry_items.item"]]
)
def test_dumpdata_of_tenant_apps_without_a_tenant_raises(db: None, labels: list[str]) -> None:
    output = StringIO()

    with pytest.raises(NoTenantError, match="tenant_command dumpdata") as caught:
        call_command("dumpdata", *labels, stdout=output)

    assert isinstance(caught.value, CommandError)  # manage.py prints one line.
    assert output.getvalue() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["tenantry_users.user"],
        [
            "tenantry_users",
            "tenantry_items",
            "--exclude=tenantry_items",
            "--exclude=tenantry_users.apitoken",
        ],
    ],
)
def test_dumpdata_of_shared_apps_needs_no_tenant(alice: User, arguments: list[str]) -> None:
    rows = json.loads(output_of("dumpdata", *arguments))

    assert {row["model"] for row in rows} == {"tenantry_users.user"}


def test_dumpdata_in_a_tenant_dumps_tenant_apps_unless_labels_are_given(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(globex):
        Item.objects.create(sku="of-globex", price=1)
    with tenant_context(acme):
        Item.objects.create(sku="of-acme", price=1)

        everything = json.loads(output_of("dumpdata", "--exclude=tenantry_people"))
        both = json.loads(output_of("dumpdata", "tenantry_items", "tenantry_users.user"))

    assert [row["fields"]["sku"] for row in everything] == ["of-acme"]
    assert {row["model"] for row in both} == {"tenantry_items.item", "tenantry_users.user"}


def test_loaddata_of_tenant_rows_without_a_tenant_raises(acme: Organization, fixture: str) -> None:
    with pytest.raises(NoTenantError, match="tenant_command loaddata") as caught:
        call_command("loaddata", fixture)

    assert isinstance(caught.value, CommandError)
    assert not Group.objects.filter(name=GROUP).exists()


def test_loaddata_in_a_tenant_loads_shared_and_tenant_rows(
    acme: Organization, globex: Organization, fixture: str
) -> None:
    with tenant_context(acme):
        assert "Installed 2 object(s)" in output_of("loaddata", fixture)
        assert Item.objects.filter(sku="fixture").exists()
    with tenant_context(globex):
        assert not Item.objects.exists()
    assert Group.objects.filter(name=GROUP).exists()


@pytest.mark.parametrize("schema", [None, "acme"])
@pytest.mark.parametrize(
    ("app", "table"),
    [
        ("tenantry_items", "tenantry_items_item"),
        ("tenantry_organizations", "tenantry_organizations_organization"),
    ],
)
def test_sqlmigrate_works_with_and_without_a_tenant(
    acme: Organization, schema: str | None, app: str, table: str
) -> None:
    with tenant_context(schema):
        assert f'CREATE TABLE "{table}"' in output_of("sqlmigrate", app, "0001")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("inspectdb", "tenantry_items_item"), "class TenantryItemsItem"),
        (("showmigrations", "tenantry_items"), "[X] 0001_item"),
        (("sqlflush",), '"tenantry_items_item"'),
        (("sqlsequencereset", "tenantry_items"), "'\"tenantry_items_item\"'"),
        (("clearsessions",), ""),
        (("makemigrations", "--check"), "No changes"),
        (("optimizemigration", "tenantry_items", "0001", "--check"), "No optimizations"),
        (("showmigrations", "tenantry_users", "--plan"), "tenantry_users.0001"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_other_commands_work_in_a_tenant(
    acme: Organization, arguments: tuple[str, ...], shown: str
) -> None:
    with tenant_context(acme):
        output = output_of(*arguments)

    assert shown in output
    assert '"tenantry_users_user"' not in output


def test_createcachetable_uses_public(acme: Organization) -> None:
    with tenant_context(acme):
        call_command("createcachetable", "cached")

    assert run("public", "SELECT to_regclass('public.cached'), to_regclass('acme.cached')") == [
        ("cached", None)
    ]


def test_stale_content_types_are_removed_in_a_tenant(acme: Organization) -> None:
    stale = ContentType.objects.create(app_label="tenantry_items", model="gone")

    with tenant_context(acme):
        call_command("remove_stale_contenttypes", interactive=False)

    assert not ContentType.objects.filter(pk=stale.pk).exists()


@pytest.mark.parametrize("command", ["migrate", "migrate_tenants"])
def test_migrate_in_a_tenant_migrates_that_tenant_only(
    acme: Organization, globex: Organization, command: str
) -> None:
    state.clear("acme")
    state.clear("globex")

    with tenant_context(acme):
        call_command(command, verbosity=0)

    assert state.pending() == (["globex"] if command == "migrate" else [])


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["dumpdata", "--schema=initech"], 1, "There is no tenant 'initech'"),
        (["nonsense", "--schema=acme"], 1, "Unknown command: 'nonsense'"),
        ([], 2, "required: command_name"),
    ],
)
def test_wrong_arguments_of_tenant_command_print_an_error(
    acme: Organization,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    command = load_command_class("tenantry", "tenant_command")

    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["manage.py", "tenant_command", *arguments])

    assert end.value.code == status
    assert message in capsys.readouterr().err


Started = list[tuple[list[str], dict[str, str]]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """Arguments and environments of started programs. None is really started."""
    started: Started = []

    def start(args: list[str], env: Any, **options: Any) -> None:
        started.append((args, env or {}))

    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.setenv("PGOPTIONS", "-c work_mem=5MB")
    return started


def test_dbshell_opens_in_the_tenant(acme: Organization, started: Started) -> None:
    call_command("tenant_command", "dbshell", schema_name="acme")

    assert active_schema() is None
    ((_, environment),) = started
    params = connection.get_connection_params()
    del params["connection_factory"], params["cursor_factory"]
    session = psycopg2.connect(**params, options=environment["PGOPTIONS"])
    with session, session.cursor() as cursor:
        cursor.execute("SELECT current_schemas(false), current_setting('work_mem')")
        assert cursor.fetchone() == (["acme", "public"], "5MB")
    session.close()


def test_dbshell_of_a_tenant_bypasses_the_pooler(
    acme: Organization, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        connection.settings_dict, "DIRECT_CONNECTION", {"HOST": "direct", "NAME": "other"}
    )

    connection.client.runshell([])
    with tenant_context(acme):
        connection.client.runshell([])

    (pooled, plain), (direct, _) = started
    assert "direct" not in pooled
    assert "direct" in direct
    assert direct[-1] == pooled[-1]
    assert "search_path" not in plain["PGOPTIONS"]


def test_flush_of_a_tenant_without_a_schema_raises(db: None) -> None:
    with tenant_context("initech"), pytest.raises(SchemaMissing):
        call_command("flush", interactive=False)


def test_dbshell_of_a_tenant_without_a_schema_raises(db: None, started: Started) -> None:
    with tenant_context("initech"), pytest.raises(SchemaMissing):
        connection.client.runshell([])

    assert started == []
