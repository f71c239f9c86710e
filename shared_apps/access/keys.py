"""Services of keys, which belong to an organization and not to a person.

They run without a tenant, as its roles cannot read keys.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from http import HTTPStatus

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import DateTimeField, F, QuerySet, Value
from django.db.models.functions import Least, Now
from django.utils import timezone

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.core.errors import DomainError
from shared_apps.organizations.actors import organization_lock, require_may_manage
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.organizations.services import invitations_end
from shared_apps.users.models import ApiToken
from shared_apps.users.services import token_revoke
from tenantry.context import tenant_context

from .principal import Principal
from .tokens import checked_expiry, checked_scopes, credential_lock, expiry_within, facts_of

MAX_KEYS = 50  # of an organization, with those in the overlap of a rotation


def keys_of(organization: Organization) -> QuerySet[ApiToken]:
    """Return the keys that work, newest first; those in the overlap of a rotation, too."""
    keys = ApiToken.objects.live().filter(organization=organization, user=None)
    return keys.select_related("organization").order_by("-id")


@tenant_context(None)
def key_create(
    *,
    organization: Organization,
    actor: Membership,
    principal: Principal,
    name: str,
    role: Role = Role.ADMIN,
    scopes: Iterable[str] | None = None,
    expiry: datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a key of an organization, which acts without a person, as a role.

    Args:
        principal: the caller; the key cannot outlive their token.
        role: `admin` or `member`; a key is never an owner.
        scopes: None for all that the role may do.
        expiry: None for none, or for that of the caller's token.

    Returns:
        The key and its plaintext, which is not stored.

    Raises:
        ValidationError: for `role`, `scopes` or `expiry`.
        DomainError: 400 `too_many_keys`; 401 if the caller's token or session has ended meanwhile;
            403 `permission_denied` or `not_a_member`.
    """
    if role == Role.OWNER:
        raise ValidationError({"role": "A key is never an owner. Choose admin or member."})
    checked, expiry = checked_scopes(scopes), checked_expiry(expiry)
    with transaction.atomic():
        organization = organization_lock(organization.pk)
        require_may_manage(actor, role)
        _end_expired(organization)
        _require_room(ApiToken.objects.filter(organization=organization, user=None))
        key, plaintext = ApiToken.objects.make(
            organization=organization,
            name=name,
            role=role,
            scopes=checked,
            expiry=expiry_within(credential_lock(principal), expiry),
            is_sign_in=False,
            created_by=actor.user,
        )
        record(AuditAction.KEY_CREATED, organization=organization, subject=name, **facts_of(key))
    return key, plaintext


def _end_expired(organization: Organization) -> None:
    expired = ApiToken.objects.filter(organization=organization, user=None)
    expired.filter(expiry__lte=timezone.now()).delete()


def _require_room(keys: QuerySet[ApiToken]) -> None:
    if keys.count() >= MAX_KEYS:
        raise DomainError(
            "too_many_keys",
            f"An organization has at most {MAX_KEYS} keys. Delete one first.",
            HTTPStatus.BAD_REQUEST,
        )


@tenant_context(None)
def key_rotate(
    *, key: ApiToken, actor: Membership, principal: Principal, overlap: timedelta
) -> tuple[ApiToken, str]:
    """Replace a key by a new one with the same name, role, scopes and length of life.

    Args:
        principal: the caller; the new key cannot outlive their token.
        overlap: how long the old one works, too. It then counts for MAX_KEYS.

    Returns:
        The new key and its plaintext, which is not stored.

    Raises:
        DomainError: 400 `too_many_keys`; 401 if the caller's token or session has ended meanwhile;
            403 `permission_denied` or `not_a_member`; 404 `not_found`, if the key has ended; 409
            `key_rotated`, if it was rotated before.
    """
    with transaction.atomic():
        organization = organization_lock(key.organization_id)
        old = _key_now(key, actor, ApiToken.objects.live())
        if old.rotated_at:
            raise DomainError(
                "key_rotated", "This key was rotated already. Rotate the key that replaces it."
            )
        _end_expired(organization)
        others = ApiToken.objects.filter(organization=organization, user=None)
        _require_room(others if overlap else others.exclude(pk=old.pk))
        new, plaintext = ApiToken.objects.make(
            organization=organization,
            name=old.name,
            role=old.role,
            scopes=old.scopes,
            expiry=_expiry_of_next(old, credential_lock(principal)),
            is_sign_in=False,
            created_by=actor.user,
        )
        # PostgreSQL's clock, which decides whether a key has expired.
        end = Now() + Value(overlap)
        ApiToken.objects.filter(pk=old.pk).update(
            expiry=Least(F("expiry"), end, output_field=DateTimeField()), rotated_at=Now()
        )
        record(
            AuditAction.KEY_ROTATED,
            organization=organization,
            subject=old.name,
            replaces=old.pk,
            overlap_hours=overlap // timedelta(hours=1),
            **facts_of(new),
        )
    return new, plaintext


def _expiry_of_next(key: ApiToken, made_with: ApiToken | None) -> datetime | None:
    ends = [made_with.expiry] if made_with and made_with.expiry else []
    if key.expiry:
        ends.append(timezone.now() + (key.expiry - key.created_at))
    return min(ends, default=None)


@tenant_context(None)
def key_delete(*, key: ApiToken, actor: Membership | None) -> None:
    """Delete a key, which fails from the next request on, and the invitations that it sent.

    Args:
        actor: who deletes it; None for staff.

    Raises:
        DomainError: 403 `permission_denied` or `not_a_member`; 404 `not_found`.
    """
    with transaction.atomic():
        organization_lock(key.organization_id)
        ending = _key_now(key, actor, ApiToken.objects.all())
        invitations_end(
            invitations=Invitation.objects.filter(key=ending),
            reason=f"The key {ending.name} was deleted.",
        )
        token_revoke(token=ending, actor=actor.user if actor else None)


def _key_now(key: ApiToken, actor: Membership | None, tokens: QuerySet[ApiToken]) -> ApiToken:
    """Read a key again, after `organization_lock`."""
    require_may_manage(actor, Role(key.role))
    keys = tokens.select_related("organization").filter(user=None)
    if found := keys.filter(pk=key.pk).first():
        return found
    raise DomainError("not_found", "This key has ended. Reload the list.", HTTPStatus.NOT_FOUND)
