"""Organizations in the admin: create, change, suspend, resume, archive."""

from typing import Any

import pytest

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.admin.base import MAX_CHOSEN
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenantry.errors import SchemaExists
from tenantry.schemas.catalog import schema_exists

from .conftest import ORGANIZATIONS, Browser, BrowserOf, act


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    return browser_of(olga)


def test_adding_an_organization_creates_its_schema_and_owner(browser: Browser, nora: User) -> None:
    data = {
        "schema_name": "initech",
        "name": "Initech",
        "owner": nora.pk,
        "currency": "USD",
        "_continue": "Save and continue editing",
    }

    response = browser.post(f"{ORGANIZATIONS}add/", data)

    organization = Organization.objects.get(schema_name="initech")
    assert response["Location"] == f"{ORGANIZATIONS}{organization.pk}/change/"
    assert schema_exists("initech")
    assert Membership.objects.get(organization=organization).role == "owner"
    entry = AuditEntry.objects.get(action="organization.created", schema_name="initech")
    assert entry.actor == "olga@tenantry.example"


def test_name_and_currency_can_change_but_not_the_schema(
    browser: Browser, acme: Organization
) -> None:
    data = {"name": "Acme Ltd", "currency": "USD", "schema_name": "other", "status": "archived"}
    data |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    browser.post(f"{ORGANIZATIONS}{acme.pk}/change/", data)

    acme.refresh_from_db()
    assert (acme.schema_name, acme.name, acme.currency, acme.status) == (
        "acme",
        "Acme Ltd",
        "USD",
        "active",
    )
    assert AuditEntry.objects.latest("pk").action == "organization.changed"


def test_an_error_of_the_service_is_a_message(
    browser: Browser, nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(schema_name: str) -> None:
        raise SchemaExists("The schema exists.")

    monkeypatch.setattr("shared_apps.organizations.services.create_schema", fail)
    data = {"schema_name": "initech", "name": "X", "owner": nora.pk, "currency": "EUR"}

    page = browser.post(f"{ORGANIZATIONS}add/", data, follow=True).content.decode()

    assert "The schema exists." in page
    assert "added successfully" not in page
    assert not Organization.objects.filter(schema_name="initech").exists()


def test_suspending_asks_for_confirmation_with_the_names(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    page = act(browser, "suspend", acme, globex).content.decode()

    assert "Acme" in page
    assert "Globex" in page
    assert 'name="reason"' in page
    assert set(Organization.objects.values_list("status", flat=True)) == {"active"}


def test_members_lose_access_when_suspended_and_get_it_back(
    browser: Browser, acme: Organization, alice: User, desk: Item, client: Any
) -> None:
    _, token = ApiToken.objects.issue(user=alice, organization=acme)
    header = {"Authorization": f"Token {token}"}
    assert client.get("/api/items/", headers=header).status_code == 200

    act(browser, "suspend", acme, confirmed="yes", reason="Unpaid")

    denied = client.get("/api/items/", headers=header)
    assert (denied.status_code, denied.json()["code"]) == (403, "organization_suspended")
    assert AuditEntry.objects.latest("pk").reason == "Unpaid"

    act(browser, "resume", acme, confirmed="yes")

    assert client.get("/api/items/", headers=header).json()["count"] == 1


def test_suspending_an_archived_organization_shows_an_error(
    browser: Browser, acme: Organization
) -> None:
    act(browser, "archive", acme, confirmed="yes")

    page = act(browser, "suspend", acme, confirmed="yes").content.decode()

    assert "Nothing was changed: Acme is not active." in page
    assert Organization.objects.get(pk=acme.pk).status == "archived"


def test_an_action_on_too_many_organizations_is_rejected(
    browser: Browser, acme: Organization
) -> None:
    Organization.objects.bulk_create(
        Organization(schema_name=f"org_{n}", name=f"Organization {n}") for n in range(MAX_CHOSEN)
    )

    for action in ("suspend", "migrate"):
        page = act(browser, action, acme, select_across="1", confirmed="yes").content.decode()
        assert "Select at most 100 for one action." in page
    assert set(Organization.objects.values_list("status", flat=True)) == {"active"}
    assert not AuditEntry.objects.filter(action="organization.migrated").exists()


def test_support_can_read_organizations_but_not_change_them(
    browser_of: BrowserOf, susan: User, acme: Organization
) -> None:
    browser = browser_of(susan)

    page = browser.get(ORGANIZATIONS).content.decode()
    act(browser, "suspend", acme, confirmed="yes")

    assert "Acme" in page
    assert 'value="suspend"' not in page
    assert browser.get(f"{ORGANIZATIONS}add/").status_code == 403
    assert browser.post(f"{ORGANIZATIONS}{acme.pk}/change/", {"name": "X"}).status_code == 403
    assert Organization.objects.get(pk=acme.pk).status == "active"
