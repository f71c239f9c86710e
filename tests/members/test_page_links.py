"""The lists of /members/ have pages."""

import re

import pytest

from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from tests.conftest import SessionOf

from .test_pages import URL, text


def test_there_are_pages_of_members(
    session_of: SessionOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.members.pages.PAGE_SIZE", 2)
    browser = session_of(alice)

    assert "Carol" not in browser.get(URL).text
    assert "Carol" in browser.get(f"{URL}?page=2").text
    assert "Page 1 of 2" in text(browser.get(f"{URL}?page=nonsense"))


def test_there_are_pages_of_invitations(
    session_of: SessionOf, alice: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared_apps.members.pages.PAGE_SIZE", 2)
    for name in ("ada", "eve", "ivy"):
        invitation_create(
            organization=acme, email=f"{name}@example.com", role=Role.MEMBER, actor=None
        )
    browser = session_of(alice)

    newest = browser.get(URL).text
    oldest = browser.get(f"{URL}?invitations=2").text

    assert re.findall(r"<strong>(\w+)@example.com", newest) == ["ivy", "eve"]
    assert re.findall(r"<strong>(\w+)@example.com", oldest) == ["ada"]
    assert 'href="/members/?invitations=2#invitations"' in newest


def test_the_links_to_other_pages_also_work_beside_an_error(
    session_of: SessionOf, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form's own URL accepts only POST."""
    monkeypatch.setattr("shared_apps.members.pages.PAGE_SIZE", 2)

    page = session_of(alice).post(f"{URL}invite/", {"email": "ada"}, format="multipart")

    assert page.status_code == 400
    assert 'href="/members/?page=2"' in page.text
