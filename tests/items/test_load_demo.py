"""load_demo creates the same items in both organizations, with different prices."""

import pytest
from django.core.management import call_command
from pytest_django import Settings

from tenant_apps.items.models import Item
from tenantry.context import tenant_context


@pytest.mark.parametrize(
    ("schema_name", "tesla", "huawei"),
    [("client1", "5000.00", "2000.00"), ("client2", "1000.00", "100.00")],
)
def test_each_organization_gets_items_one_and_two(
    db: None, settings: Settings, schema_name: str, tesla: str, huawei: str
) -> None:
    settings.DEBUG = True
    call_command("load_demo")

    with tenant_context(schema_name):
        items = [(each.pk, each.description, str(each.price)) for each in Item.objects.all()]

    assert items == [(1, "Tesla", tesla), (2, "Huawei", huawei)]
