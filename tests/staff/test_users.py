"""Users in the admin."""

import pytest
from django.contrib.auth.models import Group

from shared_apps.audit.models import AuditEntry
from shared_apps.users.models import User

from .conftest import BrowserOf, form_of

USERS = "/admin/tenantry_users/user/"


def test_an_operator_deactivates_a_user(browser_of: BrowserOf, olga: User, bob: User) -> None:
    response = browser_of(olga).post(f"{USERS}{bob.pk}/change/", form_of(bob, is_active=""))

    assert response.status_code == 302
    assert not User.objects.get(pk=bob.pk).is_active
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject, entry.actor) == (
        "user.deactivated",
        bob.email,
        olga.email,
    )


def test_a_superuser_s_change_of_permissions_is_audited(
    browser_of: BrowserOf, root: User, bob: User
) -> None:
    browser_of(root).post(f"{USERS}{bob.pk}/change/", form_of(bob, is_staff="on"))

    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "user.changed"
    assert entry.data == {"fields": ["is_staff"], "is_staff": True, "is_superuser": False}


def test_the_audit_entry_names_added_and_removed_groups(
    browser_of: BrowserOf, root: User, susan: User
) -> None:
    operator = Group.objects.get(name="Tenantry operator")

    form = form_of(susan, is_staff="on", groups=[operator.pk], email="sue@tenantry.example")
    browser_of(root).post(f"{USERS}{susan.pk}/change/", form)

    data = AuditEntry.objects.latest("pk").data
    assert (data["groups_added"], data["groups_removed"]) == (
        ["Tenantry operator"],
        ["Tenantry support"],
    )
    assert data["email_before"] == susan.email


def test_an_email_that_a_concurrent_request_took_is_a_message(
    browser_of: BrowserOf, olga: User, bob: User, nora: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "validate_constraints", lambda self, exclude=None: None)

    page = browser_of(olga).post(
        f"{USERS}{bob.pk}/change/", form_of(bob, email=nora.email), follow=True
    )

    assert "exists" in page.content.decode()
    assert User.objects.get(pk=bob.pk).email == bob.email
