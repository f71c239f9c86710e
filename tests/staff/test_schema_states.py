"""Size, condition and drift of schemas in the admin."""

import re
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.staff.admin.organizations import OrganizationAdmin
from shared_apps.users.models import User
from tenantry.fleet import state
from tenantry.fleet.state import SchemaState

from .conftest import ORGANIZATIONS, Browser, BrowserOf, act


@pytest.fixture
def browser(browser_of: BrowserOf, olga: User) -> Browser:
    return browser_of(olga)


def condition(browser: Browser, organization: Organization) -> str:
    """Return the condition that the list shows."""
    rows = browser.get(ORGANIZATIONS, {"q": organization.schema_name}).context["cl"].result_list
    return str(rows[0].condition)


def test_refresh_sizes_measures_and_the_list_sorts_by_size(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    page = act(browser, "refresh_sizes", acme).content.decode()

    assert "1 measured, 0 differ from the template." in page
    assert SchemaState.objects.get(size__gt=8192).pk == "acme"

    with connection.cursor() as cursor:
        # Larger than any rows that tests left in acme.
        cursor.execute("CREATE TABLE globex.large AS SELECT generate_series(1, 500000)")
    call_command("refresh_sizes")
    column = list(OrganizationAdmin.list_display).index("schema_size") + 1
    rows = browser.get(ORGANIZATIONS, {"o": f"-{column}"}).context["cl"].result_list
    assert [row.schema_name for row in rows] == ["globex", "acme"]


def test_support_cannot_refresh_sizes(
    browser_of: BrowserOf, susan: User, acme: Organization
) -> None:
    act(browser_of(susan), "refresh_sizes", acme)

    assert not SchemaState.objects.filter(measured_at__isnull=False).exists()


def test_a_failed_migration_is_shown_with_its_error_and_counted(
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


def test_the_page_of_an_organization_shows_its_status_and_condition_as_labels(
    browser: Browser, acme: Organization
) -> None:
    state.refresh("acme")

    page = browser.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()

    labels = re.findall(r'<span class="[^"]*bg-green-100[^"]*"[^>]*>\s*(.*?)\s*</span>', page)
    assert labels == ["Active", "OK"]


def test_the_migrate_action_updates_a_schema_that_is_behind(
    browser: Browser, acme: Organization
) -> None:
    state.clear("acme")
    assert condition(browser, acme) == "behind"

    act(browser, "migrate", acme)

    assert condition(browser, acme) == "ok"
    assert AuditEntry.objects.latest("pk").action == "organization.migrated"


def test_a_changed_schema_is_drifted(browser: Browser, acme: Organization) -> None:
    act(browser, "migrate", acme)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.tenantry_items_item ADD COLUMN colour text")

    assert browser.get("/admin/").context["compared_since"] is None
    assert "Not compared with the template yet." in browser.get("/admin/").content.decode()

    act(browser, "refresh_sizes", acme)

    assert condition(browser, acme) == "drifted"
    page = browser.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()
    assert "colour" in page


def test_refresh_sizes_names_the_schemas_that_differ(
    browser: Browser, acme: Organization, globex: Organization, capsys: pytest.CaptureFixture[str]
) -> None:
    act(browser, "migrate", acme, globex)
    call_command("refresh_sizes", drift=True)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE acme.tenantry_items_item ADD COLUMN colour text")
    call_command("refresh_sizes", drift=True)

    assert capsys.readouterr().out.splitlines() == [
        "Measured 2 organizations.",
        "No schema differs from the template.",
        "Measured 2 organizations.",
        "Different from the template: acme.",
    ]


def test_the_first_page_shows_the_age_of_its_drift_figures(
    browser: Browser, acme: Organization, globex: Organization
) -> None:
    act(browser, "migrate", acme, globex)
    act(browser, "refresh_sizes", acme)
    two_days_ago = timezone.now() - timedelta(days=2, hours=1)
    SchemaState.objects.filter(pk="acme").update(compared_at=two_days_ago)

    first = browser.get("/admin/")

    assert first.context["compared_since"] == two_days_ago
    assert "template: 2\xa0days" in first.content.decode()
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


def test_a_failed_migration_is_audited_with_its_error(browser: Browser, acme: Organization) -> None:
    act(browser, "migrate", acme)
    assert AuditEntry.objects.latest("pk").data == {"error": ""}
    state.clear("acme")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM acme.django_migrations WHERE app = 'tenantry_items'")

    act(browser, "migrate", acme)

    assert AuditEntry.objects.latest("pk").data["error"]
