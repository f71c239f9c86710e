"""X-Organization and the form field _organization name the organization of a request."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test.client import BOUNDARY, encode_multipart
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tests.conftest import ClientOf, SessionOf
from tests.items.fixtures import DESK_ID
from tests.orders.fixtures import Place

NEW = {"sku": "NEW", "description": "New", "price": "1.00"}


def skus(organization: Organization) -> set[str]:
    with tenant_context(organization):
        return set(Item.objects.values_list("sku", flat=True))


def assert_mismatch(response: Any) -> None:
    assert response.status_code == 409
    assert response.json()["code"] == "organization_mismatch"


@pytest.mark.parametrize("signed_in", ["client_of", "session_of"])
def test_the_active_organization_can_be_named(
    request: pytest.FixtureRequest, carol: User, signed_in: str
) -> None:
    client: APIClient = request.getfixturevalue(signed_in)(carol)

    response = client.post("/api/items/", NEW, headers={"X-Organization": "acme"})

    assert response.status_code == 201


@pytest.mark.parametrize(
    "named", ["globex", "nowhere", "public", "ACME", "acme,globex", "'; --", ""]
)
@pytest.mark.parametrize("signed_in", ["client_of", "session_of"])
def test_another_organization_is_409_and_nothing_is_written(
    request: pytest.FixtureRequest,
    carol: User,
    acme: Organization,
    globex: Organization,
    named: str,
    signed_in: str,
) -> None:
    client: APIClient = request.getfixturevalue(signed_in)(carol)

    response = client.post("/api/items/", NEW, headers={"X-Organization": named})

    assert_mismatch(response)
    assert skus(acme) == skus(globex) == set()


def test_reads_and_deletes_of_another_organization_are_409(
    client_of: ClientOf, bob: User, desk: Item
) -> None:
    client = client_of(bob)

    assert_mismatch(client.get("/api/items/", headers={"X-Organization": "globex"}))
    assert_mismatch(client.delete(f"/api/items/{DESK_ID}/", headers={"X-Organization": "globex"}))


@pytest.mark.parametrize("format_", ["multipart", "form"])
@pytest.mark.parametrize("signed_in", ["client_of", "session_of"])
@pytest.mark.parametrize(("named", "status"), [("acme", 201), ("globex", 409)])
def test_a_form_can_name_its_organization_in_a_field(
    request: pytest.FixtureRequest,
    carol: User,
    acme: Organization,
    format_: str,
    signed_in: str,
    named: str,
    status: int,
) -> None:
    client: APIClient = request.getfixturevalue(signed_in)(carol)

    response = send_form(client, "post", "/api/items/", {**NEW, "_organization": named}, format_)

    assert response.status_code == status, response.content
    assert skus(acme) == ({"NEW"} if status == 201 else set())


@pytest.mark.parametrize("format_", ["multipart", "form"])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_form_of_put_or_patch_can_name_its_organization_in_a_field(
    client_of: ClientOf, carol: User, desk: Item, acme: Organization, method: str, format_: str
) -> None:
    form = {**NEW, "_organization": "globex"}

    response = send_form(client_of(carol), method, f"/api/items/{DESK_ID}/", form, format_)

    assert_mismatch(response)
    assert skus(acme) == {"DESK"}


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded; charset=utf-8",
        "APPLICATION/X-WWW-FORM-URLENCODED",
        " Application/X-Www-Form-Urlencoded ;charset=UTF-8",
    ],
)
def test_the_content_type_of_a_form_ignores_case_and_spaces(
    client_of: ClientOf, carol: User, acme: Organization, content_type: str
) -> None:
    form = urlencode({**NEW, "_organization": "globex"})

    response = client_of(carol).post("/api/items/", form, content_type=content_type)

    assert_mismatch(response)
    assert skus(acme) == set()


@pytest.mark.parametrize("main", ["multipart", "MULTIPART", "*"])
def test_a_content_type_with_a_wildcard_is_415(
    client_of: ClientOf, carol: User, acme: Organization, main: str
) -> None:
    form = encode_multipart(BOUNDARY, {**NEW, "_organization": "globex"}).decode()
    content_type = f"{main}/*; boundary={BOUNDARY}"

    response = client_of(carol).generic("POST", "/api/items/", form, content_type=content_type)

    assert response.status_code == 415
    assert skus(acme) == set()


def test_header_and_field_must_both_match(
    client_of: ClientOf, carol: User, acme: Organization
) -> None:
    response = client_of(carol).post(
        "/api/items/",
        {**NEW, "_organization": "globex"},
        format="multipart",
        headers={"X-Organization": "acme"},
    )

    assert_mismatch(response)
    assert skus(acme) == set()


@pytest.mark.parametrize(
    ("method", "url", "status"), [("post", "", 201), ("put", f"{DESK_ID}/", 200)]
)
def test_json_ignores_the_field(
    client_of: ClientOf, carol: User, desk: Item, method: str, url: str, status: int
) -> None:
    send = getattr(client_of(carol), method)

    assert send(f"/api/items/{url}", {**NEW, "_organization": "globex"}).status_code == status


def test_a_tab_of_the_previous_organization_cannot_write(
    session_of: SessionOf, place: Place, carol: User, globex: Organization, desk: Item
) -> None:
    """One tab chose globex, while the other still shows acme's orders."""
    order = place(carol, desk)
    globex.memberships.create(user=carol, role="owner")
    browser = session_of(carol)

    browser.post("/api/me/organization/", {"organization": "globex"})
    response = browser.post(f"/api/orders/{order.pk}/cancel/", headers={"X-Organization": "acme"})

    assert_mismatch(response)
    with tenant_context("acme"):
        order.refresh_from_db()
    assert order.status == "placed"


def send_form(client: APIClient, method: str, url: str, form: dict[str, str], format_: str) -> Any:
    if format_ == "multipart":
        return getattr(client, method)(url, form, format="multipart")
    body = "&".join(f"{key}={value}" for key, value in form.items())
    content_type = "application/x-www-form-urlencoded"
    return getattr(client, method)(url, body, content_type=content_type)
