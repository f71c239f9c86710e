"""Webhooks of an admin who loses the role or the session while the request waits.

A webhook sends the data of an organization to its URL until someone deletes it.
"""

from typing import Any

import pytest
from django.db.models import QuerySet
from rest_framework.test import APIClient

from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import (
    membership_change,
    membership_create,
    membership_remove,
)
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from shared_apps.users.sessions import sessions_end
from shared_apps.webhooks.models import Endpoint
from shared_apps.webhooks.services import webhook_create
from tests.conftest import InThread, one_after_the_other
from tests.tokens import code_of

from .changes import NEW_URL, OLD_URL
from .fixtures import CHANGED

URL = "/api/webhooks/"
HOOK = {"url": OLD_URL, "events": [CHANGED]}

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture
def admin(in_thread: InThread, committed_organization: Organization) -> User:
    """A committed admin, who is not the only owner."""
    name = committed_organization.schema_name

    def create() -> User:
        user = User.objects.create_user(f"admin.{name}@race.example", PASSWORD, name="Admin")
        membership_create(user=user, organization=committed_organization, role=Role.ADMIN)
        return user

    user: User = in_thread(create).result()
    return user


@pytest.fixture
def browser(in_thread: InThread, admin: User) -> APIClient:
    """The admin's browser."""

    def sign_in() -> APIClient:
        client = APIClient()
        client.force_login(admin)
        return client

    client: APIClient = in_thread(sign_in).result()
    return client


def endpoints_in(organization: Organization) -> QuerySet[Endpoint]:
    return Endpoint.objects.filter(schema_name=organization.schema_name)


def demote(user: User) -> None:
    membership = Membership.objects.get(user=user)
    membership_change(membership=membership, role=Role.MEMBER, actor=None)


def remove(user: User) -> None:
    membership_remove(membership=Membership.objects.get(user=user), actor=None)


def end_sessions(user: User) -> None:
    Organization.objects.select_for_update(no_key=True).get(memberships__user=user)
    sessions_end(user=user)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (demote, (403, "permission_denied")),
        (remove, (403, "not_a_member")),
        (end_sessions, (401, "not_authenticated")),
    ],
)
def test_none_is_registered(
    in_thread: InThread,
    admin: User,
    browser: APIClient,
    committed_organization: Organization,
    loss: Any,
    expected: tuple[int, str],
) -> None:
    response = one_after_the_other(
        in_thread, lambda: loss(admin), lambda: browser.post(URL, HOOK, format="json")
    )

    assert code_of(response) == expected
    assert not in_thread(endpoints_in(committed_organization).exists).result()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("patch", "", {"url": NEW_URL}),
        ("delete", "", {}),
        ("post", "rotate/", {}),
        ("post", "redeliver/", {"since": "2026-01-01T00:00:00Z"}),
    ],
)
def test_none_is_changed(
    in_thread: InThread,
    admin: User,
    browser: APIClient,
    committed_organization: Organization,
    method: str,
    path: str,
    body: dict[str, str],
) -> None:
    def create() -> Endpoint:
        return webhook_create(
            organization=committed_organization, caller=None, url=OLD_URL, events=[CHANGED]
        )[0]

    endpoint = in_thread(create).result()
    call = getattr(browser, method)

    response = one_after_the_other(
        in_thread,
        lambda: demote(admin),
        lambda: call(f"{URL}{endpoint.pk}/{path}", body, format="json"),
    )

    assert code_of(response) == (403, "permission_denied")
    kept = in_thread(endpoints_in(committed_organization).get).result()
    assert (kept.url, kept.secret) == (OLD_URL, endpoint.secret)
