"""`/` has links, and the demo's passwords in development."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from shared_apps.users.models import User
from tests.contracts import CONTRACTS


def test_the_home_page_links_to_all_parts(client: Client, db: None) -> None:
    page = client.get("/").text
    links = re.findall(r'<a [^>]*href="(/[^"]*)"', page)

    of_apps = set().union(*(contract.home_links for contract in CONTRACTS.values()))
    assert {"/accounts/login/", "/api/", "/api/docs/", "/admin/"} | of_apps <= {*links}
    for link in links:
        assert client.get(link).status_code in (200, 302, 401)


def test_the_home_page_shows_the_signed_in_user(client: Client, bob: User) -> None:
    client.force_login(bob)

    assert "bob@acme.example" in client.get("/").text


@pytest.mark.parametrize("development", [True, False])
def test_the_demo_s_passwords_are_shown_in_development_only(
    client: Client, settings: Settings, development: bool
) -> None:
    settings.DEBUG = development

    page = client.get("/").text

    for word in ("h@gmail.com", "ovious_password1", "p@gmail.com", "staff@example.com"):
        assert (word in page) == development
