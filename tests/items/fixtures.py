"""A desk of acme, and a desk of globex with the same id."""

from decimal import Decimal

import pytest

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item
from tenantry.context import tenant_context

# Sequences never reach this value in a test run.
DESK_ID = 1_000_001


@pytest.fixture
def desk(acme: Organization) -> Item:
    """An item of acme for 250.00."""
    return _desk(acme, Decimal("250.00"))


@pytest.fixture
def globex_desk(globex: Organization) -> Item:
    """An item of globex for 90.00, with the same id."""
    return _desk(globex, Decimal("90.00"))


def _desk(organization: Organization, price: Decimal) -> Item:
    with tenant_context(organization):
        return Item.objects.create(
            pk=DESK_ID, sku="DESK", description=f"{organization.name} desk", price=price
        )
