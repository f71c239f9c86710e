"""An address that staff changed has to be verified: /accounts/unverified/, /accounts/verify/."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.services import user_create
from shared_apps.users.verification import is_verified, mark_verified
from tests.accounts.mails import link_in, sent


def sign_in(client: Client, email: str) -> str:
    form = {"username": email, "password": PASSWORD, "next": "/api/me/"}
    return client.post("/accounts/login/", form)["Location"]


@pytest.fixture
def moved(bob: User) -> User:
    """Bob, to whom staff gave another address."""
    bob.email = "robert@acme.example"
    bob.save()
    return bob


def test_users_of_staff_and_commands_are_verified(db: None) -> None:
    user = user_create(email="ada@example.com", name="Ada", password="a long password")

    assert is_verified(user)


def test_another_address_is_not_verified_however_it_was_changed(bob: User) -> None:
    with connection.cursor() as cursor:
        sql = "UPDATE public.tenantry_users_user SET email = 'new@acme.example' WHERE id = %s"
        cursor.execute(sql, [bob.pk])
    bob.refresh_from_db()

    assert not is_verified(bob)
    mark_verified(bob)
    User.objects.filter(pk=bob.pk).update(email="third@acme.example")
    bob.refresh_from_db()
    assert not is_verified(bob)


def test_another_case_or_name_stays_verified(bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(email="BOB@acme.example", name="Robert")
    bob.refresh_from_db()

    assert is_verified(bob)


def test_the_link_verifies_and_the_sign_in_continues(moved: User) -> None:
    browser = Client()

    assert sign_in(browser, moved.email) == "/accounts/unverified/"
    assert "Send me a link" in browser.get("/accounts/unverified/").content.decode()
    assert moved.email in browser.post("/accounts/unverified/").content.decode()
    (message,) = sent()
    path = link_in(message)
    assert message.to == [moved.email]
    assert Client().get(path).status_code == 200
    assert not is_verified(moved)
    assert Client().post(path)["Location"] == "/accounts/unverified/"
    assert browser.get("/accounts/unverified/")["Location"] == "/api/me/"
    assert browser.get("/api/me/").status_code == 200


def test_a_link_ends_with_another_address(moved: User) -> None:
    browser = Client()
    sign_in(browser, moved.email)
    browser.post("/accounts/unverified/")
    path = link_in(sent()[0])
    User.objects.filter(pk=moved.pk).update(email="third@acme.example")

    assert Client().post(path).status_code == 410
    moved.refresh_from_db()
    assert not is_verified(moved)


def test_a_link_for_a_new_password_does_not_work_here(moved: User) -> None:
    Client().post("/accounts/password/reset/", {"email": moved.email})
    path = link_in(sent()[0]).replace("password/reset", "verify")

    assert Client().post(path).status_code == 410


@pytest.mark.parametrize("path", ["1/x/", "0/%00/", f"{'9' * 50}/x-y/"])
def test_an_invented_link_is_410(db: None, path: str) -> None:
    assert Client().get(f"/accounts/verify/{path}").status_code == 410
    assert Client().post(f"/accounts/verify/{path}").status_code == 410


def test_mails_are_limited(settings: Settings, moved: User) -> None:
    settings.THROTTLES = settings.THROTTLES | {"mail_account": 1}
    browser = Client()
    sign_in(browser, moved.email)

    assert [browser.post("/accounts/unverified/").status_code for _ in range(2)] == [200, 429]
