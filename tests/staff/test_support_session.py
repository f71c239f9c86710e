"""Entering an organization: permissions, duration, and the pages it opens."""

from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from shared_apps.organizations.models import Organization
from shared_apps.organizations.services import membership_create
from shared_apps.staff.models import SupportSession
from shared_apps.users.models import User
from tenant_apps.items.models import Item

from .conftest import BrowserOf

ITEMS = "/admin/tenantry_items/item/"
CHOICE = "/admin/support/"


def test_tenant_models_are_not_shown_without_a_support_session(
    browser_of: BrowserOf, root: User
) -> None:
    page = browser_of(root).get("/admin/").content.decode()

    assert ITEMS not in page


@pytest.mark.parametrize(
    "url",
    [
        ITEMS,
        "/admin/tenantry_items/",
        "/admin/tenantry_items/item/add/",
        "/admin/tenantry_items/item/1/change/",
        "/admin/tenantry_items/item/1/history/",
        "/admin/tenantry_items/item/1/delete/",
        "/admin/tenantry_items/item/import/",
        "/admin/tenantry_items/item/export/",
        "/admin/tenantry_items/item/process_import/",
        "/admin/tenantry_orders/",
        "/admin/tenantry_orders/order/",
        "/admin/tenantry_orders/order/1/change/",
        "/admin/autocomplete/?app_label=tenantry_orders&model_name=orderline&field_name=item",
    ],
)
def test_tenant_urls_lead_to_the_choice_without_a_support_session(
    browser_of: BrowserOf, root: User, url: str
) -> None:
    browser = browser_of(root)

    for response in (browser.get(url), browser.post(url)):
        assert response.status_code == 302
        assert response["Location"].startswith(CHOICE)


def test_entering_shows_the_organization_s_section_and_a_banner(
    browser_of: BrowserOf, olga: User, acme: Organization, desk: Item
) -> None:
    browser = browser_of(olga)

    browser.enter(acme)

    page = browser.get("/admin/").content.decode()
    assert ITEMS in page
    assert "You are in <strong>Acme</strong>" in page
    assert "Ticket 7" in page
    assert "Walnut" in browser.get(ITEMS).content.decode()


def test_a_support_session_shows_only_its_own_organization(
    browser_of: BrowserOf, olga: User, globex: Organization, desk: Item
) -> None:
    browser = browser_of(olga)

    browser.enter(globex)

    assert "Walnut" not in browser.get(ITEMS).content.decode()
    assert browser.get(f"{ITEMS}{desk.pk}/change/").status_code == 302


def test_error_pages_have_the_banner(browser_of: BrowserOf, olga: User, acme: Organization) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    response = browser.get("/admin/nothing-here/", headers={"Accept": "text/html"})

    assert response.status_code == 404
    assert "You are in <strong>Acme</strong>" in response.content.decode()
    assert "/admin/support/leave/" in response.content.decode()


@pytest.mark.parametrize("entered", [True, False])
def test_view_on_site_shows_no_tenant_rows(
    browser_of: BrowserOf, root: User, acme: Organization, desk: Item, entered: bool
) -> None:
    browser = browser_of(root)
    if entered:
        browser.enter(acme)
    key = ContentType.objects.get_for_model(Item).pk

    response = browser.get(f"/admin/r/{key}/{desk.pk}/")

    assert response.status_code in (302, 404)
    assert "Walnut" not in response.content.decode()


def test_a_reason_is_required(browser_of: BrowserOf, olga: User, acme: Organization) -> None:
    url = reverse("admin:support_enter", args=[acme.schema_name])

    response = browser_of(olga).post(url, {"reason": " ", "mode": "read"})

    assert response.status_code == 200
    assert "This field is required" in response.content.decode()
    assert not SupportSession.objects.exists()


@pytest.mark.parametrize("user", ["bob", "stella"])
def test_members_and_staff_without_permission_cannot_enter(
    browser_of: BrowserOf, acme: Organization, user: str, request: pytest.FixtureRequest
) -> None:
    browser = browser_of(request.getfixturevalue(user))

    response = browser.enter(acme)

    assert response.status_code in (302, 403)
    assert not SupportSession.objects.exists()
    assert browser.get(ITEMS).status_code == 302


def test_support_cannot_enter_to_write(
    browser_of: BrowserOf, susan: User, acme: Organization
) -> None:
    response = browser_of(susan).enter(acme, "write")

    assert "not one of the available choices" in response.content.decode()
    assert not SupportSession.objects.exists()


def test_a_support_session_ends_after_half_an_hour(
    browser_of: BrowserOf, olga: User, acme: Organization, desk: Item
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)
    session = SupportSession.objects.get()
    assert session.expires_at - session.started_at == timedelta(minutes=30)

    SupportSession.objects.update(expires_at=timezone.now())
    response = browser.send(f"{ITEMS}{desk.pk}/change/", {"price": "1"}, acme)

    assert response["Location"] == CHOICE
    assert "Your support session has ended" in browser.get(CHOICE).content.decode()


def test_leaving_ends_the_support_session(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    browser.post("/admin/support/leave/")

    assert SupportSession.objects.get().ended_at is not None
    assert browser.get(ITEMS)["Location"].startswith(CHOICE)


def test_signing_out_ends_the_support_session(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    browser.post("/accounts/logout/")

    assert SupportSession.objects.get().ended_at is not None


def test_entering_another_organization_ends_the_first(
    browser_of: BrowserOf, olga: User, acme: Organization, globex: Organization
) -> None:
    browser = browser_of(olga)

    browser.enter(acme)
    browser.enter(globex)

    assert SupportSession.objects.get(organization=acme).ended_at is not None
    assert SupportSession.objects.get(organization=globex).ended_at is None


def test_a_lost_permission_ends_access_with_the_next_request(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    olga.groups.clear()

    assert browser.get(ITEMS)["Location"].startswith(CHOICE)


def test_a_deactivated_user_is_signed_out(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    User.objects.filter(pk=olga.pk).update(is_active=False)

    assert browser.get("/admin/")["Location"].startswith("/admin/login/")
    assert browser.get(ITEMS)["Location"].startswith(CHOICE)


def test_a_support_session_works_in_one_browser_only(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser_of(olga).enter(acme)

    assert browser_of(olga).get(ITEMS)["Location"].startswith(CHOICE)


def test_a_support_session_gives_no_access_to_the_api(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    browser = browser_of(olga)
    browser.enter(acme)

    response = browser.get("/api/items/")

    assert (response.status_code, response.json()["code"]) == (403, "no_organization")


def test_a_staff_user_s_own_membership_opens_no_tenant_pages(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    membership_create(user=olga, organization=acme)

    assert browser_of(olga).get(ITEMS)["Location"].startswith(CHOICE)


def test_next_must_be_a_page_of_the_admin(
    browser_of: BrowserOf, olga: User, acme: Organization
) -> None:
    url = reverse("admin:support_enter", args=[acme.schema_name])
    data = {"reason": "Ticket 7", "mode": "read"}

    for back in ("https://evil.example/admin/", "//evil.example", "/api/"):
        assert browser_of(olga).post(url, {**data, "next": back})["Location"] == "/admin/"
    assert browser_of(olga).post(url, {**data, "next": ITEMS})["Location"] == ITEMS
