"""The shell around a member's pages: the organization, the navigation and the person."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.models import Organization
from shared_apps.pages.navigation import entries, links
from shared_apps.users.models import User
from tests.conftest import statements

NAVIGATION = '<nav aria-label="Main">'


@pytest.fixture
def member(client: Client, bob: User) -> Client:
    client.force_login(bob)
    return client


def test_a_page_names_the_organization_and_the_person(member: Client) -> None:
    page = member.get("/members/").text

    assert 'Acme <span class="unseen">(switch organization)</span>' in page
    assert "Bob<small>bob@acme.example</small>" in page


def test_the_navigation_marks_the_page(member: Client) -> None:
    page = member.get("/members/").text

    assert re.search(r'<a href="/members/" aria-current="page">', page)
    assert page.count('aria-current="page"') == 1


def test_the_navigation_marks_the_section_of_a_page_below_it() -> None:
    marks = {
        link.url: link.current for link in links("/organization/audit/", has_organization=True)
    }

    assert marks["/organization/"] == "true"
    assert set(marks.values()) == {"true", ""}


def test_the_navigation_is_in_the_order_that_apps_announce() -> None:
    orders = [entry.order for entry in entries()]

    assert orders == sorted(orders)
    assert entries()[0].url_name == "home"
    assert entries()[-1].url_name == "organization"


@pytest.mark.parametrize("url", ["/accounts/login/", "/accounts/2fa/", "/invitations/none/"])
def test_pages_for_one_thing_have_no_navigation(member: Client, url: str) -> None:
    assert NAVIGATION not in member.get(url).text


def test_an_anonymous_visitor_gets_no_navigation(client: Client, db: None) -> None:
    assert NAVIGATION not in client.get("/").text


def test_without_a_usable_organization_only_open_pages_are_linked(
    member: Client, acme: Organization
) -> None:
    Organization.objects.filter(pk=acme.pk).update(status=Organization.Status.SUSPENDED)

    page = member.get("/me/").text

    assert NAVIGATION in page
    assert 'href="/members/"' not in page
    assert "Acme" not in page[page.index("switcher") : page.index(NAVIGATION)]


def test_only_staff_get_the_link_to_the_admin(client: Client, bob: User) -> None:
    client.force_login(bob)
    assert 'href="/admin/"' not in client.get("/members/").text

    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert 'href="/admin/"' in client.get("/members/").text


def test_a_member_without_the_required_second_factor_is_told_to_add_one(
    member: Client, acme: Organization
) -> None:
    assert "requires a second factor" not in member.get("/me/").text

    Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)

    page = member.get("/me/").text
    assert "This organization requires a second factor." in page
    assert 'href="/accounts/2fa/"' in page


def test_the_shell_sends_no_statement(member: Client) -> None:
    """One reads the session and one the principal; the error page has no other."""
    with CaptureQueriesContext(connection) as captured:
        page = member.get("/organization/audit/", headers={"Accept": "text/html"})

    assert page.status_code == 403
    assert NAVIGATION in page.text
    assert len(statements(captured)) == 2
