"""Creates organizations to order from, in the service's database.

`manage.py shell -c "from tests.faults.seed import shops; shops(N)"`
"""

import json
import sys
from decimal import Decimal

from shared_apps.organizations.services import organization_create
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.services import item_create
from tenantry.context import tenant_context

ITEMS = 3


def shops(count: int) -> None:
    """Create organizations, each with its own owner, and print a line for each.

    A line is a JSON list: the arguments of a `Shop`. The price of all items is the organization's
    number, so that each order line shows its organization.
    """
    for number in range(1, count + 1):
        schema = f"shop_{number}"
        user = User.objects.create_user(f"{schema}@shop.example", name=schema)
        organization = organization_create(schema_name=schema, name=schema, owner=user)
        with tenant_context(organization):
            items = [
                item_create(sku=f"{n}", description=f"{schema} item", price=Decimal(number)).pk
                for n in range(ITEMS)
            ]
        _, token = ApiToken.objects.issue(user=user, organization=organization)
        sys.stdout.write(f"{json.dumps([schema, number, user.pk, items, token])}\n")
