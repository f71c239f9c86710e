"""The audit log in the admin is read-only, and is the history of each object."""

import pytest
from django.test import Client

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_change
from shared_apps.users.models import User
from shared_apps.users.services import token_issue

from .conftest import BrowserOf

USERS = "/admin/tenantry_users/user/"

MEMBERSHIPS = "/admin/tenantry_organizations/membership/"

TOKENS = "/admin/tenantry_users/apitoken/"


@pytest.mark.parametrize(
    "url", ["/admin/tenantry_audit/auditentry/", "/admin/tenantry_staff/supportsession/"]
)
def test_the_admin_cannot_change_the_audit_log(
    browser_of: BrowserOf, root: User, acme: Organization, url: str
) -> None:
    browser = browser_of(root)
    browser.enter(acme)
    latest = AuditEntry.objects.latest("pk").pk if "audit" in url else acme.pk

    assert browser.get(f"{url}add/").status_code == 403
    assert browser.post(f"{url}{latest}/delete/", {"post": "yes"}).status_code in (302, 403)
    assert "Ticket 7" in browser.get(url).content.decode()


def test_an_entry_of_a_newer_release_does_not_break_the_log(
    browser_of: BrowserOf, root: User
) -> None:
    entry = AuditEntry.objects.create(action="teapot.boiled", actor="x")
    browser = browser_of(root)

    assert "teapot.boiled" in browser.get("/admin/tenantry_audit/auditentry/").content.decode()
    assert browser.get(f"/admin/tenantry_audit/auditentry/{entry.pk}/change/").status_code == 200


@pytest.mark.parametrize("page", ["user", "membership", "token", "organization"])
def test_the_history_page_shows_audit_entries(
    browser_of: BrowserOf, root: User, bob: User, acme: Organization, page: str
) -> None:
    token, _ = token_issue(user=bob, organization=acme)
    membership_change(membership=bob.memberships.get(), role=Role.ADMIN)
    Client().post("/accounts/login/", {"username": bob.email.upper(), "password": "hush"})
    url, shown = {
        "user": (f"{USERS}{bob.pk}", "sign_in.failed"),
        "membership": (f"{MEMBERSHIPS}{bob.memberships.get().pk}", "membership.changed"),
        "token": (f"{TOKENS}{token.pk}", "token.issued"),
        "organization": (
            f"/admin/tenantry_organizations/organization/{acme.pk}",
            "membership.changed",
        ),
    }[page]
    browser = browser_of(root)

    history = browser.get(f"{url}/history/")
    log = browser.get(history.context["log"])

    words = dict(AuditAction.choices)[shown]
    assert words in history.text
    assert words in log.text
    assert bob.email in {entry.subject for entry in log.context["cl"].result_list}
