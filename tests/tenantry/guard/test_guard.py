"""Errors of the guard, its requirements, and what it cannot check."""

import pickle
import threading
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections, models
from django.test.utils import isolate_apps

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order, OrderLine
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError, TenancyError
from tenantry.guard.origin import TenantAlias, is_tenant_model
from tenantry.models import TenantModel
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Contract, Document, Draft, Tag


def test_cross_tenant_error_names_the_object_and_both_tenants(
    acme_document: Document, globex: Organization
) -> None:
    with tenant_context(globex), pytest.raises(CrossTenantError) as caught:
        acme_document.save()
    assert str(caught.value) == (
        f"guard_app.Document {SAME_ID} comes from acme and was used in globex."
    )


def test_no_tenant_error_names_the_model() -> None:
    with pytest.raises(NoTenantError) as caught:
        Item.objects.count()
    assert str(caught.value) == (
        "tenantry_items.Item is in the schemas of the tenants and no tenant is active: "
        "use `with tenant_context(tenant):`."
    )


@pytest.mark.parametrize(
    "error",
    [
        NoTenantError("tenantry_items.Item"),
        CrossTenantError("tenantry_items.Item 1", "acme", "globex"),
    ],
)
def test_errors_can_be_pickled_for_worker_processes(error: TenancyError) -> None:
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    "model", [Item, Order, OrderLine, Document, Draft, Contract, Document.tags.through]
)
def test_tenant_models_are_guarded(model: type[models.Model]) -> None:
    assert is_tenant_model(model)
    with pytest.raises(NoTenantError):
        model._default_manager.exists()
    with pytest.raises(NoTenantError):
        model._base_manager.exists()


@pytest.mark.parametrize("model", [User, Organization, User.groups.through])
def test_shared_models_are_not_guarded(db: None, model: type[models.Model]) -> None:
    assert not is_tenant_model(model)
    model._default_manager.exists()


@isolate_apps("tests.tenantry.guard_app")
@pytest.mark.parametrize("manager", [models.Manager, models.Manager.from_queryset(models.QuerySet)])
def test_a_manager_without_the_guard_raises_at_start(
    manager: type[models.Manager[models.Model]],
) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"guard_app\.Loose\.objects must use"):

        class Loose(TenantModel):
            objects: ClassVar = manager()  # type: ignore[assignment]

            class Meta:
                app_label = "guard_app"


def test_fixtures_are_loaded_into_the_active_tenant_only(
    acme_document: Document, acme: Organization, globex: Organization, tmp_path: Path
) -> None:
    dump = str(tmp_path / "documents.json")
    with tenant_context(acme):
        Tag.objects.create(pk=SAME_ID, name="one").documents.add(acme_document)
        call_command("dumpdata", "guard_app", output=dump, verbosity=0)
    with tenant_context(globex):
        call_command("loaddata", dump, verbosity=0)
        assert Tag.objects.get(documents=Document.objects.get()).name == "one"


def test_remove_checks_no_tenant(
    acme_document: Document, globex_document: Document, acme: Organization, globex: Organization
) -> None:
    """A documented limit: Django uses only the id in remove()."""
    with tenant_context(acme):
        tag = Tag.objects.create(pk=SAME_ID, name="acme's")
    with tenant_context(globex):
        globex_document.tags.add(Tag.objects.create(pk=SAME_ID, name="globex's"))
        globex_document.tags.remove(tag)
        assert not globex_document.tags.exists()


def test_the_alias_of_a_connection_contains_no_tenant(acme: Organization) -> None:
    types = []

    def open_connection() -> None:
        connection = connections[TenantAlias("default", "acme")]
        types.append(type(connection.alias))
        connection.close()

    thread = threading.Thread(target=open_connection)
    thread.start()
    thread.join()
    assert types == [str]
