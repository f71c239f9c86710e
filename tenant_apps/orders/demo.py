"""The orders of the demo."""

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .services import order_place

# By SKU: the owner places one order for each.
QUANTITIES = {"TESLA": 10, "HUAWEI": 5}


def load(*, organization: Organization, owner: User) -> None:
    for sku, quantity in QUANTITIES.items():
        item = Item.objects.get(sku=sku)
        order_place(user=owner, lines=[{"item": item, "quantity": quantity}])
