"""The service of tokens that people make, and what it shares with that of keys.

They run without a tenant, as its roles cannot read tokens.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Membership
from shared_apps.organizations.roles import known_scopes
from shared_apps.users.models import ApiToken, User
from shared_apps.users.sessions import session_lock
from tenantry.context import tenant_context

from .principal import Principal, not_a_member

MAX_TOKENS = 50  # live ones that a person made in an organization
MAX_LIFE_YEARS = 10


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """Return the tokens that work, newest first. One without its membership works nowhere."""
    tokens = ApiToken.objects.live().filter(user=user, membership__isnull=False)
    return tokens.select_related("user", "membership__organization", "organization").order_by("-id")


@tenant_context(None)
def token_make(
    *,
    principal: Principal,
    name: str,
    scopes: Iterable[str] | None = None,
    expiry: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of the caller, for the active organization.

    A token that is made with another token ends with that one.

    Args:
        scopes: None for all that the caller's role may do.
        expiry: None for none, or for that of the caller's token.

    Returns:
        The token and its plaintext, which is not stored.

    Raises:
        ValidationError: for `scopes` or `expiry`.
        DomainError: 400 `too_many_tokens`; 401 if the caller's token or session has ended
            meanwhile; 403 if the caller is a key, has a token with scopes, or cannot use the
            organization.
    """
    user, organization = principal.person, principal.usable_organization()
    principal.require_scope(None)
    checked, expiry = checked_scopes(scopes), checked_expiry(expiry)
    with transaction.atomic():
        # Waits for a membership of the user that is being removed, and for another new token.
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not Membership.objects.filter(user=user, organization=organization).exists():
            raise not_a_member()
        _require_room(
            ApiToken.objects.live().filter(user=user, organization=organization, is_sign_in=False)
        )
        made_by = credential_lock(principal)
        token, plaintext = ApiToken.objects.issue(
            user=user,
            organization=organization,
            name=name,
            scopes=checked,
            expiry=expiry_within(made_by, expiry),
            is_sign_in=False,
            created_by=user,
            made_by=made_by,
        )
        record(
            AuditAction.TOKEN_ISSUED,
            organization=organization,
            subject=user,
            actor=user,
            **facts_of(token),
        )
    return token, plaintext


def checked_scopes(scopes: Iterable[str] | None) -> list[str] | None:
    """Return the scopes, each once; an empty list would make a token that can do nothing.

    Raises:
        ValidationError: for `scopes`.
    """
    if scopes is None:
        return None
    given, known = set(scopes), known_scopes()
    if not given:
        raise ValidationError({"scopes": "Choose a scope, or send null for all that you may do."})
    if unknown := given - known:
        names = ", ".join(sorted(known))
        raise ValidationError(
            {"scopes": f"Unknown: {', '.join(sorted(unknown))}. Choose some of: {names}."}
        )
    return sorted(given)


def checked_expiry(expiry: datetime | None) -> datetime | None:
    """Return an expiry in the future, or None.

    A rotation adds the length of a key's life to the present, so it is limited.

    Raises:
        ValidationError: for `expiry`.
    """
    if expiry is None:
        return None
    now = timezone.now()
    if expiry <= now:
        raise ValidationError({"expiry": "This moment has passed. Choose a later one."})
    if expiry > now + timedelta(days=366 * MAX_LIFE_YEARS):
        raise ValidationError(
            {
                "expiry": f"Choose a moment within {MAX_LIFE_YEARS} years, or send null for one "
                "that does not expire."
            }
        )
    return expiry


def _require_room(tokens: QuerySet[ApiToken]) -> None:
    if tokens.count() >= MAX_TOKENS:
        raise DomainError(
            "too_many_tokens",
            f"You have {MAX_TOKENS} tokens in this organization. Delete one first.",
            HTTPStatus.BAD_REQUEST,
        )


def credential_lock(principal: Principal) -> ApiToken | None:
    """Lock the caller's session or token, and return the token; None for a session.

    Raises:
        DomainError: 401 `invalid_token` or `not_authenticated`, if it has ended meanwhile.
    """
    if principal.token_id is None:
        session_lock(principal.session_id)
        return None
    live = ApiToken.objects.live().select_for_update(no_key=True)
    if found := live.filter(pk=principal.token_id).first():
        return found
    raise DomainError(
        "invalid_token",
        "This token has ended. Sign in again to get a new one.",
        HTTPStatus.UNAUTHORIZED,
    )


def expiry_within(made_by: ApiToken | None, expiry: datetime | None) -> datetime | None:
    """Return the expiry of a new token or key, which cannot outlive the token that made it.

    Raises:
        ValidationError: for `expiry`.
    """
    if made_by is None or made_by.expiry is None:
        return expiry
    if expiry is not None and expiry > made_by.expiry:
        raise ValidationError(
            {
                "expiry": f"The token of this request ends at {made_by.expiry:%Y-%m-%dT%H:%M:%SZ}. "
                "Choose an earlier moment, or use the browser."
            }
        )
    return expiry or made_by.expiry


def facts_of(token: ApiToken) -> dict[str, Any]:
    """Return what the audit log has of a new token or key."""
    facts = {"token": token.pk, "name": token.name, "prefix": token.prefix, "scopes": token.scopes}
    role = {"role": token.role} if token.role else {}
    return {**facts, "expiry": token.expiry, **role}
