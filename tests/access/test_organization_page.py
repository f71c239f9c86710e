"""/organization/: facts for members, settings for owners, keys and the audit log for admins."""

import re
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from shared_apps.core.request import Actor, acting
from shared_apps.organizations.models import Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import (
    membership_change,
    membership_create,
    organization_change,
)
from shared_apps.users.models import ApiToken, User
from tests.access.test_my_page import made_token, post
from tests.conftest import InThread, SessionOf, one_after_the_other
from tests.tokens import client_with, key_of

URL = "/organization/"


def forms(response: Any) -> set[str]:
    actions = re.findall(r'action="(/organization/[^"]*)"', response.text)
    return {re.sub(r"\d+", "N", action) for action in actions}


KEYS = {f"{URL}keys/", f"{URL}keys/N/rotate/", f"{URL}keys/N/delete/"}


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get(URL)["Location"] == f"/accounts/login/?next={URL}"


def test_each_role_gets_its_forms(
    session_of: SessionOf, acme: Organization, bob: User, carol: User, alice: User
) -> None:
    key_of(acme)

    assert forms(session_of(bob).get(URL)) == set()
    assert forms(session_of(carol).get(URL)) == KEYS
    assert forms(session_of(alice).get(URL)) == KEYS | {f"{URL}settings/"}


def test_an_owner_saves_the_settings(
    session_of: SessionOf, alice: User, acme: Organization
) -> None:
    client = session_of(alice)

    assert post(client, f"{URL}settings/", name="Acme & Sons", currency="USD").status_code == 302

    acme.refresh_from_db()
    assert (acme.name, acme.currency, acme.second_factor_required) == ("Acme & Sons", "USD", False)
    assert "Acme &amp; Sons" in client.get(URL).text


def test_an_owner_who_is_demoted_meanwhile_changes_nothing(
    in_thread: InThread, session_of: SessionOf, committed_organization: Organization
) -> None:
    def prepare() -> tuple[APIClient, Membership]:
        name = committed_organization.schema_name
        user = User.objects.create_user(f"second.{name}@race.example", "secret", name="Second")
        owner = membership_create(user=user, organization=committed_organization, role=Role.OWNER)
        return session_of(user), owner

    client, owner = in_thread(prepare).result()

    response = one_after_the_other(
        in_thread,
        lambda: membership_change(membership=owner, role=Role.ADMIN),
        lambda: post(client, f"{URL}settings/", name="Mine", currency="USD"),
    )

    assert response.status_code == 403
    in_thread(committed_organization.refresh_from_db).result()
    assert committed_organization.name == "Race"


def test_invalid_settings_are_shown_again(
    session_of: SessionOf, alice: User, acme: Organization
) -> None:
    response = post(session_of(alice), f"{URL}settings/", name="Acme", currency="euros")

    assert response.status_code == 400
    assert "errorlist" in response.text
    acme.refresh_from_db()
    assert acme.currency == "EUR"


def test_a_new_key_is_shown_once(session_of: SessionOf, carol: User) -> None:
    client = session_of(carol)

    response = post(client, f"{URL}keys/", name="Shop", role="member", days="30", scopes=["read"])

    assert response.status_code == 201
    plaintext = made_token(response)
    assert client_with(plaintext).get("/api/items/").status_code == 200
    assert plaintext not in client.get(URL).text


@pytest.mark.parametrize("data", [{"name": ""}, {"name": "x", "role": "owner"}])
def test_an_invalid_key_is_shown_again(
    session_of: SessionOf, carol: User, acme: Organization, data: dict[str, str]
) -> None:
    response = post(session_of(carol), f"{URL}keys/", **data)

    assert response.status_code == 400
    assert not ApiToken.objects.filter(organization=acme, user=None).exists()


def test_a_key_is_rotated_once_and_deleted(
    session_of: SessionOf, carol: User, acme: Organization
) -> None:
    client, (key, old) = session_of(carol), key_of(acme)

    response = post(client, f"{URL}keys/{key.pk}/rotate/", overlap="24")
    again = post(client, f"{URL}keys/{key.pk}/rotate/", overlap="24")
    deleted = post(client, f"{URL}keys/{key.pk}/delete/")

    assert (response.status_code, again.status_code, deleted.status_code) == (201, 409, 302)
    assert client_with(made_token(response)).get("/api/items/").status_code == 200
    assert old.get("/api/items/").status_code == 401


def test_a_member_gets_403_for_what_is_not_theirs(
    session_of: SessionOf, bob: User, acme: Organization
) -> None:
    client, (key, _) = session_of(bob), key_of(acme)

    for url in ("settings/", "keys/", f"keys/{key.pk}/rotate/", f"keys/{key.pk}/delete/"):
        assert post(client, URL + url).status_code == 403
    assert client.get(f"{URL}audit/").status_code == 403


def test_a_key_of_another_organization_is_404(
    session_of: SessionOf, charlie: User, acme: Organization
) -> None:
    client, (key, _) = session_of(charlie), key_of(acme)

    assert post(client, f"{URL}keys/{key.pk}/delete/").status_code == 404
    assert post(client, f"{URL}keys/{key.pk}/rotate/", overlap="0").status_code == 404


def test_the_audit_log_shows_staff_without_their_address(
    session_of: SessionOf, carol: User, acme: Organization, globex: Organization, stella: User
) -> None:
    with acting(Actor(user=stella, address="198.51.100.1")):
        organization_change(organization=acme, name="Acme Ltd")
    organization_change(organization=globex, name="Globex Ltd")

    page = session_of(carol).get(f"{URL}audit/").text

    assert "stella@tenantry.example" in page
    assert "198.51.100.1" not in page
    assert "Globex" not in page


def test_a_form_of_another_organization_is_409(session_of: SessionOf, alice: User) -> None:
    response = post(session_of(alice), f"{URL}settings/", name="Mine", _organization="globex")

    assert response.status_code == 409
