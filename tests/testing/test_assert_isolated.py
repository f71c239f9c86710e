"""`assert_isolated` finds leaks between organizations and accepts isolated views."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing import AssertIsolated, Member
from tenant_apps.items.models import Item
from tenant_apps.orders.models import Order
from tenant_apps.orders.services import order_place
from tenantry.context import tenant_context

from . import views


def item(member: Member, text: str) -> Item:
    return Item.objects.create(sku=text, description=text, price=5)


def order(member: Member, text: str) -> Order:
    return order_place(user=member.user, lines=[{"item": item(member, text), "quantity": 2}])


@pytest.fixture
def _views(settings: Settings) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.testing.views"
    settings.TENANT_ROLES = False  # With roles PostgreSQL stops these leaks itself.
    yield
    views.cached.clear()


@pytest.mark.parametrize(
    ("path", "leak"),
    [
        ("/rows/", "shows data of globex"),
        ("/number/", "has another response when globex has rows"),
        ("/header/", "shows data of globex"),
        ("/cookie/", "shows data of globex"),
        ("/cached_for_all/", "of a member of globex shows data of acme"),
        ("/one/{row.pk}/", "shows data of globex"),
        ("/existence/{row.pk}/", "has another response when globex has rows"),
        ("/write/{row.pk}/", "writes into globex: tenantry_items_item."),
    ],
)
def test_a_leaking_view_fails(
    _views: None, assert_isolated: AssertIsolated, path: str, leak: str
) -> None:
    with pytest.raises(AssertionError) as failure:
        assert_isolated(path, seed=item)

    assert str(failure.value).startswith(f"GET {path} of a member of ")
    assert leak in str(failure.value)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing/", "neither shows nor changes the rows of `seed`, so it proves nothing"),
        ("/denied/", "returned 403, so it proves nothing"),
        ("/different/", "has another response each time; pass a pattern"),
    ],
)
def test_a_test_that_proves_nothing_fails_with_the_reason(
    _views: None, assert_isolated: AssertIsolated, path: str, reason: str
) -> None:
    with pytest.raises(AssertionError, match=reason):
        assert_isolated(path, seed=item)


def test_parts_that_differ_each_time_can_be_ignored(
    _views: None, assert_isolated: AssertIsolated
) -> None:
    assert_isolated("/different/", seed=item, ignore=r'"nonce": "\w{32}"')


@pytest.mark.parametrize("path", ["/own/", "/own_number/", "/own_one/{row.pk}/", "/own_form/"])
def test_a_view_that_shows_only_own_rows_passes(
    _views: None, assert_isolated: AssertIsolated, path: str
) -> None:
    assert_isolated(path, seed=item)


def test_writes_to_own_rows_pass(_views: None, assert_isolated: AssertIsolated) -> None:
    assert_isolated("/own_one/{row.pk}/", seed=item, method="delete")
    assert_isolated("/own_form/", seed=item, method="post", data={"sku": "new"}, format="multipart")


def test_the_api_is_isolated(assert_isolated: AssertIsolated) -> None:
    for path in ("/api/items/", "/api/items/{row.pk}/", "/api/items/?format=api"):
        assert_isolated(path, seed=item)
    assert_isolated("/api/items/", seed=item, data={"search": "has"})
    assert_isolated("/api/items/{row.pk}/", seed=item, method="patch", data={"price": "9.00"})
    assert_isolated("/api/items/{row.pk}/", seed=item, method="delete")
    assert_isolated("/api/orders/{row.pk}/", seed=order)
    assert_isolated("/api/orders/priced/", seed=order, role=Role.MEMBER)
    assert_isolated("/api/orders/{row.pk}/fulfil/", seed=order, method="post")
    assert_isolated(
        "/api/orders/",
        seed=item,
        method="post",
        data=lambda row: {"lines": [{"item": row.pk, "quantity": 1}]},
    )


def test_rows_can_be_seeded_through_the_api(assert_isolated: AssertIsolated) -> None:
    assert_isolated(
        "/api/items/{row[id]}/",
        seed=lambda member, text: member.post(
            "/api/items/", {"sku": text, "description": text, "price": "1"}
        ).json(),
    )


def test_all_changes_are_rolled_back(
    assert_isolated: AssertIsolated, acme: Organization, globex: Organization
) -> None:
    assert_isolated("/api/items/", seed=item)

    keys = []
    for organization in (acme, globex):
        with tenant_context(organization):
            assert not Item.objects.exists()
            keys.append(Item.objects.create(sku="after", price=1).pk)
    assert keys[0] == keys[1]
