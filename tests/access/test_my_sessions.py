"""/api/me/sessions/: the browsers in which a user is signed in."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.utils import timezone
from rest_framework.test import APIClient

from shared_apps.access.sessions import CHOICE_OF_0_4_0, ROW
from shared_apps.accounts.second_factor.services import second_factor_remove
from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.services import membership_remove
from shared_apps.testing import PASSWORD
from shared_apps.users.models import SignInSession, User
from shared_apps.users.services import user_deactivate, user_reactivate
from shared_apps.users.sessions import sessions_clear
from tests.conftest import InThread, SessionOf, run_behind_a_lock
from tests.tokens import code_of, key_of, token_client

URL = "/api/me/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(user: User, agent: str = FIREFOX, address: str = "192.0.2.7") -> APIClient:
    client = APIClient(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    data = {"username": user.email, "password": PASSWORD}
    assert client.post("/accounts/login/", data, format="multipart").status_code == 302
    return client


def listed(client: APIClient) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get(URL).json()["results"]
    return results


def test_each_sign_in_is_listed_as_people_read_it(bob: User) -> None:
    client = sign_in(bob)

    (session,) = listed(client)

    row = SignInSession.objects.get(user=bob)
    assert session == {
        "id": row.pk,
        "device": "Firefox on Windows",
        "address": "192.0.2.7",
        "last_used": row.last_used.isoformat().replace("+00:00", "Z"),
        "current": True,
    }


def test_the_last_used_session_is_first_and_only_one_s_own_is_current(bob: User) -> None:
    first, second = sign_in(bob), sign_in(bob, agent="curl/8.5.0")

    assert [(each["device"], each["current"]) for each in listed(first)] == [
        ("curl/8.5.0", False),
        ("Firefox on Windows", True),
    ]
    assert [each["current"] for each in listed(second)] == [True, False]


def test_no_session_is_the_current_one_of_a_token(bob: User) -> None:
    sign_in(bob)

    assert [each["current"] for each in listed(token_client(bob))] == [False]


def test_the_key_of_the_browser_s_session_is_not_shown(bob: User) -> None:
    client = sign_in(bob)

    assert str(client.session.session_key) not in client.get(URL).text


def test_an_ended_session_is_signed_out_with_its_next_request(stella: User) -> None:
    mine, other = sign_in(stella), sign_in(stella)
    assert other.get("/admin/").status_code == 200
    ended = next(each["id"] for each in listed(mine) if not each["current"])

    assert mine.delete(f"{URL}{ended}/").status_code == 204

    assert code_of(other.get("/api/me/")) == (401, "not_authenticated")
    assert other.get("/admin/").status_code == 302
    assert other.post("/accounts/organization/").status_code == 302
    assert "Sign in" in other.get("/").text
    assert mine.get("/admin/").status_code == 200
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.actor, entry.subject) == (
        "session.ended",
        stella.email,
        stella.email,
    )


def test_ending_the_current_session_signs_out(bob: User) -> None:
    client = sign_in(bob)
    (session,) = listed(client)

    assert client.delete(f"{URL}{session['id']}/").status_code == 204

    assert client.get(URL).status_code == 401
    assert not SignInSession.objects.filter(user=bob).exists()
    assert AuditEntry.objects.latest("pk").action == "user.signed_out"


def test_the_session_of_another_user_is_404(bob: User, carol: User) -> None:
    sign_in(carol)
    row = SignInSession.objects.get(user=carol)

    assert code_of(sign_in(bob).delete(f"{URL}{row.pk}/")) == (404, "not_found")
    assert SignInSession.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_key_and_a_token_with_scopes_may_neither_read_nor_end_sessions(
    bob: User, acme: Organization, method: str
) -> None:
    sign_in(bob)
    url = URL if method == "get" else f"{URL}{SignInSession.objects.get(user=bob).pk}/"

    assert code_of(getattr(key_of(acme)[1], method)(url)) == (403, "not_a_person")
    scoped = token_client(bob, scopes=["read"])
    assert code_of(getattr(scoped, method)(url)) == (403, "insufficient_scope")


def test_signing_out_and_signing_in_again_leave_one_row(bob: User) -> None:
    client = sign_in(bob)
    client.post("/accounts/logout/")
    assert not SignInSession.objects.filter(user=bob).exists()

    for _ in range(2):
        data = {"username": bob.email, "password": PASSWORD}
        client.post("/accounts/login/", data, format="multipart")

    assert SignInSession.objects.filter(user=bob).count() == 1


def of_0_4_0(client: APIClient, choice: Organization | None = None) -> None:
    """Turn a session into one that 0.4.0 began."""
    session = client.session
    SignInSession.objects.filter(pk=session.pop(ROW)).delete()
    if choice:
        session[CHOICE_OF_0_4_0] = choice.pk
    session.save()


@pytest.mark.parametrize("url", ["/api/me/", "/admin/"])
def test_a_session_of_0_4_0_gets_a_row_and_keeps_its_choice(
    session_of: SessionOf, stella: User, globex: Organization, url: str
) -> None:
    Membership.objects.create(user=stella, organization=globex)
    client = session_of(stella)
    of_0_4_0(client, choice=globex)

    for _ in range(2):
        assert client.get(url).status_code == 200

    (row,) = SignInSession.objects.filter(user=stella)
    assert row.organization == globex
    assert [each["id"] for each in listed(client)] == [row.pk]


@pytest.mark.parametrize("url", ["/api/me/", "/me/", "/admin/", "/accounts/email/"])
def test_a_session_of_0_4_0_ends_when_its_user_adds_a_second_factor(
    session_of: SessionOf, stella: User, url: str
) -> None:
    """It has no row that the first second factor could end."""
    client = session_of(stella)
    of_0_4_0(client)
    TOTP.activate(stella, "JBSWY3DPEHPK3PXP")

    response = client.get(url)

    assert response.status_code == (401 if url.startswith("/api/") else 302)
    assert not SignInSession.objects.filter(user=stella).exists()


@pytest.mark.parametrize("url", ["/api/me/", "/accounts/email/"])
@pytest.mark.parametrize("ended_by", ["deactivation", "second factor"])
def test_a_session_of_0_4_0_does_not_come_back_when_what_ended_it_is_undone(
    session_of: SessionOf, bob: User, url: str, ended_by: str
) -> None:
    """A thief's was perhaps not used since the upgrade, so no row of it could be deleted."""
    client = session_of(bob)
    of_0_4_0(client)
    if ended_by == "deactivation":
        user_deactivate(user=bob)
        user_reactivate(user=bob)
    else:
        TOTP.activate(bob, "JBSWY3DPEHPK3PXP")
        second_factor_remove(user=bob)

    assert client.get(url).status_code == (401 if url.startswith("/api/") else 302)

    assert not SignInSession.objects.filter(user=bob).exists()
    assert sign_in(bob).get(url).status_code == 200


