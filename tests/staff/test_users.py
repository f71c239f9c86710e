"""Users, memberships and tokens in the admin, and the permissions of each group."""

import io
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.test import Client

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_change
from shared_apps.staff.permissions import ensure_groups
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from shared_apps.users.services import token_issue

from .conftest import Browser, BrowserOf

NEW = "Xy7-another"
USERS = "/admin/tenantry_users/user/"
MEMBERSHIPS = "/admin/tenantry_organizations/membership/"
TOKENS = "/admin/tenantry_users/apitoken/"


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    form: dict[str, Any] = {"email": user.email, "name": user.name, "is_active": "on"}
    form |= {"organization": user.organization_id, **changes}
    form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    return {key: value for key, value in form.items() if value}


def test_an_operator_deactivates_a_user(browser_of: BrowserOf, olga: User, bob: User) -> None:
    answer = browser_of(olga).post(f"{USERS}{bob.pk}/change/", form_of(bob, is_active=""))

    assert answer.status_code == 302
    assert not User.objects.get(pk=bob.pk).is_active
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject, entry.actor) == (
        "user.deactivated",
        bob.email,
        olga.email,
    )


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

    answer = browser_of(olga).post(f"{USERS}{user.pk}/{page}", form)

    assert answer.status_code == 403
    assert User.objects.get(pk=user.pk).email == user.email


def test_a_superuser_s_change_of_permissions_is_audited(
    browser_of: BrowserOf, root: User, bob: User
) -> None:
    browser_of(root).post(f"{USERS}{bob.pk}/change/", form_of(bob, is_staff="on"))

    entry = AuditEntry.objects.latest("pk")
    assert entry.action == "user.changed"
    assert entry.data == {"fields": ["is_staff"], "is_staff": True, "is_superuser": False}


def test_a_new_password_is_audited(browser_of: BrowserOf, olga: User, bob: User) -> None:
    form = {"password1": "Xy7-another", "password2": "Xy7-another", "usable_password": "true"}

    browser_of(olga).post(f"{USERS}{bob.pk}/password/", form)

    bob.refresh_from_db()
    assert bob.check_password("Xy7-another")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.subject) == ("user.changed", olga.email, bob.email)
    assert entry.data == {"fields": ["password"]}


def change_own(user: User, browser: Browser) -> None:
    form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert browser.post("/admin/password_change/", form).status_code == 302


def make_unusable(user: User, browser: Browser) -> None:
    browser.post(f"{USERS}{user.pk}/password/", {"usable_password": "false", "unset-password": "1"})


def change_by_command(user: User, browser: Browser) -> None:
    with patch("getpass.getpass", return_value=NEW):
        call_command("changepassword", user.email, stdout=io.StringIO())


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


def test_the_audit_entry_names_added_and_removed_groups(
    browser_of: BrowserOf, root: User, susan: User
) -> None:
    operator = Group.objects.get(name="operator")

    form = form_of(susan, is_staff="on", groups=[operator.pk], email="sue@tenantry.example")
    browser_of(root).post(f"{USERS}{susan.pk}/change/", form)

    data = AuditEntry.objects.latest("pk").data
    assert (data["groups_added"], data["groups_removed"]) == (["operator"], ["support"])
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


def test_changes_of_memberships_are_audited(
    browser_of: BrowserOf, olga: User, nora: User, acme: Organization
) -> None:
    browser = browser_of(olga)

    browser.post(f"{MEMBERSHIPS}add/", {"user": nora.pk, "organization": acme.pk, "role": "member"})
    membership = Membership.objects.get(user=nora)
    browser.post(f"{MEMBERSHIPS}{membership.pk}/change/", {"role": "admin"})
    browser.post(f"{MEMBERSHIPS}{membership.pk}/delete/", {"post": "yes"})

    actions = AuditEntry.objects.filter(subject=nora.email).values_list("action", "actor")
    assert list(actions) == [
        ("membership.removed", olga.email),
        ("membership.changed", olga.email),
        ("membership.created", olga.email),
    ]
    assert not Membership.objects.filter(user=nora).exists()


def test_an_existing_membership_is_an_error_on_the_form(
    browser_of: BrowserOf, olga: User, bob: User, acme: Organization
) -> None:
    form = {"user": bob.pk, "organization": acme.pk, "role": "member"}

    answer = browser_of(olga).post(f"{MEMBERSHIPS}add/", form)

    assert "is already a member" in answer.content.decode()


@pytest.mark.parametrize("view", ["delete page", "action"])
def test_an_operator_revokes_a_token_and_never_sees_its_hash(
    browser_of: BrowserOf, olga: User, alice: User, acme: Organization, client: Any, view: str
) -> None:
    token, plaintext = ApiToken.objects.issue(user=alice, organization=acme)
    browser = browser_of(olga)
    pages = [browser.get(TOKENS), browser.get(f"{TOKENS}{token.pk}/change/")]
    assert not any(token.digest in page.content.decode() for page in pages)

    if view == "action":
        browser.post(
            TOKENS, {"action": "delete_selected", "_selected_action": token.pk, "post": "yes"}
        )
    else:
        browser.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"})

    assert not ApiToken.objects.filter(pk=token.pk).exists()
    assert AuditEntry.objects.latest("pk").action == "token.revoked"
    header = {"Authorization": f"Token {plaintext}"}
    assert client.get("/api/me/", headers=header).status_code == 401


@pytest.mark.parametrize(
    "lookup", ["digest__startswith", "digest", "user__password__startswith", "digest__regex"]
)
def test_the_hash_of_a_token_cannot_be_guessed_letter_by_letter(
    browser_of: BrowserOf, root: User, alice: User, acme: Organization, lookup: str
) -> None:
    token, _ = ApiToken.objects.issue(user=alice, organization=acme)

    answer = browser_of(root).get(TOKENS, {lookup: token.digest[:1]})

    assert answer.status_code == 400


@pytest.mark.parametrize("url", [USERS, MEMBERSHIPS, TOKENS, "/admin/tenantry_audit/auditentry/"])
def test_support_can_read_but_not_change(
    browser_of: BrowserOf, susan: User, bob: User, url: str
) -> None:
    browser = browser_of(susan)

    assert browser.get(url).status_code == 200
    assert browser.get(f"{url}add/").status_code == 403
    assert browser.post(f"{USERS}{bob.pk}/change/", form_of(bob)).status_code == 403


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


def test_staff_without_a_group_see_nothing(browser_of: BrowserOf, stella: User) -> None:
    browser = browser_of(stella)

    assert "/admin/tenantry_users/" not in browser.get("/admin/").content.decode()
    for url in (USERS, MEMBERSHIPS, TOKENS, "/admin/support/", "/admin/tenantry_audit/auditentry/"):
        assert browser.get(url).status_code == 403


def test_migrate_restores_the_permissions_of_groups(db: None) -> None:
    support = Group.objects.get(name="support")
    before = set(support.permissions.values_list("codename", flat=True))
    assert before
    support.permissions.set(Group.objects.get(name="operator").permissions.all()[:3])

    ensure_groups(using="default")

    assert set(support.permissions.values_list("codename", flat=True)) == before
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("group.changed", "support")
    assert "tenantry_users.view_user" in entry.data["added"]
    ensure_groups(using="default")
    assert AuditEntry.objects.latest("pk") == entry


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
