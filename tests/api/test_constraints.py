"""Constraint violations, as in a race, are errors of fields: 400, not 500."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import BaseConstraint, CheckConstraint, Q, UniqueConstraint
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework import serializers
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

from shared_apps.api.handler import exception_handler
from shared_apps.core.constraints import constraint_violation
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenant_apps.orders.models import OrderLine
from tenantry.context import tenant_context
from tests.orders.fixtures import Place
from tests.tenantry.guard_app.models import Document


@transaction.atomic
def sign_up(request: HttpRequest) -> HttpResponse:
    User.objects.create(email="BOB@acme.example", name="Bob", password="!")
    return HttpResponse()


urlpatterns = [
    path("", include("config.urls")),
    path("accounts/sign-up/", sign_up),
]
OWN_NAME = "own_name"


def errors_of(write: Callable[[], Any]) -> dict[str, list[str]]:
    """Return the errors by field of a write in acme."""
    violation = constraint_violation(integrity_error_of(write))
    assert isinstance(violation, ValidationError)
    return violation.message_dict


def integrity_error_of(write: Callable[[], Any]) -> IntegrityError:
    with tenant_context("acme"):
        connection.check_constraints()  # For earlier writes of the test.
        try:
            with transaction.atomic():
                write()
                connection.check_constraints()
        except IntegrityError as error:
            return error
    raise AssertionError("PostgreSQL raised no error.")


def add(constraint: str) -> str:
    return f"ALTER TABLE guard_app_document ADD CONSTRAINT {OWN_NAME} {constraint}"


def two_plans() -> None:
    for _ in range(2):
        Document.objects.create(title="Plan")


TAKEN = ["Document with this Title already exists."]
VIOLATED = [f"Constraint “{OWN_NAME}” is violated."]
BOTH_TAKEN = ["Document with this Title and Scan already exists."]


@pytest.mark.parametrize(
    ("sql", "errors"),
    [
        (add("UNIQUE (title)"), {"title": TAKEN}),
        (add("UNIQUE (title) DEFERRABLE INITIALLY DEFERRED"), {"title": TAKEN}),
        (add("UNIQUE (title, scan)"), {"title": BOTH_TAKEN, "scan": BOTH_TAKEN}),
        ("CREATE UNIQUE INDEX ON guard_app_document (title)", {"title": TAKEN}),
        ("CREATE UNIQUE INDEX ON guard_app_document (lower(title))", {"title": TAKEN}),
        (
            "CREATE UNIQUE INDEX ON guard_app_document (replace(title, 'scan', ')=('))",
            {"title": TAKEN},
        ),
        ("CREATE UNIQUE INDEX ON guard_app_document (title) WHERE id > 0", {"title": TAKEN}),
        (
            f"CREATE UNIQUE INDEX {OWN_NAME} ON guard_app_document ((1))",
            {NON_FIELD_ERRORS: VIOLATED},
        ),
        (
            add("EXCLUDE USING btree (title WITH =)"),
            {"title": ["This conflicts with another document."]},
        ),
        (
            add("CHECK (title <> 'Plan')").replace(OWN_NAME, "guard_app_document_title_check"),
            {"title": ["This value is not allowed. Choose another one."]},
        ),
        (
            add("CHECK (title <> 'Plan')"),
            {NON_FIELD_ERRORS: VIOLATED},
        ),
    ],
)
def test_errors_of_a_constraint_that_no_model_declares(
    acme: Organization, sql: str, errors: dict[str, list[str]]
) -> None:
    with tenant_context(acme), connection.schema_editor() as editor:
        editor.execute(sql)

    assert errors_of(two_plans) == errors


@pytest.mark.parametrize(
    ("constraint", "errors"),
    [
        (UniqueConstraint(fields=["title"], name="one"), {"title": TAKEN}),
        (UniqueConstraint(fields=["title"], name="long" * 20), {"title": TAKEN}),
        (
            UniqueConstraint(
                Lower("title"), name="one", violation_error_message="%(name)s is taken."
            ),
            {"title": ["one is taken."]},
        ),
        (
            UniqueConstraint(fields=["title"], condition=Q(parent=None), name="one"),
            {"title": TAKEN},
        ),
        (
            CheckConstraint(condition=~Q(title="Plan") | Q(scan="x"), name="check" * 20),
            {
                "title": ["This value is not allowed. Choose another one."],
                "scan": ["This value is not allowed. Choose another one."],
            },
        ),
    ],
)
def test_errors_of_a_constraint_that_a_model_declares(
    acme: Organization,
    monkeypatch: pytest.MonkeyPatch,
    constraint: BaseConstraint,
    errors: dict[str, list[str]],
) -> None:
    monkeypatch.setattr(Document._meta, "constraints", [constraint])
    with tenant_context(acme), connection.schema_editor() as editor:
        editor.add_constraint(Document, constraint)

    assert errors_of(two_plans) == errors


def test_an_email_that_differs_only_in_case_is_taken(bob: User) -> None:
    create = tenant_context(None)(User.objects.create)
    errors = errors_of(lambda: create(email="BOB@acme.example", name="Bob", password="!"))

    assert errors == {"email": ["A user with this email already exists."]}


@pytest.mark.urls(__name__)
def test_a_page_that_loses_a_race_shows_the_error(api_client: APIClient, bob: User) -> None:
    response: Any = api_client.get("/accounts/sign-up/")

    assert response.status_code == 400
    assert response.json()["detail"] == "A user with this email already exists."


class ArticleSerializer(serializers.ModelSerializer[Item]):
    code = serializers.CharField(source="sku")

    class Meta:
        model = Item
        fields = ("code", "description", "price")


class NewArticle(CreateAPIView[Item]):
    serializer_class = ArticleSerializer
    permission_classes = (AllowAny,)


class NewItem(APIView):
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        return Response(Item.objects.create(sku="DESK", description="Desk", price=1).pk)


@pytest.mark.parametrize(("view", "field"), [(NewArticle, "code"), (NewItem, "sku")])
def test_an_error_names_the_field_as_the_serializer_does(
    desk: Item, view: type[APIView], field: str
) -> None:
    sent = APIRequestFactory().post("/", {"code": "DESK", "description": "Desk", "price": "1.00"})

    with tenant_context("acme"), transaction.atomic():
        response = view.as_view()(sent)

    assert response.status_code == 400
    assert response.data == {field: ["An item with this SKU already exists."]}


def test_a_second_membership_is_an_error_of_both_fields(bob: User, acme: Organization) -> None:
    errors = errors_of(lambda: Membership.objects.create(user=bob, organization=acme))

    assert errors.keys() == {"user", "organization"}


def test_a_quantity_below_one_is_an_error_of_the_field(place: Place, bob: User, desk: Item) -> None:
    lines = OrderLine.objects.filter(order=place(bob, desk).pk)

    assert errors_of(lambda: lines.update(quantity=0)).keys() == {"quantity"}


def test_a_reference_to_a_deleted_row_is_an_error_of_the_field(
    place: Place, bob: User, desk: Item
) -> None:
    lines = OrderLine.objects.filter(order=place(bob, desk).pk)

    assert errors_of(lambda: lines.update(item=1)) == {
        "item": ["This does not exist. Choose another value."]
    }


def raw_delete(item: Item) -> None:
    """Delete without Django's check for orders, as if one was placed just after the check."""
    Item.objects.filter(pk=item.pk)._raw_delete(connection.alias)


@pytest.mark.parametrize("delete", [Item.delete, raw_delete])
def test_deleting_an_item_with_orders_is_409(
    place: Place, bob: User, desk: Item, delete: Callable[[Item], Any]
) -> None:
    place(bob, desk)

    response = exception_handler(integrity_error_of(lambda: delete(desk)), {})

    assert response
    assert (response.status_code, response.data["code"]) == (409, "in_use")


def test_a_null_is_a_bug_and_not_an_error_of_a_field(acme: Organization) -> None:
    row: dict[str, Any] = {"title": None}

    error = integrity_error_of(lambda: Document.objects.create(**row))

    assert constraint_violation(error) is None
