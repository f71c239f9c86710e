"""The system checks find wrong settings and models."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache.backends.filebased import FileBasedCache
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import ProgrammingError, connection, connections, router
from django.db.models import Model
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from tenantry.cache import TenantKeys
from tenantry.checks import configuration, database, models
from tenantry.fleet.reserved import reserve_names, taken_names
from tenantry.fleet.state import SchemaState
from tenantry.guard.router import GuardRouter
from tenantry.names import TEMPLATE
from tenantry.provisioning import create_schema
from tenantry.schemas.catalog import read_catalog
from tenantry.sql import read_sql
from tests.tenantry.guard_app.models import Tag
from tests.tenantry.schemas import run

ROOT = Path(__file__).parents[2]
MESSAGE = re.compile(r"\((tenancy\.\w+)\) (?:The (?:keys of )?)?(\S+).*\n\tHINT: \S+")

HELD = """
    SELECT count(DISTINCT (locktype, relation, classid, objid))
    FROM pg_locks
    WHERE pid = pg_backend_pid() AND NOT fastpath AND locktype IN ('relation', 'object')
"""


def test_the_estimate_of_locks_for_a_new_tenant_is_close(db: None) -> None:
    ((needed, *_),) = read_catalog(TEMPLATE, read_sql("locks"))
    create_schema("initech")

    with connection.cursor() as cursor:
        cursor.execute(HELD)
        (held,) = cursor.fetchone()

    assert 0.7 * held <= needed <= 1.5 * held


def test_a_server_with_locks_for_few_tenants_is_a_warning(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CONCURRENT_CREATIONS", 10_000)

    (warning,) = run_checks(tags=["database"], databases=["default"])

    assert warning.id == "tenancy.W001"
    assert "locks and PostgreSQL has space for" in warning.msg
    assert "max_locks_per_transaction" in str(warning.hint)


def test_checks_without_a_database_send_no_query() -> None:
    assert database.check_locks() == database.check_public() == database.check_schemas() == []


@pytest.fixture
def _enough_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the check of max_locks_per_transaction, which depends on the server."""
    monkeypatch.setattr(database, "CONCURRENT_CREATIONS", 0)


def found() -> list[tuple[str | None, str]]:
    """Return ids and messages of all checks of the engine, also those of the database."""
    messages: list[CheckMessage] = run_checks(databases=["default"])
    return [(each.id, each.msg) for each in messages if str(each.id).startswith("tenancy.")]


def test_this_project_passes_all_checks(db: None, _enough_locks: None) -> None:
    assert found() == []


def test_each_error_of_a_broken_project_is_found() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.tenantry.broken.settings"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    expected = {
        "tenancy.E001": {"shop.Customer"},
        "tenancy.E002": {"office.Drawer"},
        "tenancy.E003": {"AUTH_USER_MODEL"},
        "tenancy.E004": {"shop.Sale.entry", "shop.Sale_entries.desk", "shop.Till.desk_ptr"},
        "tenancy.E005": {
            "office.Desk.item",
            "office.Desk_items.item",
            "account.EmailAddress.user",
            "admin.LogEntry.user",
            "mfa.Authenticator.user",
            "tenantry_organizations.Membership.user",
            "tenantry_organizations.Organization.created_by",
            "tenantry_staff.SupportSession.user",
        },
        "tenancy.E006": {"tests.tenantry.broken.lost"},
        "tenancy.E007": {
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.sites",
        },
        "tenancy.E008": {"CACHES['default']", "CACHES['template_fragments']"},
        "tenancy.E009": {"GuardRouter"},
        "tenancy.E010": {"ENGINE"},
        "tenancy.E012": {
            "shop.Balance.desk",
            "shop.Balance.place",
            "shop.Sale.entry",
            "shop.Till.desk_ptr",
        },
        "tenancy.E013": {"office.Desk.labels", "shop.Till.notes"},
        "tenancy.E014": {"shop.Sale.history", "shop.Sale.late"},
        "tenancy.W002": {"SHARED_APPS"},
        "tenancy.W005": {"default", "shop.Sale.receipt"},
        "tenancy.W010": {"tests/tenantry/broken/shop/models.py:35"},
    }
    errors: dict[str, set[str]] = {}
    for check, subject in MESSAGE.findall(done.stderr):
        errors.setdefault(check, set()).add(subject)
    assert errors == expected, done.stderr


def test_a_tenant_table_in_public_is_found(db: None, _enough_locks: None) -> None:
    run(
        "public",
        "DROP TYPE public.tenantry_items_item; CREATE TABLE public.tenantry_items_item (id bigint)",
    )

    ((check, message),) = found()

    assert check == "tenancy.E011"
    assert "`public` has tenantry_items_item" in message


