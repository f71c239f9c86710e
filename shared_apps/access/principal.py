"""Who is calling, and where: answered by one query, decided here and nowhere else.

The query is the function `public.access_principal`, which a migration of this app makes.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Organization
from shared_apps.organizations.roles import Role
from shared_apps.users.managers import token_digest
from shared_apps.users.models import User

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with valid credentials, and the organization they ask to work in.

    Attributes:
        organization: the first one set of the token's own, the session's choice and the
            user's; it may be unusable, see `usable_organization`.
        role: the caller's role in it; None without a membership.
        token_id: the token of the request; None for a browser session.
        migrated: which migrations the organization's schema has, as `tenantry.fleet.state` hashes
            them; None when that is unknown.
    """

    user: User
    organization: Organization | None
    role: Role | None
    token_id: int | None
    migrated: str | None

    def usable_organization(self) -> Organization:
        """Return the organization that this caller may work in now.

        Raises:
            DomainError: with the code that says why there is none.
        """
        if self.organization is None:
            raise _forbidden("no_organization", "You have no organization to work in.")
        if self.role is None:
            raise not_a_member()
        if self.organization.status == Organization.Status.SUSPENDED:
            raise _forbidden("organization_suspended", "This organization is suspended.")
        if self.organization.status == Organization.Status.ARCHIVED:
            raise _forbidden("organization_archived", "This organization is archived.")
        return self.organization

    def is_usable(self) -> bool:
        """Return whether this caller may work in their organization now."""
        try:
            self.usable_organization()
        except DomainError:
            return False
        return True


def not_a_member() -> DomainError:
    """Return the error for an organization that does not exist, or that is not the caller's."""
    return _forbidden("not_a_member", "You are not a member of this organization.")


def _forbidden(code: str, detail: str) -> DomainError:
    return DomainError(code, detail, HTTPStatus.FORBIDDEN)


def principal_of_token(plaintext: str) -> Principal | None:
    """Return who shows this token; None when it is unknown, expired or its user deactivated."""
    return _load(token_digest=token_digest(plaintext))


def principal_of_user(user_id: int, *, choice: int | None = None) -> Principal | None:
    """Return the principal for a user who proved otherwise who they are.

    Args:
        user_id: primary key of the user.
        choice: primary key of the organization the session chose; the user's own when None.

    Returns:
        None when there is no such user or it is deactivated.
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
    SELECT token, member_role, migrated, {_columns(User, "caller")},
        {_columns(Organization, "place")}
    FROM public.access_principal(%s, %s, %s)
"""  # noqa: S608 (columns of our own models)


def _load(
    *, token_digest: str | None = None, user_id: int | None = None, choice: int | None = None
) -> Principal | None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, [token_digest, user_id, choice])
        row = cursor.fetchone()
    if row is None:
        return None
    token_id, role, migrated, *columns = row
    user, organization = columns[:_WIDTH_OF_USER], columns[_WIDTH_OF_USER:]
    return Principal(
        user=_instance(User, user),
        organization=_instance(Organization, organization) if any(organization) else None,
        role=Role(role) if role else None,
        token_id=token_id,
        migrated=migrated,
    )


def _instance(model: type[M], values: list[Any]) -> M:
    return model.from_db(DEFAULT_DB_ALIAS, _NAMES[model], values)
