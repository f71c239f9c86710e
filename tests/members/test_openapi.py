"""Members and invitations in the OpenAPI document."""

from typing import Any

import pytest

from tests.openapi import parameters_of, shape_of

PAGE = {"count", "next", "previous", "results"}
MEMBER = {"id", "user", "role", "joined_at"}
INVITATION = {"id", "email", "role", "invited_by", "expires_at", "created_at"}


@pytest.mark.parametrize(
    ("operation", "status", "keys"),
    [
        ("get /api/members/", "200", PAGE),
        ("patch /api/members/{id}/", "200", MEMBER),
        ("post /api/members/{id}/offer-ownership/", "202", {"member", "expires_at"}),
        ("post /api/organization/accept-ownership/", "200", MEMBER),
        ("get /api/invitations/", "200", PAGE),
        ("post /api/invitations/", "201", INVITATION),
        ("post /api/invitations/{id}/resend/", "200", INVITATION),
        (
            "post /api/invitations/accept/",
            "200",
            {"id", "email", "name", "organization", "organizations"},
        ),
    ],
)
def test_the_keys_of_a_response_are_documented(
    openapi: dict[str, Any], operation: str, status: str, keys: set[str]
) -> None:
    assert shape_of(openapi, operation, status) == keys


def test_only_what_needs_an_organization_takes_x_organization(openapi: dict[str, Any]) -> None:
    accept = openapi["paths"]["/api/invitations/accept/"]["post"].get("parameters", [])

    assert accept == []
    assert ("X-Organization", "header") in parameters_of(openapi, "get /api/members/")


def test_an_invitation_by_no_person_is_documented(openapi: dict[str, Any]) -> None:
    schemas = openapi["components"]["schemas"]

    assert schemas["Invitation"]["properties"]["invited_by"]["nullable"] is True
    assert schemas["MemberUser"]["properties"]["email"]["nullable"] is True
