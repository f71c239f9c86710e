"""The caller and their organization, found by one query.

The query is the function `public.tenantry_access_caller` of this app's migration 0002.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.managers import token_digest
from shared_apps.users.models import User
from tenantry.postgres.connection import TenantConnection

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with valid credentials, and the organization of the request.

    Attributes:
        organization: the token's organization, else the session's, else the user's own. It may be
            unusable; see `usable_organization`.
        role: the caller's role in it; None without a membership.
        token_id: the token of the request; None for a browser session.
        migrated: the hash of the schema's applied migrations (`tenantry.fleet.state`); None if
            unknown.
    """

    user: User
    organization: Organization | None
    role: Role | None
    token_id: int | None
    migrated: str | None

    def usable_organization(self) -> Organization:
        """Return the organization if the caller can work in it now.

        Raises:
            DomainError: 403 `no_organization`, `not_a_member`, `organization_suspended` or
                `organization_archived`.
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


def principal_of_user(user_id: int, *, choice: int | None = None) -> Principal | None:
    """Return the caller for a user who is already authenticated; None if deactivated or unknown.

    Args:
        choice: primary key of the session's organization; the user's own if None.
    """
    return _load(user_id=user_id, choice=choice)


def _columns(model: type[Model], row: str) -> str:
    return ", ".join(f'({row})."{field.column}"' for field in model._meta.concrete_fields)


_NAMES: dict[type[Model], list[str]] = {
    model: [field.attname for field in model._meta.concrete_fields]
    for model in (User, Organization)
}
_WIDTH_OF_USER = len(_NAMES[User])
_SQL = f"""
    SELECT token, member_role, migrated, tenant_role, {_columns(User, "caller")},
        {_columns(Organization, "organization")}
    FROM public.tenantry_access_caller(%s, %s, %s)
"""  # noqa: S608 (columns of our own models)


def _load(
    *, token_digest: str | None = None, user_id: int | None = None, choice: int | None = None
) -> Principal | None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [token_digest, user_id, choice])
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, role, migrated, tenant_role, *columns = row
    user, found = columns[:_WIDTH_OF_USER], columns[_WIDTH_OF_USER:]
    organization = _instance(Organization, found) if any(found) else None
    if organization and tenant_role:
        # So that no other query reads it.
        cast("TenantConnection", connection.connection).remember_role(
            organization.schema_name, tenant_role
        )
    return Principal(
        user=_instance(User, user),
        organization=organization,
        role=Role(role) if role else None,
        token_id=token_id,
        migrated=migrated,
    )


def _instance(model: type[M], values: list[Any]) -> M:
    return model.from_db(DEFAULT_DB_ALIAS, _NAMES[model], values)
