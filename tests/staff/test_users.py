"""Users in the admin."""

from typing import Any

import pytest
from django.contrib.auth.models import Group

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership
from shared_apps.users.models import SignInSession, User
from tests.conftest import ClientOf, SessionOf

from .conftest import Browser, BrowserOf, form_of

USERS = "/admin/tenantry_users/user/"


def act(browser: Browser, action: str, *users: User, **data: str) -> Any:
    """Run an action of the list of users."""
    keys = [user.pk for user in users]
    return browser.post(USERS, {"action": action, "_selected_action": keys, **data}, follow=True)


def is_active(user: User) -> bool:
    return User.objects.get(pk=user.pk).is_active


class TestDeactivate:
    def test_is_a_button_on_the_page_that_asks_first(
        self, browser_of: BrowserOf, olga: User, bob: User
    ) -> None:
        browser = browser_of(olga)
        page = browser.get(f"{USERS}{bob.pk}/change/").text
        assert 'name="action" value="deactivate"' in page
        assert f'name="_selected_action" value="{bob.pk}"' in page
        assert 'name="is_active"' not in page

        asked = act(browser, "deactivate", bob).text

        assert "Their sessions end." in asked
        assert "Their memberships stay, and cannot be used." in asked
        assert is_active(bob)

    def test_ends_sessions_and_access_and_is_audited(
        self,
        browser_of: BrowserOf,
        session_of: SessionOf,
        client_of: ClientOf,
        olga: User,
        bob: User,
    ) -> None:
        session, program = session_of(bob), client_of(bob)

        act(browser_of(olga), "deactivate", bob, confirmed="yes")

        assert session.get("/api/me/").status_code == 401
        assert program.get("/api/me/").status_code == 401
        assert not SignInSession.objects.filter(user=bob).exists()
        assert Membership.objects.filter(user=bob).exists()
        entry = AuditEntry.objects.get(action="user.deactivated", subject=bob.email)
        assert entry.actor == olga.email

    def test_is_undone_without_the_sessions(
        self,
        browser_of: BrowserOf,
        session_of: SessionOf,
        client_of: ClientOf,
        olga: User,
        bob: User,
    ) -> None:
        """A thief's session must not come back with its owner."""
        session, program = session_of(bob), client_of(bob)
        browser = browser_of(olga)
        act(browser, "deactivate", bob, confirmed="yes")
        bob.refresh_from_db()
        assert 'name="action" value="activate"' in browser.get(f"{USERS}{bob.pk}/change/").text
        assert "Sessions that ended stay ended." in act(browser, "activate", bob).text

        act(browser, "activate", bob, confirmed="yes")

        assert is_active(bob)
        assert session.get("/api/me/").status_code == 401
        assert program.get("/api/me/").status_code == 200

    def test_names_the_organizations_that_would_have_no_owner(
        self, browser_of: BrowserOf, olga: User, alice: User, bob: User
    ) -> None:
        browser = browser_of(olga)
        asked = act(browser, "deactivate", alice, bob).text
        assert asked.count("The only owner of") == 1
        assert "The only owner of Acme" in asked

        page = act(browser, "deactivate", alice, bob, confirmed="yes").text

        assert "alice@acme.example is the only owner of Acme." in page
        assert (is_active(alice), is_active(bob)) == (True, False)

    def test_of_staff_is_for_superusers(
        self, browser_of: BrowserOf, olga: User, susan: User, root: User
    ) -> None:
        page = act(browser_of(olga), "deactivate", susan, confirmed="yes").text
        assert "Only superusers change susan@tenantry.example." in page
        assert is_active(susan)

        act(browser_of(root), "deactivate", susan, confirmed="yes")
        assert not is_active(susan)

    def test_is_not_for_support(self, browser_of: BrowserOf, susan: User, bob: User) -> None:
        browser = browser_of(susan)

        act(browser, "deactivate", bob, confirmed="yes")

        assert is_active(bob)
        assert 'value="deactivate"' not in browser.get(f"{USERS}{bob.pk}/change/").text

    def test_no_form_does_it(self, browser_of: BrowserOf, root: User, bob: User) -> None:
        browser_of(root).post(f"{USERS}{bob.pk}/change/", form_of(bob, name="B", is_active=""))

        bob.refresh_from_db()
        assert (bob.name, bob.is_active) == ("B", True)

    def test_of_too_many_is_rejected(self, browser_of: BrowserOf, olga: User, bob: User) -> None:
        response = browser_of(olga).post(
            USERS,
            {"action": "deactivate", "confirmed": "yes", "_selected_action": [bob.pk] * 101},
            follow=True,
        )

        assert "You selected 101 users. Select at most 100 for one action." in response.text
        assert is_active(bob)


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
