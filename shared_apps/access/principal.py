"""The caller and their organization, found by one query.

The query is the function `public.tenantry_access_identify` of this app's migration 0003.
"""

from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import cast

from django.db import DEFAULT_DB_ALIAS, connection

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.models import User
from shared_apps.users.service_accounts import ServiceAccount
from shared_apps.users.token_form import token_digest
from tenantry.postgres.connection import TenantConnection
from tenantry.roles import are_used


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with valid credentials, and the organization of the request.

    Attributes:
        user: a person, or the service account of a key.
        organization: the token's organization, else the session's, else the user's own. It may be
            unusable; see `usable_organization`.
        role: the caller's role in it; None without a membership.
        token_id: the token or key of the request; None for a browser session.
        session_id: the row of the browser session; None for a token.
        scopes: what the token may do; None for all that its role may do, and for a session.
        used_on: the day on which the token was last used; None if never, and for a session.
        used_at: when the session was last used; None for a token.
        lacks_factor: whether the organization requires a second factor, and the person has none.
        migrated: the hash of the schema's applied migrations (`tenantry.fleet.state`); None if
            unknown.
    """

    user: User | ServiceAccount
    organization: Organization | None
    role: Role | None
    token_id: int | None
    migrated: str | None
    session_id: int | None = None
    scopes: frozenset[str] | None = None
    used_on: date | None = None
    used_at: datetime | None = None
    lacks_factor: bool = False

    @property
    def name(self) -> str:
        """A name for counters, the same for each request of a person or of a key."""
        if isinstance(self.user, ServiceAccount):
            return f"key:{self.user.key_id}"
        return str(self.user.pk)

    @property
    def person(self) -> User:
        """The user of the request.

        Raises:
            DomainError: 403 `not_a_person`, for a key.
        """
        if isinstance(self.user, ServiceAccount):
            raise _forbidden(
                "not_a_person", "A key belongs to the organization. Sign in as a person for this."
            )
        return self.user

    @property
    def person_or_none(self) -> User | None:
        return None if isinstance(self.user, ServiceAccount) else self.user

    def require_scope(self, scope: str | None) -> None:
        """Check the scopes of a token.

        Args:
            scope: of the action; None for one that only tokens without scopes can do.

        Raises:
            DomainError: 403 `insufficient_scope`.
        """
        if self.scopes is not None and scope not in self.scopes:
            needed = f"It needs the scope {scope}." if scope else "No scope allows it."
            raise _forbidden("insufficient_scope", f"This token may not do that. {needed}")

    def usable_organization(self) -> Organization:
        """Return the organization if the caller can work in it now.

        Raises:
            DomainError: 403 `no_organization`, `not_a_member`, `organization_suspended`,
                `organization_archived` or `second_factor_required`.
        """
        if self.organization is None:
            raise _forbidden(
                "no_organization",
                "You have no organization to work in. Ask an owner to add you to theirs.",
            )
        if self.role is None:
            raise not_a_member()
        if self.organization.status == Organization.Status.SUSPENDED:
            raise _forbidden(
                "organization_suspended", "This organization is suspended. Contact support."
            )
        if self.organization.status == Organization.Status.ARCHIVED:
            raise _forbidden(
                "organization_archived", "This organization is archived. Contact support."
            )
        if self.lacks_factor:
            raise _forbidden(
                "second_factor_required",
                "This organization requires a second factor. Add one at /accounts/2fa/.",
            )
        return self.organization

    def why_unusable(self) -> str:
        """Return why the caller cannot work now, and what to do; "" if they can."""
        try:
            self.usable_organization()
        except DomainError as error:
            return error.detail
        return ""

    def is_usable(self) -> bool:
        return not self.why_unusable()


def not_a_member() -> DomainError:
    """Return the same error for an unknown organization and for one without a membership."""
    return _forbidden(
        "not_a_member",
        "You are not a member of this organization. Check its name, or ask its owner to add you.",
    )


def _forbidden(code: str, detail: str) -> DomainError:
    return DomainError(code, detail, HTTPStatus.FORBIDDEN)


def principal_of_token(plaintext: str) -> Principal | None:
    """Return the caller; None if the token is unknown or expired, or its user is deactivated."""
    return _load(token_digest=token_digest(plaintext))


def principal_of_session(session_id: int, *, user_id: int) -> Principal | None:
    """Return the caller; None if the session was ended, or its user is deactivated."""
    return _load(user_id=user_id, session_id=session_id)


def principal_of_user(user_id: int, *, choice: int | None = None) -> Principal | None:
    """Return the caller for a user who is already authenticated; None if deactivated or unknown.

    Args:
        choice: primary key of an organization; the user's own if None.
    """
    return _load(user_id=user_id, choice=choice)


# What the function returns of a row, in its order. Another field costs a query when it is read.
_USER = (
    "id",
    "password",
    "last_login",
    "is_superuser",
    "email",
    "name",
    "organization_id",
    "is_active",
    "is_staff",
    "created_at",
)
_ORGANIZATION = (
    "id",
    "schema_name",
    "name",
    "status",
    "currency",
    "second_factor_required",
    "created_by_id",
    "created_at",
)
_SQL = "SELECT * FROM public.tenantry_access_identify(%s, %s, %s, %s)"


def _load(
    *,
    token_digest: str | None = None,
    user_id: int | None = None,
    session_id: int | None = None,
    choice: int | None = None,
) -> Principal | None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [token_digest, user_id, session_id, choice])
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, scopes, key_name, key_prefix, used_on, used_at, *rest = row
    role, migrated, tenant_role, lacks_factor, *columns = rest
    user, found = columns[: len(_USER)], columns[len(_USER) :]
    organization = (
        Organization.from_db(DEFAULT_DB_ALIAS, _ORGANIZATION, found) if any(found) else None
    )
    if organization and tenant_role and are_used():
        # So that no other query reads it.
        cast("TenantConnection", connection.connection).remember_role(
            organization.schema_name, tenant_role
        )
    return Principal(
        user=User.from_db(DEFAULT_DB_ALIAS, _USER, user)
        if any(user)
        else ServiceAccount(key_id=token_id, name=key_name, prefix=key_prefix),
        organization=organization,
        role=Role(role) if role else None,
        token_id=token_id,
        migrated=migrated,
        session_id=session_id,
        scopes=None if scopes is None else frozenset(scopes),
        used_on=used_on,
        used_at=used_at,
        lacks_factor=lacks_factor,
    )
