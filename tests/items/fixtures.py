"""Items that tests share: a desk of acme, and one of globex with the same id."""

from decimal import Decimal

import pytest

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item
from tenantry.context import tenant_context

# Far beyond what sequences reach in a run.
DESK_ID = 1_000_001


@pytest.fixture
def desk(acme: Organization) -> Item:
    """What acme sells for 250.00; globex has an item with the same id."""
    return _desk(acme, Decimal("250.00"))


@pytest.fixture
def globex_desk(globex: Organization) -> Item:
    """What globex sells for 90.00; acme has an item with the same id."""
    return _desk(globex, Decimal("90.00"))


def _desk(organization: Organization, price: Decimal) -> Item:
    with tenant_context(organization):
        return Item.objects.create(
            pk=DESK_ID, sku="DESK", description=f"{organization.name} desk", price=price
        )
