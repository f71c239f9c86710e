"""The items of the demo."""

from decimal import Decimal

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User

from .services import item_create

# By organization and SKU: the same items at different prices.
PRICES = {
    "client1": {"TESLA": Decimal(5000), "HUAWEI": Decimal(2000)},
    "client2": {"TESLA": Decimal(1000), "HUAWEI": Decimal(100)},
}


def load(*, organization: Organization, owner: User) -> None:
    for sku, price in PRICES[organization.schema_name].items():
        item_create(sku=sku, description=sku.capitalize(), price=price)
