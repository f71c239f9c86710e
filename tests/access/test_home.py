"""`/` has links, and the demo's passwords in development."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tests.contracts import CONTRACTS


def links_of(client: Client) -> set[str]:
    return set(re.findall(r'<a [^>]*href="(/[^"#]*)', client.get("/").text))


def test_the_home_page_links_to_all_parts(client: Client, db: None) -> None:
    links = links_of(client)

    assert {"/accounts/login/", "/api/", "/api/docs/", "/admin/"} <= links
    for link in links:
        assert client.get(link).status_code in (200, 302, 401)


def test_the_home_page_of_a_member_links_to_all_apps(client: Client, bob: User) -> None:
    client.force_login(bob)

    links = links_of(client)

    of_apps = set().union(*(contract.navigation for contract in CONTRACTS.values()))
    assert {"/members/", "/organization/", "/me/", "/api/", "/api/docs/"} | of_apps <= links
    for link in links:
        assert client.get(link).status_code == 200


def test_the_home_page_shows_the_signed_in_user(client: Client, bob: User) -> None:
    client.force_login(bob)

    page = client.get("/").text

    assert "bob@acme.example" in page
    assert "<h1>Acme</h1>" in page


def test_a_member_of_two_organizations_can_switch(
    client: Client, bob: User, globex: Organization
) -> None:
    client.force_login(bob)
    assert "Switch organization" not in client.get("/").text

    Membership.objects.create(user=bob, organization=globex)
    client.post("/api/me/organization/", {"organization": "globex"})

    page = client.get("/").text
    assert "Switch organization" in page
    assert '<option value="globex" selected>' in page


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Organization.Status.SUSPENDED, "This organization is suspended. Contact support."),
        (Organization.Status.ARCHIVED, "This organization is archived. Contact support."),
    ],
)
def test_a_member_of_an_unusable_organization_reads_the_reason(
    client: Client,
    bob: User,
    acme: Organization,
    globex: Organization,
    status: Organization.Status,
    reason: str,
) -> None:
    client.force_login(bob)
    Organization.objects.filter(pk=acme.pk).update(status=status)

    page = client.get("/").text
    assert reason in page
    assert "Choose another organization" not in page

    Membership.objects.create(user=bob, organization=globex)
    assert "Choose another organization" in client.get("/").text


def test_a_user_without_an_organization_reads_what_to_do(client: Client, nora: User) -> None:
    client.force_login(nora)

    assert "Ask an owner to add you to theirs." in client.get("/").text


def test_staff_are_sent_to_the_admin(client: Client, stella: User) -> None:
    client.force_login(stella)
    User.objects.filter(pk=stella.pk).update(is_staff=True)

    page = client.get("/").text

    assert 'enter it in the <a href="/admin/">admin</a>' in page
    assert "Ask an owner" not in page


@pytest.mark.parametrize("development", [True, False])
def test_the_demo_s_passwords_are_shown_in_development_only(
    client: Client, settings: Settings, development: bool
) -> None:
    settings.DEBUG = development

    page = client.get("/").text

    for word in ("h@gmail.com", "ovious_password1", "p@gmail.com", "staff@example.com"):
        assert (word in page) == development
