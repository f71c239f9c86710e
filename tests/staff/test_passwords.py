"""Changes of passwords are audited."""

import io
from collections.abc import Callable
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import make_password
from django.core.management import call_command

from shared_apps.audit.models import AuditEntry
from shared_apps.testing import PASSWORD
from shared_apps.users.models import SignInSession, User
from tests.conftest import SessionOf

from .conftest import Browser, BrowserOf

NEW = "Xy7-another"

USERS = "/admin/tenantry_users/user/"


def change_own(user: User, browser: Browser) -> None:
    form = {"current": PASSWORD, "new": NEW}
    assert browser.post("/accounts/password/change/", form)["Location"] == "/"


def make_unusable(user: User, browser: Browser) -> None:
    browser.post(f"{USERS}{user.pk}/password/", {"usable_password": "false", "unset-password": "1"})


def change_by_command(user: User, browser: Browser) -> None:
    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", user.email, stdout=io.StringIO())


def test_a_new_password_is_audited(browser_of: BrowserOf, olga: User, bob: User) -> None:
    form = {"password1": "Xy7-another", "password2": "Xy7-another", "usable_password": "true"}

    browser_of(olga).post(f"{USERS}{bob.pk}/password/", form)

    bob.refresh_from_db()
    assert bob.check_password("Xy7-another")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.subject) == ("user.changed", olga.email, bob.email)
    assert entry.data == {"fields": ["password"]}


@pytest.mark.parametrize("change", [change_own, make_unusable, change_by_command])
def test_every_other_change_of_a_password_is_audited(
    browser_of: BrowserOf, root: User, change: Callable[[User, Browser], None]
) -> None:
    root.set_password(PASSWORD)
    root.save()
    before, last = root.password, AuditEntry.objects.latest("pk")
    browser = browser_of(root)

    change(root, browser)

    assert User.objects.get(pk=root.pk).password != before
    (entry,) = AuditEntry.objects.filter(pk__gt=last.pk, action="user.changed")
    assert (entry.subject, entry.data) == (root.email, {"fields": ["password"]})


def test_a_new_password_by_staff_or_a_command_leaves_no_session_in_the_list(
    browser_of: BrowserOf, session_of: SessionOf, olga: User, bob: User
) -> None:
    for change in (make_unusable, change_by_command):
        bobs = session_of(bob)
        change(bob, browser_of(olga))

        assert bobs.get("/api/me/").status_code == 401
        assert not SignInSession.objects.filter(user=bob).exists()


@pytest.mark.parametrize("old", [PASSWORD, "wrong"])
def test_the_admin_tells_nobody_whether_a_password_is_right(
    browser_of: BrowserOf, root: User, old: str
) -> None:
    """Its own form would have no limit of guesses; the page of accounts has one."""
    root.set_password(PASSWORD)
    root.save()
    browser, url = browser_of(root), "/admin/password_change/"
    form = {"old_password": old, "new_password1": NEW, "new_password2": NEW}

    locations = [browser.get(url)["Location"], browser.post(url, form)["Location"]]

    assert locations == ["/accounts/password/change/"] * 2
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_a_new_hash_of_the_same_password_is_not_audited(bob: User) -> None:
    bob.password = weak = make_password(PASSWORD, salt="short")
    before = AuditEntry.objects.count()

    assert bob.check_password(PASSWORD)

    assert User.objects.get(pk=bob.pk).password != weak
    assert AuditEntry.objects.count() == before


def test_createsuperuser_is_audited(db: None) -> None:
    person = {"email": "ops@tenantry.example", "name": "Ops"}

    call_command("createsuperuser", interactive=False, **person)

    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("user.created", person["email"])
    assert entry.data == {"is_staff": True, "is_superuser": True}
