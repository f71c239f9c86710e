"""A second factor that an organization requires of its members, and the platform of staff."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.testing import PASSWORD
from shared_apps.users.models import User
from tests.conftest import ClientOf, SessionOf, statements

from .conftest import PAGES, code, reauthenticated, secret_of

ADD_APP = f"{PAGES}totp/activate/"


class TestByAnOrganization:
    @pytest.fixture(autouse=True)
    def rule(self, acme: Organization) -> None:
        Organization.objects.filter(pk=acme.pk).update(second_factor_required=True)

    @pytest.mark.parametrize("by", ["client_of", "session_of"])
    def test_a_member_without_one_is_403_with_where_to_go(
        self, request: pytest.FixtureRequest, bob: User, by: str
    ) -> None:
        client = request.getfixturevalue(by)(bob)

        response = client.get("/api/items/")

        assert response.status_code == 403
        assert response.json()["code"] == "second_factor_required"
        assert "/accounts/2fa/" in response.json()["detail"]
        assert client.get("/api/me/").json()["organization"] is None

    def test_a_member_who_adds_one_works_in_this_browser_with_the_next_request(
        self, session_of: SessionOf, bob: User
    ) -> None:
        client = session_of(bob)
        assert client.get("/api/items/").status_code == 403

        client.post("/accounts/reauthenticate/", {"password": PASSWORD}, format="multipart")
        secret = secret_of(client.get(ADD_APP))
        client.post(ADD_APP, {"code": code(secret)}, format="multipart")

        assert client.get("/api/items/").status_code == 200

    def test_recovery_codes_alone_are_none(self, session_of: SessionOf, bob: User) -> None:
        RecoveryCodes.activate(bob)

        assert session_of(bob).get("/api/items/").status_code == 403

    def test_a_token_is_not_issued_without_one(self, bob: User) -> None:
        body = {"email": bob.email, "password": PASSWORD}

        response = APIClient().post("/api/auth/token/", body)

        assert (response.status_code, response.json()["code"]) == (403, "second_factor_required")

    def test_a_page_leads_to_where_it_is_added(self, session_of: SessionOf, bob: User) -> None:
        client = session_of(bob)

        denied = client.get("/api/items/", headers={"Accept": "text/html"})

        assert PAGES in denied.content.decode()
        assert client.get(PAGES).status_code == 200

    def test_an_archived_organization_is_reported_first(
        self, session_of: SessionOf, acme: Organization, bob: User
    ) -> None:
        Organization.objects.filter(pk=acme.pk).update(status=Organization.Status.ARCHIVED)

        assert session_of(bob).get("/api/items/").json()["code"] == "organization_archived"

    def test_other_organizations_stay_open(self, session_of: SessionOf, charlie: User) -> None:
        assert session_of(charlie).get("/api/items/").status_code == 200

    def test_it_is_no_further_statement(
        self, client_of: ClientOf, app: Authenticator, bob: User
    ) -> None:
        client = client_of(bob)

        with CaptureQueriesContext(connection) as captured:
            assert client.get("/api/items/").status_code == 200

        assert len(statements(captured)) == 2


class TestOfStaff:
    @pytest.fixture(autouse=True)
    def rule(self, settings: Settings) -> None:
        settings.STAFF_SECOND_FACTOR = True

    @pytest.fixture
    def root(self, db: None) -> User:
        return User.objects.create_superuser("root@tenantry.example", PASSWORD, name="Root")

    @pytest.mark.parametrize(
        "url",
        [
            "/admin/",
            "/admin/tenantry_users/user/",
            "/admin/tenantry_items/item/",
            "/admin/support/",
            "/admin/password_change/",
            "/admin/jsi18n/",
            "/admin/nothing-here/",
        ],
    )
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_no_page_of_the_admin_opens_without_one(
        self, root: User, url: str, method: str
    ) -> None:
        client = Client()
        client.force_login(root)

        response = getattr(client, method)(url)

        assert (response.status_code, response["Location"]) == (302, PAGES)

    def test_the_page_that_adds_one_says_why(self, root: User) -> None:
        client = Client()
        client.force_login(root)

        assert "The admin needs a second factor" in client.get(PAGES).content.decode()
        assert client.post("/admin/logout/").status_code == 302
        assert client.get("/admin/")["Location"] != PAGES

    def test_the_admin_opens_once_it_is_added(self, root: User) -> None:
        client = reauthenticated(root)
        add = f"{PAGES}totp/activate/"
        client.post(add, {"code": code(secret_of(client.get(add)))})

        assert client.get("/admin/tenantry_users/user/").status_code == 200

    def test_staff_work_as_members_without_one(self, session_of: SessionOf, bob: User) -> None:
        User.objects.filter(pk=bob.pk).update(is_staff=True)

        assert session_of(bob).get("/api/items/").status_code == 200

    def test_development_does_not_require_it(self, root: User, settings: Settings) -> None:
        settings.STAFF_SECOND_FACTOR = False
        client = Client()
        client.force_login(root)

        assert client.get(reverse("admin:index")).status_code == 200
