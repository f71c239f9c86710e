"""/organizations/new/: a person creates an organization, and is its owner."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.core.errors import DomainError
from shared_apps.organizations.founding import organization_found, schema_name_suggest
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.schemas.catalog import schema_exists
from tests.conftest import InThread, SessionOf, run_behind_a_lock

URL = "/organizations/new/"
FORM = {"name": "Nora & Söhne", "currency": "chf", "schema_name": "nora"}


@pytest.fixture(autouse=True)
def open_to_all(settings: Settings) -> None:
    settings.SIGN_UP = "open"


@pytest.fixture
def browser(session_of: SessionOf, nora: User) -> APIClient:
    return session_of(nora)


def send(browser: APIClient, **changes: str) -> Any:
    return browser.post(URL, FORM | changes, format="multipart")


def test_the_person_owns_it_and_works_in_it(browser: APIClient, nora: User) -> None:
    response = send(browser)

    assert response["Location"] == "/"
    organization = Organization.objects.get(schema_name="nora")
    assert (organization.name, organization.currency) == ("Nora & Söhne", "CHF")
    assert organization.created_by == nora
    assert Membership.objects.get(organization=organization).role == "owner"
    assert schema_exists("nora")
    assert browser.get("/api/items/").status_code == 200
    assert "is ready" in browser.get("/").content.decode()


def test_a_member_of_another_organization_works_in_the_new_one(
    session_of: SessionOf, bob: User
) -> None:
    browser = session_of(bob)
    send(browser)

    assert browser.get("/api/me/").json()["organization"]["schema_name"] == "nora"


def test_without_a_short_name_it_suggests_one(browser: APIClient) -> None:
    response = browser.post(URL, {"name": "Nora & Söhne", "currency": "EUR"}, format="multipart")

    assert response.status_code == 200
    assert response.context["form"].initial["schema_name"] == "nora_sohne"
    assert not Organization.objects.filter(created_by__isnull=False).exists()


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("Acme", "acme_2"),
        ("ACME!", "acme_2"),
        ("Bücher & Co.", "bucher_co"),
        ("3M", "org_3m"),
        ("public", "org_public"),
        ("pg_catalog", "org_pg_catalog"),
        ("日本", "org"),
        ("\0", "org"),
        ("x" * 200, "x" * 50),
    ],
)
def test_a_suggestion_is_valid_and_free(acme: Organization, name: str, suggested: str) -> None:
    assert schema_name_suggest(name) == suggested


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", ""),
        ("name", "\0"),
        ("name", "x" * 1000),
        ("currency", "E"),
        ("currency", "\0"),
        ("currency", "EURO"),
        ("schema_name", "Nora Ltd"),
        ("schema_name", "public"),
        ("schema_name", "pg_nora"),
        ("schema_name", "acme"),
        ("schema_name", "nora\0"),
        ("schema_name", "x" * 64),
    ],
)
def test_bad_input_is_an_error_of_its_field(
    browser: APIClient, acme: Organization, field: str, text: str
) -> None:
    response = send(browser, **{field: text})

    assert (response.status_code, list(response.context["form"].errors)) == (200, [field])
    assert not schema_exists("nora")


class TestMaxADay:
    def test_the_fourth_in_24_hours_is_429(self, browser: APIClient) -> None:
        statuses = [send(browser, schema_name=f"nora{n}").status_code for n in range(4)]

        assert statuses == [302, 302, 302, 429]
        assert not schema_exists("nora3")
        Organization.objects.filter(schema_name="nora0").update(
            created_at=timezone.now() - timedelta(hours=24)
        )
        assert send(browser, schema_name="nora3").status_code == 302

    def test_the_response_tells_when(self, browser: APIClient) -> None:
        for number in range(3):
            send(browser, schema_name=f"nora{number}")
        Organization.objects.filter(schema_name="nora1").update(
            created_at=timezone.now() - timedelta(hours=23)
        )

        assert 3590 < int(send(browser)["Retry-After"]) <= 3601

    def test_concurrent_requests_cannot_exceed_it(
        self, in_thread: InThread, committed_organization: Organization
    ) -> None:
        name = committed_organization.schema_name
        owner = in_thread(lambda: User.objects.get(organization=committed_organization)).result()

        def found(number: int) -> int:
            try:
                organization_found(user=owner, name="Race", schema_name=f"{name}_{number}")
            except DomainError as error:
                return error.status
            return 201

        def lock() -> None:
            User.objects.select_for_update().get(pk=owner.pk)
            for number in (1, 2):
                Organization.objects.create(
                    schema_name=f"{name}_{number}", name="Race", created_by=owner
                )

        results = run_behind_a_lock(in_thread, lock, lambda: found(3), lambda: found(4))

        assert sorted(results) == [201, 429]


@pytest.mark.parametrize("setting", ["invited", "closed"])
def test_is_403_unless_open(browser: APIClient, settings: Settings, setting: str) -> None:
    settings.SIGN_UP = setting

    assert browser.get(URL).status_code == 403
    assert send(browser).status_code == 403
    assert not schema_exists("nora")


def test_an_anonymous_visitor_signs_in_first(db: None) -> None:
    assert Client().get(URL)["Location"] == f"/accounts/login/?next={URL}"
