"""Organizations to order from, made in the database of the environment.

`python -m tests.faults.seed N` prints a line of JSON for each, the arguments of a `Shop`.
"""

import json
import sys
from decimal import Decimal

import django

ITEMS = 3


def main() -> None:
    """Make as many organizations as the argument says, each with an owner of its own.

    The price of all its items is the organization's number, so that an order line names it.
    """
    django.setup()

    from shared_apps.organizations.services import organization_create
    from shared_apps.tenancy.context import tenant_context
    from shared_apps.users.models import ApiToken, User
    from tenant_apps.items.services import item_create

    for number in range(1, int(sys.argv[1]) + 1):
        schema = f"shop_{number}"
        user = User.objects.create_user(f"{schema}@shop.example", name=schema)
        organization = organization_create(schema_name=schema, name=schema, owner=user)
        with tenant_context(organization):
            items = [
                item_create(sku=f"{n}", description=f"{schema} item", price=Decimal(number)).pk
                for n in range(ITEMS)
            ]
        _, token = ApiToken.objects.issue(user=user, organization=organization)
        print(json.dumps([schema, number, user.pk, items, token]))


if __name__ == "__main__":
    main()
