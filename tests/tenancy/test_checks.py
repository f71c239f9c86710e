"""The system checks tell what would go wrong later."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection, models

from shared_apps.tenancy import checks
from shared_apps.tenancy.catalog import read_catalog, read_sql
from shared_apps.tenancy.checks import check_tenant_models
from shared_apps.tenancy.names import TEMPLATE
from shared_apps.tenancy.provisioning import create_schema

HELD = """
    SELECT count(DISTINCT (locktype, relation, classid, objid))
    FROM pg_locks
    WHERE pid = pg_backend_pid() AND NOT fastpath AND locktype IN ('relation', 'object')
"""


def test_the_locks_of_a_new_tenant_are_known_beforehand(db: None) -> None:
    ((needed, *_),) = read_catalog(TEMPLATE, read_sql("locks"))
    create_schema("initech")

    with connection.cursor() as cursor:
        cursor.execute(HELD)
        (held,) = cursor.fetchone()

    assert 0.7 * held <= needed <= 1.5 * held


def test_a_server_with_room_for_few_tenants_at_once_is_warned_of(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever the settings of the server that the tests run on.
    monkeypatch.setattr(checks, "AT_ONCE", 0)
    assert run_checks(tags=["database"], databases=["default"]) == []
    monkeypatch.setattr(checks, "AT_ONCE", 10_000)

    (warning,) = run_checks(tags=["database"], databases=["default"])

    assert warning.id == "tenancy.W001"
    assert "locks and PostgreSQL has room for" in warning.msg
    assert "max_locks_per_transaction" in str(warning.hint)


def test_a_check_without_a_database_asks_none() -> None:
    assert checks.check_locks(databases=None) == []


@pytest.fixture
def loose_model() -> Iterator[type[models.Model]]:
    class Loose(models.Model):  # noqa: DJ008 (nobody reads it)
        class Meta:
            app_label = "items"

    yield Loose
    del apps.all_models["items"]["loose"]
    apps.clear_cache()


def test_the_models_of_this_project_are_fine() -> None:
    assert [message for message in run_checks() if message.id == "tenancy.E001"] == []


def test_a_model_of_a_tenant_app_that_is_no_tenant_model_is_found(
    loose_model: type[models.Model],
) -> None:
    (error,) = check_tenant_models()
    assert (error.id, error.obj) == ("tenancy.E001", loose_model)
    assert error.msg.startswith("items.Loose is in the schemas of the tenants")
    assert "Inherit" in str(error.hint)
    assert check_tenant_models([apps.get_app_config("users")]) == []
    assert check_tenant_models([apps.get_app_config("items")]) == [error]
