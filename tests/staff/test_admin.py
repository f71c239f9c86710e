"""/admin/: users, organizations, memberships and tokens."""

from typing import Any, ClassVar

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from shared_apps.audit.models import AuditEntry
from shared_apps.jobs.models import Job
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.models import SupportSession
from shared_apps.staff.tenants import TenantModelAdmin
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.webhooks.models import Delivery, Endpoint
from tenantry.context import active_schema
from tenantry.schemas.catalog import schema_exists

# Tenant models need a support session; other files test them.
MODELS = sorted(
    (
        model
        for model, model_admin in admin.site._registry.items()
        if not isinstance(model_admin, TenantModelAdmin)
    ),
    key=lambda model: model._meta.label,
)
NEVER_DELETED = (User, Organization)
NEVER_ADDED = (ApiToken, AuditEntry, Delivery, Endpoint, Job, SignInSession, SupportSession)


@pytest.fixture
def root(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("root@tenantry.example", PASSWORD, name="Root")


@pytest.fixture
def client(root: User) -> Client:
    client = Client()
    client.force_login(root)
    return client


@pytest.fixture
def token(bob: User, acme: Organization) -> ApiToken:
    return ApiToken.objects.issue(user=bob, organization=acme)[0]


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def errors(response: Any) -> dict[str, Any]:
    """Return the errors of an admin form."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


class TestPages:
    @pytest.mark.parametrize("model", MODELS)
    def test_every_list_opens_searches_and_sorts(
        self, client: Client, token: ApiToken, model: type[Model]
    ) -> None:
        url = page(model, "changelist")

        assert client.get(url).status_code == 200
        assert client.get(url, {"q": "acme"}).status_code == 200
        assert client.get(url, {"o": "-1.2"}).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_every_row_opens(self, client: Client, token: ApiToken, model: type[Model]) -> None:
        for row in model._default_manager.all():
            assert client.get(page(model, "change", row.pk)).status_code == 200
            assert client.get(page(model, "history", row.pk)).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_every_add_form_opens(self, client: Client, model: type[Model]) -> None:
        expected = 403 if model in NEVER_ADDED else 200

        assert client.get(page(model, "add")).status_code == expected


class TestAccess:
    @pytest.mark.parametrize("person", [None, "bob", "alice", "charlie"])
    @pytest.mark.parametrize(
        "path", ["", "tenantry_users/user/", "tenantry_organizations/organization/add/", "nothing/"]
    )
    def test_users_who_are_not_staff_go_to_the_sign_in_page(
        self, db: None, request: pytest.FixtureRequest, person: str | None, path: str
    ) -> None:
        client = Client()
        if person:
            client.force_login(request.getfixturevalue(person))

        response = client.get(f"/admin/{path}", follow=True)

        assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")
        assert response.status_code == 200

    def test_staff_can_open_the_admin(self, stella: User) -> None:
        client = Client()
        client.force_login(stella)

        assert client.get("/admin/").status_code == 200

    def test_the_sign_in_leads_back_to_the_requested_page(self, root: User) -> None:
        sign_in = Client().get("/admin/tenantry_users/user/", follow=True).redirect_chain[-1][0]

        response = Client().post(sign_in, {"username": root.email, "password": PASSWORD})

        assert response["Location"] == "/admin/tenantry_users/user/"

    def test_a_staff_user_s_own_membership_activates_no_tenant(
        self, client: Client, root: User, acme: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Membership.objects.create(user=root, organization=acme)
        seen: list[str | None] = []
        every_page = admin.site.each_context

        def look(request: Any) -> dict[str, Any]:
            seen.append(active_schema())
            return every_page(request)

        monkeypatch.setattr(admin.site, "each_context", look)

        assert client.get("/admin/").status_code == 200
        assert seen == [None]

    def test_a_deactivated_staff_user_loses_access(self, client: Client, root: User) -> None:
        User.objects.filter(pk=root.pk).update(is_active=False)

        assert client.get("/admin/").status_code == 302


class TestDeletion:
    @pytest.mark.parametrize("model", NEVER_DELETED)
    def test_users_and_organizations_cannot_be_deleted(
        self, client: Client, model: type[Model]
    ) -> None:
        row = model._default_manager.first()
        assert row is not None

        one = client.post(page(model, "delete", row.pk), {"post": "yes"})
        many = client.post(
            page(model, "changelist"),
            {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"},
        )

        assert one.status_code == 403
        assert many.status_code in (200, 302)
        assert model._default_manager.filter(pk=row.pk).exists()

    @pytest.mark.parametrize("model", NEVER_DELETED)
    def test_no_page_has_a_delete_button(self, client: Client, model: type[Model]) -> None:
        row = model._default_manager.first()
        assert row is not None

        assert "deletelink" not in client.get(page(model, "change", row.pk)).content.decode()
        assert "delete_selected" not in client.get(page(model, "changelist")).content.decode()

    def test_a_member_can_be_removed(self, client: Client, bob: User) -> None:
        membership = bob.memberships.get()

        client.post(page(Membership, "delete", membership.pk), {"post": "yes"})

        assert not bob.memberships.exists()


class TestOrganizations:
    NEW: ClassVar = {"schema_name": "initech", "name": "Initech", "currency": "USD"}

    def add(self, client: Client, nora: User, **changes: str) -> Any:
        form = {**self.NEW, "owner": nora.pk, **changes}
        return client.post(page(Organization, "add"), form)

    @pytest.mark.parametrize(
        "button",
        [{}, {"_continue": "1"}, {"_addanother": "1"}],
        ids=["save", "continue", "another"],
    )
    def test_each_save_button_leads_to_a_page(
        self, client: Client, nora: User, button: dict[str, str]
    ) -> None:
        response = self.add(client, nora, **button)

        assert response.status_code == 302
        assert client.get(response["Location"]).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"schema_name": "pg_x"}, "schema_name"),
            ({"schema_name": "public"}, "schema_name"),
            ({"schema_name": "Robert'); DROP"}, "schema_name"),
            ({"schema_name": "acme"}, "schema_name"),
            ({"schema_name": "information_schema"}, "schema_name"),
            ({"schema_name": "x" * 64}, "schema_name"),
            ({"schema_name": ""}, "schema_name"),
            ({"name": ""}, "name"),
            ({"currency": "euro"}, "currency"),
            ({"owner": "999999"}, "owner"),
            ({"owner": ""}, "owner"),
        ],
    )
    def test_an_invalid_organization_shows_an_error_and_creates_nothing(
        self, client: Client, nora: User, changes: dict[str, str], field: str
    ) -> None:
        response = self.add(client, nora, **changes)

        assert errors(response).keys() == {field}
        assert Organization.objects.count() == 2
        assert not schema_exists("initech")

    def test_an_existing_schema_is_an_error_on_the_form(self, client: Client, nora: User) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA initech")

        assert errors(self.add(client, nora)).keys() == {"schema_name"}
        assert not Organization.objects.filter(schema_name="initech").exists()


class TestUsers:
    def test_a_new_user_has_the_password_of_the_form(self, client: Client) -> None:
        form = {
            "email": "ada@acme.example",
            "name": "Ada",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }

        assert client.post(page(User, "add"), form).status_code == 302
        assert User.objects.get(email="ada@acme.example").check_password(PASSWORD)

    @pytest.mark.parametrize("email", ["BOB@acme.example", "", "nonsense"])
    def test_an_invalid_email_is_an_error_on_the_form(
        self, client: Client, bob: User, email: str
    ) -> None:
        users = User.objects.count()
        form = {"email": email, "name": "X", "password1": PASSWORD, "password2": PASSWORD}

        response = client.post(page(User, "add"), {**form, "usable_password": "true"})

        assert errors(response)
        assert User.objects.count() == users


class TestTokens:
    def test_a_token_cannot_be_changed(self, client: Client, token: ApiToken, alice: User) -> None:
        response = client.post(page(ApiToken, "change", token.pk), {"user": alice.pk})

        assert response.status_code == 403
