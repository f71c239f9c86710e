"""What operators, support and staff without a group can do in the admin."""

import pytest
from django.contrib.auth.models import Group

from shared_apps.audit.models import AuditEntry
from shared_apps.staff.permissions import ensure_groups
from shared_apps.users.models import User

from .conftest import BrowserOf, form_of

USERS = "/admin/tenantry_users/user/"

MEMBERSHIPS = "/admin/tenantry_organizations/membership/"

TOKENS = "/admin/tenantry_users/apitoken/"


def test_an_operator_cannot_create_staff(browser_of: BrowserOf, olga: User, bob: User) -> None:
    groups = list(Group.objects.values_list("pk", flat=True))
    form = form_of(bob, is_staff="on", is_superuser="on", groups=groups)

    browser_of(olga).post(f"{USERS}{bob.pk}/change/", form)

    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser, bob.groups.count()) == (False, False, 0)


@pytest.mark.parametrize("page", ["change/", "password/"])
@pytest.mark.parametrize("staff", ["root", "olga", "stella"])
def test_an_operator_cannot_change_staff(
    browser_of: BrowserOf, olga: User, page: str, staff: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(staff)
    form = form_of(user, email="mine@evil.example", password1="Xy7-taken", password2="Xy7-taken")

    response = browser_of(olga).post(f"{USERS}{user.pk}/{page}", form)

    assert response.status_code == 403
    assert User.objects.get(pk=user.pk).email == user.email


@pytest.mark.parametrize("url", [USERS, MEMBERSHIPS, TOKENS, "/admin/tenantry_audit/auditentry/"])
def test_support_can_read_but_not_change(
    browser_of: BrowserOf, susan: User, bob: User, url: str
) -> None:
    browser = browser_of(susan)

    assert browser.get(url).status_code == 200
    assert browser.get(f"{url}add/").status_code == 403
    assert browser.post(f"{USERS}{bob.pk}/change/", form_of(bob)).status_code == 403


def test_staff_without_a_group_see_nothing(browser_of: BrowserOf, stella: User) -> None:
    browser = browser_of(stella)

    assert "/admin/tenantry_users/" not in browser.get("/admin/").content.decode()
    for url in (USERS, MEMBERSHIPS, TOKENS, "/admin/support/", "/admin/tenantry_audit/auditentry/"):
        assert browser.get(url).status_code == 403


def test_migrate_restores_the_permissions_of_groups(db: None) -> None:
    support = Group.objects.get(name="Tenantry support")
    before = set(support.permissions.values_list("codename", flat=True))
    assert before
    support.permissions.set(Group.objects.get(name="Tenantry operator").permissions.all()[:3])

    ensure_groups(using="default")

    assert set(support.permissions.values_list("codename", flat=True)) == before
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("group.changed", "Tenantry support")
    assert "tenantry_users.view_user" in entry.data["added"]
    ensure_groups(using="default")
    assert AuditEntry.objects.latest("pk") == entry
