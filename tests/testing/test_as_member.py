"""`as_member` signs a member in to an organization, for the API and for pages."""

import pytest

from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing import AsMember
from shared_apps.testing.members import By

NEW = {"sku": "LAMP", "description": "Lamp", "price": "20.00"}


@pytest.mark.parametrize("by", ["session", "token"])
def test_a_member_works_in_that_organization(
    as_member: AsMember, other_organization: Organization, by: By
) -> None:
    me = as_member(other_organization, Role.ADMIN, by=by).get("/api/me/").json()

    assert (me["organization"]["schema_name"], me["organization"]["role"]) == ("globex", "admin")


def test_the_role_decides_what_a_member_may_do(
    as_member: AsMember, organization: Organization
) -> None:
    assert as_member(organization).post("/api/items/", NEW).status_code == 403
    assert as_member(organization, Role.OWNER).post("/api/items/", NEW).status_code == 201


def test_one_user_works_in_two_organizations(
    as_member: AsMember, organization: Organization, other_organization: Organization
) -> None:
    here = as_member(organization, Role.OWNER)
    there = as_member(other_organization, user=here.user)

    here.post("/api/items/", NEW)

    assert here.get("/api/items/").json()["count"] == 1
    assert there.get("/api/items/").json()["count"] == 0
