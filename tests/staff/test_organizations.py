"""Organizations in the admin: creating, changing, suspending, resuming, archiving, measuring."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.admin.organizations import AT_ONCE, OrganizationAdmin
from shared_apps.users.models import ApiToken, User
from tenant_apps.items.models import Item
from tenantry.errors import SchemaExists
from tenantry.fleet import state
from tenantry.fleet.state import SchemaState
from tenantry.schemas.catalog import schema_exists

from .conftest import Browser, BrowserOf

ORGANIZATIONS = "/admin/tenantry_organizations/organization/"


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    return browser_of(olga)


def act(browser: Browser, action: str, *organizations: Organization, **data: str) -> Any:
    keys = [organization.pk for organization in organizations]
    return browser.post(
        ORGANIZATIONS, {"action": action, "_selected_action": keys, **data}, follow=True
    )


def test_adding_one_creates_its_schema_and_its_owner(browser: Browser, nora: User) -> None:
    data = {
        "schema_name": "initech",
        "name": "Initech",
        "owner": nora.pk,
        "currency": "USD",
        "_continue": "Save and continue editing",
    }

    answer = browser.post(f"{ORGANIZATIONS}add/", data)

    organization = Organization.objects.get(schema_name="initech")
    assert answer["Location"] == f"{ORGANIZATIONS}{organization.pk}/change/"
    assert schema_exists("initech")
    assert Membership.objects.get(organization=organization).role == "owner"
    entry = AuditEntry.objects.get(action="organization.created", schema_name="initech")
    assert entry.actor == "olga@tenantry.example"


def test_its_name_and_currency_can_be_changed_and_its_schema_cannot(
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


def test_what_only_the_service_finds_out_is_a_message_and_not_a_success(
    browser: Browser, nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_late(schema_name: str) -> None:
        raise SchemaExists("Another request was faster.")

    monkeypatch.setattr("shared_apps.organizations.services.create_schema", too_late)
    data = {"schema_name": "initech", "name": "X", "owner": nora.pk, "currency": "EUR"}

    page = browser.post(f"{ORGANIZATIONS}add/", data, follow=True).content.decode()

    assert "Another request was faster." in page
    assert "added successfully" not in page
    assert not Organization.objects.filter(schema_name="initech").exists()


def test_suspending_asks_first_and_names_them(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    page = act(browser, "suspend", acme, globex).content.decode()

    assert "Acme" in page
    assert "Globex" in page
    assert 'name="reason"' in page
    assert set(Organization.objects.values_list("status", flat=True)) == {"active"}


def test_members_of_a_suspended_organization_are_refused_at_once_and_resume_as_before(
    browser: Browser, acme: Organization, alice: User, desk: Item, client: Any
) -> None:
    _, token = ApiToken.objects.issue(user=alice, organization=acme)
    header = {"Authorization": f"Token {token}"}
    assert client.get("/api/items/", headers=header).status_code == 200

    act(browser, "suspend", acme, confirmed="yes", reason="Unpaid")

    refused = client.get("/api/items/", headers=header)
    assert (refused.status_code, refused.json()["code"]) == (403, "organization_suspended")
    assert AuditEntry.objects.latest("pk").reason == "Unpaid"

    act(browser, "resume", acme, confirmed="yes")

    assert client.get("/api/items/", headers=header).json()["count"] == 1


def test_what_cannot_be_suspended_is_said(browser: Browser, acme: Organization) -> None:
    act(browser, "archive", acme, confirmed="yes")

    page = act(browser, "suspend", acme, confirmed="yes").content.decode()

    assert "Acme is not active: nothing changed." in page
    assert Organization.objects.get(pk=acme.pk).status == "archived"


def test_sizes_are_measured_and_sorted_by(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    page = act(browser, "refresh_sizes", acme).content.decode()

    assert "Measured 1; 0 differ." in page
    assert SchemaState.objects.get(size__gt=8192).pk == "acme"

    with connection.cursor() as cursor:
        # Larger than what rolled back tests may have left in the other's.
        cursor.execute("CREATE TABLE globex.large AS SELECT generate_series(1, 500000)")
    call_command("refresh_sizes")
    column = list(OrganizationAdmin.list_display).index("schema_size") + 1
    rows = browser.get(ORGANIZATIONS, {"o": f"-{column}"}).context["cl"].result_list
    assert [row.schema_name for row in rows] == ["globex", "acme"]


def test_an_action_takes_no_more_organizations_than_a_page_shows(
    browser: Browser, acme: Organization
) -> None:
    Organization.objects.bulk_create(
        Organization(schema_name=f"org_{n}", name=f"Organization {n}") for n in range(AT_ONCE)
    )

    for action in ("suspend", "migrate"):
        page = act(browser, action, acme, select_across="1", confirmed="yes").content.decode()
        assert "An action takes 100 organizations at once" in page
    assert set(Organization.objects.values_list("status", flat=True)) == {"active"}
    assert not AuditEntry.objects.filter(action="organization.migrated").exists()


def test_support_does_not_measure(browser_of: BrowserOf, susan: User, acme: Organization) -> None:
    act(browser_of(susan), "refresh_sizes", acme)

    assert not SchemaState.objects.filter(measured_at__isnull=False).exists()


def condition(browser: Browser, organization: Organization) -> str:
    """Return what the list says of its migrations."""
    rows = browser.get(ORGANIZATIONS, {"q": organization.schema_name}).context["cl"].result_list
    return str(rows[0].condition)


def test_a_failed_migration_is_shown_with_its_reason_and_counted(
    browser: Browser, acme: Organization
) -> None:
    state.refresh("acme")
    assert condition(browser, acme) == "ok"
    state.record_failure("acme", "DataError: the column is too short")

    page = browser.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()

    assert condition(browser, acme) == "failed"
    assert "the column is too short" in page
    assert "acme" in browser.get(ORGANIZATIONS, {"condition": "failed"}).content.decode()
    bars = {bar.label: bar.value for bar in browser.get("/admin/").context["by_condition"]}
    assert bars["Failed"] == 1


def test_an_organization_that_is_behind_is_migrated_by_an_action(
    browser: Browser, acme: Organization
) -> None:
    state.clear("acme")
    assert condition(browser, acme) == "behind"

    act(browser, "migrate", acme)

    assert condition(browser, acme) == "ok"
    assert AuditEntry.objects.latest("pk").action == "organization.migrated"


def test_a_schema_that_somebody_changed_is_drifted(browser: Browser, acme: Organization) -> None:
    act(browser, "migrate", acme)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.tenantry_items_item ADD COLUMN colour text")

    assert browser.get("/admin/").context["compared_since"] is None
    assert "Drifted: not looked for yet" in browser.get("/admin/").content.decode()

    act(browser, "refresh_sizes", acme)

    assert condition(browser, acme) == "drifted"
    page = browser.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()
    assert "colour" in page


def test_refresh_sizes_names_who_differs_from_the_template_or_says_that_none_does(
    browser: Browser, acme: Organization, globex: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    act(browser, "migrate", acme, globex)
    call_command("refresh_sizes", drift=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.tenantry_items_item ADD COLUMN colour text")
    call_command("refresh_sizes", drift=True)

    assert capsys.readouterr().out.splitlines() == [
        "Measured 2 organizations.",
        "None differs from the template.",
        "Measured 2 organizations.",
        "Different from the template: acme.",
    ]


def test_the_first_page_says_how_old_what_it_says_of_drift_is(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    act(browser, "migrate", acme, globex)
    act(browser, "refresh_sizes", acme)
    two_days_ago = timezone.now() - timedelta(days=2, hours=1)
    SchemaState.objects.filter(pk="acme").update(compared_at=two_days_ago)

    first = browser.get("/admin/")

    assert first.context["compared_since"] == two_days_ago
    assert "up to 2\xa0days" in first.content.decode()
    assert "1 not compared yet" in first.content.decode()


def test_a_schema_that_is_behind_counts_as_not_compared(
    browser: Browser, acme: Organization
) -> None:
    act(browser, "migrate", acme)
    page = f"{ORGANIZATIONS}{acme.pk}/change/"
    assert "not compared" in browser.get(page).content.decode()
    act(browser, "refresh_sizes", acme)
    assert "not compared" not in browser.get(page).content.decode()
    assert SchemaState.objects.get(pk="acme").compared_at is not None
    state.clear("acme")

    act(browser, "refresh_sizes", acme)

    assert SchemaState.objects.get(pk="acme").compared_at is None


def test_a_migration_that_failed_stands_as_such_in_the_audit_log(
    browser: Browser, acme: Organization
) -> None:
    act(browser, "migrate", acme)
    assert AuditEntry.objects.latest("pk").data == {"error": ""}
    state.clear("acme")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM acme.django_migrations WHERE app = 'tenantry_items'")

    act(browser, "migrate", acme)

    assert "InconsistentMigrationHistory" in AuditEntry.objects.latest("pk").data["error"]


def test_support_sees_organizations_and_can_do_nothing_to_them(
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
