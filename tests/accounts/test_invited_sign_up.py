"""/accounts/signup/invitation/<token>/: the link of an invitation creates a verified account."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.verification import is_verified
from tests.accounts.mails import link_in, sent
from tests.conftest import SessionOf

ADA = "Ada@example.com"
FORM = {"name": "Ada", "password": "a long enough password"}


@pytest.fixture
def invitation_path(acme: Organization, alice: User) -> str:
    """The link of the mail to Ada."""
    actor = Membership.objects.get(user=alice)
    invitation_create(organization=acme, email=ADA, role=Role.MEMBER, actor=actor)
    return link_in(sent()[0])


@pytest.fixture
def path(invitation_path: str) -> str:
    return f"/accounts/signup/invitation/{invitation_path.split('/')[2]}/"


def test_the_account_is_verified_and_the_invitation_can_be_accepted(
    invitation_path: str, path: str, acme: Organization
) -> None:
    client = Client()

    assert f'href="{path}"' in client.get(invitation_path).content.decode()
    page = client.get(path).content.decode()
    assert ADA in page
    assert 'name="email"' not in page
    assert client.post(path, FORM)["Location"] == invitation_path
    user = User.objects.get(email=ADA)
    assert is_verified(user)
    assert user.check_password(FORM["password"])
    assert sent() == []
    assert not Membership.objects.filter(user=user).exists()
    client.post(invitation_path)
    assert Membership.objects.get(user=user).organization == acme


def test_the_address_cannot_be_chosen(path: str) -> None:
    Client().post(path, FORM | {"email": "eve@example.com"})

    assert User.objects.filter(email=ADA).exists()
    assert not User.objects.filter(email="eve@example.com").exists()


def test_closed_sign_up_is_403(path: str, settings: Settings) -> None:
    settings.SIGN_UP = "closed"

    for response in (Client().get(path), Client().post(path, FORM)):
        assert response.status_code == 403
    assert not User.objects.filter(email=ADA).exists()


def test_the_page_of_the_invitation_does_not_offer_it_if_closed(
    invitation_path: str, path: str, settings: Settings
) -> None:
    settings.SIGN_UP = "closed"

    assert path not in Client().get(invitation_path).content.decode()


def test_an_expired_invitation_is_410(path: str) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert Client().get(path).status_code == 410
    assert Client().post(path, FORM).status_code == 410
    assert not User.objects.filter(email=ADA).exists()


def test_a_revoked_invitation_is_404(path: str) -> None:
    Invitation.objects.all().delete()

    assert Client().post(path, FORM).status_code == 404


def test_an_address_with_an_account_is_409(path: str) -> None:
    User.objects.create_user("ada@EXAMPLE.com", "another password", name="Another")

    response = Client().post(path, FORM)

    assert response.status_code == 409
    assert "There is an account with this address already" in response.content.decode()


def test_a_user_who_is_signed_in_sees_the_invitation(
    path: str, invitation_path: str, session_of: SessionOf, bob: User
) -> None:
    assert session_of(bob).get(path)["Location"] == invitation_path


@pytest.mark.parametrize(
    ("field", "text"),
    [("name", ""), ("name", "\0"), ("name", "x" * 1000), ("password", "short"), ("password", "")],
)
def test_bad_input_is_an_error_of_its_field(path: str, field: str, text: str) -> None:
    response: Any = Client().post(path, FORM | {field: text})

    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
