"""Signed-in members of organizations."""

from itertools import count
from typing import Any, Literal, Protocol

import pytest
from rest_framework.test import APIClient

from shared_apps.access.sessions import ROW
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import membership_create
from shared_apps.users.models import ApiToken, SignInSession, User
from shared_apps.users.sessions import session_choose
from tenantry.context import tenant_context

PASSWORD = "correct horse battery staple"  # noqa: S105 (of users in tests)

By = Literal["session", "token"]


class Member(APIClient):
    """A client of a user in an organization.

    Args:
        by: `session`, as a browser, for the API and for pages; or `token`, for the API only.
    """

    def __init__(self, user: User, organization: Organization, *, by: By = "session") -> None:
        super().__init__()
        self.user = user
        self.organization = organization
        if by == "token":
            _, plaintext = ApiToken.objects.issue(user=user, organization=organization)
            self.credentials(HTTP_AUTHORIZATION=f"Token {plaintext}")
        else:
            self.force_login(user)
            row = SignInSession(pk=self.session[ROW], user=user)
            session_choose(session=row, organization_id=organization.pk)

    @tenant_context(None)
    def request(self, **kwargs: Any) -> Any:
        """Send a request, which begins without a tenant, as in a server."""
        return super().request(**kwargs)


class AsMember(Protocol):
    """Makes a user a member and signs them in; creates the user if None."""

    def __call__(
        self,
        organization: Organization,
        role: Role = Role.MEMBER,
        *,
        user: User | None = None,
        by: By = "session",
    ) -> Member: ...


@pytest.fixture
def as_member(db: None) -> AsMember:
    """A signed-in member: `as_member(organization).get("/api/notes/")`."""
    numbers = count(1)

    def as_member(
        organization: Organization,
        role: Role = Role.MEMBER,
        *,
        user: User | None = None,
        by: By = "session",
    ) -> Member:
        user = user or User.objects.create_user(
            f"{role}{next(numbers)}@tests.example", PASSWORD, name=role.label
        )
        membership_create(user=user, organization=organization, role=role)
        return Member(user, organization, by=by)

    return as_member
