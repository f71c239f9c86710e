"""`request.user` is a lazy object; the guard read its type and failed."""

from typing import Any

from django.utils.functional import SimpleLazyObject

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenant_apps.orders.models import Order
from tenantry.context import tenant_context


def test_the_user_of_a_request_can_be_related_to_shared_and_to_tenant_models(
    nora: User, acme: Organization
) -> None:
    lazy: Any = SimpleLazyObject(lambda: nora)

    membership = Membership(user=lazy, organization=acme)
    with tenant_context(acme):
        order = Order(user=lazy)

    assert (membership.user_id, order.user_id) == (nora.pk, nora.pk)
