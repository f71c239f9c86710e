"""Keys in the admin's URLs: a row's own may hold a colon, links of the admin log hold one."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection, models
from django.test import RequestFactory
from django.test.utils import isolate_apps

from shared_apps.organizations.models import Organization
from shared_apps.staff.support.guard import MadeForAnotherOrganization
from shared_apps.staff.tenants import TenantModelAdmin
from tenantry.context import tenant_context
from tenantry.models import TenantModel

KEYS = ("a:b", "plain", "globex:plain", ":", "a:")


@pytest.fixture
def find(acme: Organization, globex: Organization) -> Any:
    """Look up a row of a model with a text key, as its admin does inside acme."""
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
def test_a_key_that_holds_a_colon_opens_its_row(find: Any, key: str) -> None:
    assert find(key) == key


@pytest.mark.parametrize("key", KEYS)
def test_a_link_of_the_admin_log_opens_it_as_well(find: Any, key: str) -> None:
    assert find(f"acme:{key}") == key


def test_a_link_to_another_organization_s_row_opens_nothing(find: Any) -> None:
    with pytest.raises(MadeForAnotherOrganization):
        find("globex:a:b")


@pytest.mark.parametrize("key", ["a:c", "acme:c", "c"])
def test_what_is_not_there_is_not_found(find: Any, key: str) -> None:
    assert find(key) is None