def test_a_type_of_public_prevents_a_table_with_the_same_name(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("public", "CREATE TYPE mood AS ENUM ('sad')")
    monkeypatch.setattr(Tag._meta, "db_table", "mood")

    reserve_names()

    assert not taken_names()
    with pytest.raises(ProgrammingError, match='type "mood" already exists'):
        run("public", "CREATE TABLE mood (id bigint)")


def test_multi_type_tenants_are_an_error(settings: Settings) -> None:
    settings.HAS_MULTI_TYPE_TENANTS = True

    with pytest.raises(ImproperlyConfigured, match="one list of TENANT_APPS"):
        apps.get_app_config("tenancy").ready()


class OrganizationsElsewhere:
    """A router that uses another database for the tenant model and the states of schemas."""

    def db_for_read(self, model: type[Model], **hints: object) -> str | None:
        return "elsewhere" if model in (Organization, SchemaState) else None

    db_for_write = db_for_read


def test_a_tenant_db_alias_other_than_default_is_found(
    db: None, _enough_locks: None, settings: Settings
) -> None:
    settings.TENANT_DB_ALIAS = "tenants"

    ((check, message),) = found()

    assert check == "tenancy.E015"
    assert message.startswith("TENANT_DB_ALIAS is 'tenants', but")


def test_a_router_that_uses_another_database_for_tenants_is_found(
    db: None, _enough_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(router, "routers", [GuardRouter(), OrganizationsElsewhere()])

    ((check, message),) = found()

    assert check == "tenancy.E015"
    assert "write tenantry_organizations.Organization to 'elsewhere'" in message
    # GuardRouter comes first, and keeps the states in the database of the schemas.
    assert router.db_for_read(SchemaState) == router.db_for_write(SchemaState) == "default"


def test_another_alias_with_django_tenants_own_engine_is_found(
    db: None, _enough_locks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = connection.settings_dict | {"ENGINE": "django_tenants.postgresql_backend"}
    monkeypatch.setitem(connections.settings, "other", other)

    try:
        ((check, message),) = found()
    finally:
        del connections["other"]

    assert check == "tenancy.E010"
    assert "DATABASES['other']" in message


@pytest.mark.parametrize("schema", ["globex", TEMPLATE])
def test_a_shared_table_in_a_tenant_is_found(db: None, _enough_locks: None, schema: str) -> None:
    run("public", f"CREATE TABLE {schema}.django_session (session_key text)")

    ((check, message),) = found()

    assert check == "tenancy.W004"
    assert f"The schema {schema} has the shared table django_session" in message


@pytest.mark.parametrize("schema", ["globex", TEMPLATE])
def test_an_extension_in_a_tenant_is_found(db: None, _enough_locks: None, schema: str) -> None:
    run("public", f"CREATE EXTENSION unaccent SCHEMA {schema}")

    assert found() == [
        (
            "tenancy.W006",
            f"The extension unaccent is in the schema {schema}: no other tenant can use it.",
        )
    ]


class OwnCache(TenantKeys, FileBasedCache):
    """A subclass of an adopter."""


@pytest.mark.parametrize(
    ("options", "valid"),
    [
        ({"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}, False),
        (
            {
                "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
                # Without a tenant, its keys are the same for all.
                "KEY_FUNCTION": "django_tenants.cache.make_key",
            },
            False,
        ),
        ({"BACKEND": "tenantry.cache.TenantLocMemCache"}, True),
        ({"BACKEND": "tests.tenantry.test_checks.OwnCache"}, True),
    ],
)
def test_a_cache_must_have_the_tenant_in_its_keys(
    settings: Settings, options: dict[str, str], valid: bool
) -> None:
    settings.CACHES = {"default": options}

    assert (configuration.check_cache() == []) is valid


def test_a_check_of_one_app_ignores_other_apps(settings: Settings) -> None:
    settings.SHARED_APPS, settings.TENANT_APPS = ["tenant_apps.orders"], ["shared_apps.users"]
    users, orders = map(apps.get_app_config, ("tenantry_users", "tenantry_orders"))

    assert {error.id for error in models.check_tenant_models([users])} == {"tenancy.E001"}
    assert {error.id for error in models.check_shared_models([orders])} == {"tenancy.E002"}
    assert models.check_tenant_models([orders]) == models.check_shared_models([users]) == []


def test_the_documentation_lists_each_check() -> None:
    code = (ROOT / "tenantry/checks").glob("*.py")
    ids = [check for path in code for check in re.findall(r'id="(.*?)"', path.read_text())]
    table = re.findall(
        r"^\| `(tenancy\.\w+)` \|", (ROOT / "docs/isolation.md").read_text(), re.MULTILINE
    )

    assert sorted(ids) == sorted(table)
    assert len(set(ids)) == len(ids)
