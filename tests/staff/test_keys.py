"""Keys in the admin's URLs can contain a colon; links of the admin log always do."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test import RequestFactory
from django.test.utils import isolate_apps

from shared_apps.organizations.models import Organization
from shared_apps.staff.support.guard import OrganizationMismatch
from shared_apps.staff.tenants import TenantModelAdmin
from tenantry.context import tenant_context
from tenantry.models import TenantModel

KEYS = ("a:b", "plain", "globex:plain", ":", "a:")


@pytest.fixture
def find(acme: Organization, globex: Organization) -> Any:
    """Look up a row of a model with a text key in acme's admin."""
    with isolate_apps("tenant_apps.items"), tenant_context(acme):

        class Label(TenantModel):
            code = models.CharField(max_length=20, primary_key=True)

            class Meta:
                app_label = "tenantry_items"

        with connection.schema_editor() as editor:
            editor.create_model(Label)
        Label.objects.bulk_create(Label(code=key) for key in KEYS)
        request: Any = RequestFactory().get("/")
        request.support_session = SimpleNamespace(organization=acme)
        labels = TenantModelAdmin(Label, admin.site)
        yield lambda key: getattr(labels.get_object(request, key), "pk", None)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_with_a_colon_opens_its_row(find: Any, key: str) -> None:
    assert find(key) == key


@pytest.mark.parametrize("key", KEYS)
def test_a_link_of_the_admin_log_opens_the_row(find: Any, key: str) -> None:
    assert find(f"acme:{key}") == key


def test_a_link_to_a_row_of_another_organization_is_a_mismatch(find: Any) -> None:
    with pytest.raises(OrganizationMismatch):
        find("globex:a:b")


@pytest.mark.parametrize("key", ["a:c", "acme:c", "c"])
def test_an_unknown_key_finds_no_row(find: Any, key: str) -> None:
    assert find(key) is None
