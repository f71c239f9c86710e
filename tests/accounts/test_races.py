"""Concurrent requests of one person, or for one address: one succeeds."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from shared_apps.accounts.models import LINK_LIFETIME, EmailChange
from shared_apps.jobs.models import Job
from shared_apps.testing import PASSWORD
from shared_apps.users.link_tokens import reset_tokens
from shared_apps.users.models import User
from shared_apps.users.token_form import new_link_token
from tests.accounts.conftest import AtOnce
from tests.conftest import InThread, remove_committed

NAME = "race_accounts"
WANTED = f"wanted_{NAME}@race.example"


@pytest.fixture
def people(in_thread: InThread, settings: Settings) -> Iterator[list[User]]:
    """Two committed users."""
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)

    def create() -> list[User]:
        emails = [f"{number}_{NAME}@race.example" for number in range(2)]
        return [User.objects.create_user(email, PASSWORD, name="Racer") for email in emails]

    yield in_thread(create).result()
    in_thread(Job.objects.all().delete).result()
    in_thread(lambda: remove_committed(NAME)).result()


def signed_in(in_thread: InThread, user: User) -> Client:
    client = Client()
    in_thread(lambda: client.force_login(user)).result()
    return client


def test_one_of_two_people_gets_an_address(
    people: list[User], in_thread: InThread, at_once: AtOnce
) -> None:
    def ask(user: User) -> str:
        token, digest = new_link_token()
        EmailChange.objects.create(
            user=user,
            new_email=WANTED,
            old_email=user.email,
            confirm_digest=digest,
            expires_at=user.created_at + LINK_LIFETIME,
        )
        return f"/accounts/email/{token}/"

    links = {in_thread(partial(ask, user)).result(): user for user in people}
    clients = {path: signed_in(in_thread, user) for path, user in links.items()}

    responses: list[Any] = at_once(*(partial(clients[path].post, path) for path in links))

    assert sorted(each.status_code for each in responses) == [302, 409]
    owners = User.objects.filter(email=WANTED)
    assert in_thread(owners.count).result() == 1


def test_one_of_two_changes_of_a_password_succeeds(
    people: list[User], in_thread: InThread, at_once: AtOnce
) -> None:
    browsers = [signed_in(in_thread, people[0]) for _ in range(2)]

    def change(number: int) -> Any:
        form = {"current": PASSWORD, "new": f"another long password {number}"}
        return browsers[number].post("/accounts/password/change/", form)

    responses = at_once(partial(change, 0), partial(change, 1))

    won = [number for number, each in enumerate(responses) if each.get("Location") == "/"]
    assert len(won) == 1
    user = in_thread(lambda: User.objects.get(pk=people[0].pk)).result()
    assert user.check_password(f"another long password {won[0]}")


def test_a_link_for_a_new_password_works_once(
    people: list[User], in_thread: InThread, at_once: AtOnce
) -> None:
    token = reset_tokens.make_token(people[0])
    path = f"/accounts/password/reset/{people[0].pk}/{token}/"

    responses = at_once(
        *(partial(Client().post, path, {"new": f"another long password {n}"}) for n in range(4))
    )

    assert sorted(each.status_code for each in responses) == [302, 410, 410, 410]
