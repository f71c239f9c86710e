"""The link in the mail about an added second factor: /accounts/second-factor/undo/."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from shared_apps.accounts.second_factor import undo
from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.accounts.mails import link_in, sent
from tests.conftest import ClientOf, SessionOf

NEW = "another long password"


@pytest.fixture
def path(app: Authenticator) -> str:
    """The path of the link in the mail about Bob's app."""
    return link_in(sent()[-1], "Remove it")


def passkey(user: User) -> Authenticator:
    added: Authenticator = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={}
    )
    return added


def test_lets_the_owner_in_with_a_new_password(path: str, bob: User) -> None:
    """A thief has added a second factor: without the link, the owner could never sign in."""
    visitor = Client()
    visitor.post(visitor.post(path)["Location"], {"new": NEW})

    response = Client().post("/accounts/login/", {"username": bob.email, "password": NEW})

    assert response["Location"] == "/"
    assert not Authenticator.objects.filter(user=bob).exists()


def test_ends_sessions_tokens_and_the_password_of_the_thief(
    path: str, session_of: SessionOf, client_of: ClientOf, bob: User
) -> None:
    browser, program = session_of(bob), client_of(bob)

    Client().post(path)

    assert browser.get("/api/me/").status_code == 401
    assert program.get("/api/me/").status_code == 401
    bob.refresh_from_db()
    assert not bob.check_password(PASSWORD)


def test_removes_later_ones_too_and_no_earlier_one(app: Authenticator, bob: User) -> None:
    added = passkey(bob)
    path = link_in(sent()[-1], "Remove it")
    passkey(bob)

    Client().post(path)

    assert added.pk
    assert list(Authenticator.objects.filter(user=bob)) == [app]


def test_opening_it_changes_nothing(path: str, bob: User) -> None:
    page = Client().get(path)

    assert bob.email in page.content.decode()
    assert Authenticator.objects.filter(user=bob).exists()


def test_works_once_and_for_7_days(path: str) -> None:
    assert timedelta(days=7) == undo.LIFETIME
    with patch.object(undo, "LIFETIME", timedelta(seconds=-1)):
        assert Client().post(path).status_code == 410
    assert Client().post(path).status_code == 302
    assert Client().post(path).status_code == 410


def test_ends_when_the_second_factor_is_removed(path: str, app: Authenticator, bob: User) -> None:
    app.delete()

    assert Client().post(path).status_code == 410
    bob.refresh_from_db()
    assert bob.check_password(PASSWORD)


@pytest.mark.parametrize("token", ["x", "x:y:z", "%00", "é" * 500])
def test_an_invented_one_is_410(db: None, token: str) -> None:
    assert Client().get(f"/accounts/second-factor/undo/{token}/").status_code == 410
    assert Client().post(f"/accounts/second-factor/undo/{token}/").status_code == 410


def test_is_not_readable_in_the_queue(path: str) -> None:
    assert path.split("/")[-2] not in str(list(Job.objects.values_list("arguments", flat=True)))