def test_a_session_of_0_4_0_gets_no_row_while_all_sessions_are_ended(
    in_thread: InThread, committed_organization: Organization
) -> None:
    """With a row it would go on beside the second factor."""
    owner = in_thread(lambda: User.objects.get(organization=committed_organization)).result()
    client = APIClient()

    def prepare() -> None:
        client.force_login(owner)
        of_0_4_0(client)

    in_thread(prepare).result()

    status = run_behind_a_lock(
        in_thread,
        lambda: TOTP.activate(owner, "JBSWY3DPEHPK3PXP"),
        lambda: client.get("/api/me/").status_code,
    )

    assert status == [401]
    assert not in_thread(SignInSession.objects.filter(user=owner).exists).result()


def test_concurrent_first_requests_of_a_session_of_0_4_0_use_one_row(
    in_thread: InThread, committed_organization: Organization
) -> None:
    owner = User.objects.get(organization=committed_organization)
    client = APIClient()

    def prepare() -> None:
        client.force_login(owner)
        of_0_4_0(client)

    def get(url: str) -> int:
        browser = APIClient()
        browser.cookies = client.cookies
        return browser.get(url).status_code

    in_thread(prepare).result()

    statuses = run_behind_a_lock(
        in_thread,
        lambda: User.objects.select_for_update().get(pk=owner.pk),
        lambda: get("/api/me/"),
        lambda: get("/accounts/email/"),
    )

    assert statuses == [200, 200]
    (listed_row,) = in_thread(lambda: list(SignInSession.objects.filter(user=owner))).result()
    assert in_thread(lambda: client.session[ROW]).result() == listed_row.pk


def test_a_session_of_0_4_0_loses_a_choice_that_ended(
    session_of: SessionOf, stella: User, globex: Organization
) -> None:
    client = session_of(stella)
    of_0_4_0(client, choice=globex)

    client.get("/admin/")

    assert SignInSession.objects.get(user=stella).organization is None


def test_a_removed_member_s_session_stays_without_its_choice(
    session_of: SessionOf, bob: User, globex: Organization
) -> None:
    membership = Membership.objects.create(user=bob, organization=globex)
    client = session_of(bob)
    client.post("/api/me/organization/", {"organization": "globex"})

    membership_remove(membership=membership)

    assert client.get("/api/me/").json()["organization"]["schema_name"] == "acme"
    assert SignInSession.objects.get(user=bob).organization is None


def test_rows_of_expired_sessions_are_deleted(bob: User) -> None:
    sign_in(bob)
    sign_in(bob)
    old = SignInSession.objects.filter(user=bob).earliest("pk")
    SignInSession.objects.filter(pk=old.pk).update(last_used=timezone.now() - timedelta(days=15))

    assert sessions_clear() == 1
    assert SignInSession.objects.filter(user=bob).count() == 1


def test_two_requests_that_end_the_same_session_record_it_once(
    in_thread: InThread, committed_organization: Organization
) -> None:
    owner = in_thread(lambda: User.objects.get(organization=committed_organization)).result()
    clients = [in_thread(lambda: sign_in(owner)).result() for _ in range(3)]
    ended = in_thread(
        lambda: next(each["id"] for each in listed(clients[0]) if not each["current"])
    ).result()

    results = [in_thread(lambda: clients[0].delete(f"{URL}{ended}/").status_code) for _ in range(4)]

    assert {each.result() for each in results} <= {204, 404}
    entries = AuditEntry.objects.filter(action="session.ended", subject=owner.email)
    assert in_thread(entries.count).result() == 1
