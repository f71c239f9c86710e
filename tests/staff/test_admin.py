"""/admin/: staff look after users, organizations, memberships and tokens."""

from typing import Any, ClassVar

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Membership, Organization
from shared_apps.staff.models import SupportSession
from shared_apps.staff.tenants import TenantModelAdmin
from shared_apps.testing import PASSWORD
from shared_apps.users.models import ApiToken, User
from tenantry.context import active_schema
from tenantry.schemas.catalog import schema_exists

# Those of an organization need a support session, and have files of their own.
MODELS = sorted(
    (
        model
        for model, model_admin in admin.site._registry.items()
        if not isinstance(model_admin, TenantModelAdmin)
    ),
    key=lambda model: model._meta.label,
)
KEPT = (User, Organization)


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
    """Return what the form of an admin page says is wrong."""
    assert response.status_code == 200
    return dict(response.context["adminform"].form.errors)


class TestPages:
    @pytest.mark.parametrize("model", MODELS)
    def test_every_list_can_be_seen_searched_and_ordered(
        self, client: Client, token: ApiToken, model: type[Model]
    ) -> None:
        url = page(model, "changelist")

        assert client.get(url).status_code == 200
        assert client.get(url, {"q": "acme"}).status_code == 200
        assert client.get(url, {"o": "-1.2"}).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_every_row_can_be_opened(
        self, client: Client, token: ApiToken, model: type[Model]
    ) -> None:
        for row in model._default_manager.all():
            assert client.get(page(model, "change", row.pk)).status_code == 200
            assert client.get(page(model, "history", row.pk)).status_code == 200

    @pytest.mark.parametrize("model", MODELS)
    def test_every_form_for_a_new_row_can_be_opened(
        self, client: Client, model: type[Model]
    ) -> None:
        expected = 403 if model in (ApiToken, AuditEntry, SupportSession) else 200

        assert client.get(page(model, "add")).status_code == expected

    def test_the_number_of_statements_does_not_grow_with_the_rows(
        self, client: Client, acme: Organization, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(20):
            user = User.objects.create(email=f"u{number}@acme.example", name="U")
            Membership.objects.create(user=user, organization=acme)

        for model in (User, Organization, Membership):
            with django_assert_max_num_queries(20):
                client.get(page(model, "changelist"))


class TestWhoMayEnter:
    @pytest.mark.parametrize("person", [None, "bob", "alice", "charlie"])
    @pytest.mark.parametrize(
        "path", ["", "tenantry_users/user/", "tenantry_organizations/organization/add/", "nothing/"]
    )
    def test_members_and_strangers_are_sent_to_the_sign_in_page(
        self, db: None, request: pytest.FixtureRequest, person: str | None, path: str
    ) -> None:
        client = Client()
        if person:
            client.force_login(request.getfixturevalue(person))

        response = client.get(f"/admin/{path}", follow=True)

        assert response.redirect_chain[-1][0].startswith("/accounts/login/?next=")
        assert response.status_code == 200

    def test_staff_enter(self, stella: User) -> None:
        client = Client()
        client.force_login(stella)

        assert client.get("/admin/").status_code == 200

    def test_signing_in_leads_back(self, root: User) -> None:
        sign_in = Client().get("/admin/tenantry_users/user/", follow=True).redirect_chain[-1][0]

        response = Client().post(sign_in, {"username": root.email, "password": PASSWORD})

        assert response["Location"] == "/admin/tenantry_users/user/"

    def test_a_staff_member_s_own_membership_activates_nothing(
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

    def test_a_deactivated_staff_member_is_out(self, client: Client, root: User) -> None:
        User.objects.filter(pk=root.pk).update(is_active=False)

        assert client.get("/admin/").status_code == 302


class TestNothingIsLost:
    @pytest.mark.parametrize("model", KEPT)
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

    @pytest.mark.parametrize("model", KEPT)
    def test_no_button_offers_it(self, client: Client, model: type[Model]) -> None:
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

    def test_adding_one_creates_its_schema_and_its_owner(self, client: Client, nora: User) -> None:
        response = self.add(client, nora)

        assert response.status_code == 302
        organization = Organization.objects.get(schema_name="initech")
        assert (organization.name, organization.currency) == ("Initech", "USD")
        assert schema_exists("initech")
        assert organization.memberships.get().user == nora
        assert organization.memberships.get().role == "owner"

    @pytest.mark.parametrize(
        "button",
        [{}, {"_continue": "1"}, {"_addanother": "1"}],
        ids=["save", "go on", "another"],
    )
    def test_each_button_leads_on(self, client: Client, nora: User, button: dict[str, str]) -> None:
        response = self.add(client, nora, **button)

        assert response.status_code == 302
        assert client.get(response["Location"]).status_code == 200

    @pytest.mark.parametrize(
        ("changes", "wrong"),
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
    def test_what_is_wrong_is_shown_on_the_form_and_nothing_is_made(
        self, client: Client, nora: User, changes: dict[str, str], wrong: str
    ) -> None:
        response = self.add(client, nora, **changes)

        assert errors(response).keys() == {wrong}
        assert Organization.objects.count() == 2
        assert not schema_exists("initech")

    def test_a_schema_that_something_else_made_is_refused_on_the_form(
        self, client: Client, nora: User
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA initech")

        assert errors(self.add(client, nora)).keys() == {"schema_name"}
        assert not Organization.objects.filter(schema_name="initech").exists()

    def change(self, client: Client, organization: Organization, **changes: str) -> Any:
        url = page(Organization, "change", organization.pk)
        form = form_of(client.get(url)) | changes
        return client.post(url, form)

    @pytest.mark.parametrize(
        ("verb", "status"), [("suspend", "suspended"), ("archive", "archived")]
    )
    def test_staff_set_the_status(
        self,
        client: Client,
        acme: Organization,
        client_of: Any,
        bob: User,
        verb: str,
        status: str,
    ) -> None:
        member = client_of(bob)
        form = {"action": verb, "_selected_action": acme.pk, "confirmed": "yes"}

        assert client.post(page(Organization, "changelist"), form).status_code == 302

        assert member.get("/api/items/").json()["code"] == f"organization_{status}"

    def test_the_name_can_be_changed_the_schema_cannot(
        self, client: Client, acme: Organization
    ) -> None:
        self.change(client, acme, name="Acme & Sons", schema_name="mine")

        acme.refresh_from_db()
        assert (acme.name, acme.schema_name) == ("Acme & Sons", "acme")


class TestUsers:
    def test_a_new_one_can_sign_in(self, client: Client) -> None:
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
    def test_what_is_wrong_is_shown_on_the_form(
        self, client: Client, bob: User, email: str
    ) -> None:
        users = User.objects.count()
        form = {"email": email, "name": "X", "password1": PASSWORD, "password2": PASSWORD}

        response = client.post(page(User, "add"), {**form, "usable_password": "true"})

        assert errors(response)
        assert User.objects.count() == users

    def test_deactivating_one_shuts_them_out(
        self, client: Client, bob: User, client_of: Any
    ) -> None:
        member = client_of(bob)
        url = page(User, "change", bob.pk)
        form = form_of(client.get(url))
        del form["is_active"]

        assert client.post(url, form).status_code == 302

        assert member.get("/api/items/").status_code == 401

    def test_a_first_membership_says_where_they_land(
        self, client: Client, nora: User, acme: Organization
    ) -> None:
        form = {"user": nora.pk, "organization": acme.pk, "role": "member"}

        assert client.post(page(Membership, "add"), form).status_code == 302

        nora.refresh_from_db()
        assert nora.organization == acme


class TestTokens:
    def test_neither_hash_nor_token_is_shown(self, client: Client, token: ApiToken) -> None:
        for url in (page(ApiToken, "changelist"), page(ApiToken, "change", token.pk)):
            assert token.digest not in client.get(url).content.decode()

    def test_cannot_be_changed(self, client: Client, token: ApiToken, alice: User) -> None:
        response = client.post(page(ApiToken, "change", token.pk), {"user": alice.pk})

        assert response.status_code == 403

    def test_are_revoked_by_deleting_them(self, client: Client, client_of: Any, bob: User) -> None:
        member = client_of(bob)
        token = ApiToken.objects.get(user=bob)

        client.post(page(ApiToken, "delete", token.pk), {"post": "yes"})

        assert member.get("/api/items/").status_code == 401


def form_of(response: Any) -> dict[str, str]:
    """Return what a browser would send back unchanged from an admin page."""
    assert response.status_code == 200
    forms = [response.context["adminform"].form]
    for inline in response.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, str] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is not None and value is not False and not isinstance(value, list):
                sent[bound.html_name] = str(getattr(value, "pk", value))
    return sent
