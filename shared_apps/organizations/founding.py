"""A person without staff creates an organization: how many, and with which schema name."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from itertools import count

from django.db import transaction
from django.utils import timezone

from shared_apps.core.errors import DomainError
from shared_apps.users.models import User
from shared_apps.users.sign_up import may_sign_up
from tenantry.context import tenant_context
from tenantry.errors import InvalidSchemaName
from tenantry.names import check_schema_name
from tenantry.schemas.catalog import schema_exists

from .models import Organization
from .services import organization_create

MAX_A_DAY = 3  # organizations of a person

_LONGEST = 50  # characters of a suggestion, without its number


def require_founding() -> None:
    """Raise unless every person may create an organization.

    Raises:
        DomainError: 403 `organizations_closed`.
    """
    if not may_sign_up(invited=False):
        raise DomainError(
            "organizations_closed",
            "You cannot create an organization here. Ask the people who run this service.",
            HTTPStatus.FORBIDDEN,
        )


def schema_name_suggest(name: str) -> str:
    """Return a schema name that is free, and resembles an organization's name."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")[:_LONGEST].strip("_")
    try:
        plain = check_schema_name(plain)
    except InvalidSchemaName:
        plain = f"org_{plain}".strip("_")
    return next(each for each in _numbered(plain) if _is_free(each))


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}_{number}" for number in count(2))


def _is_free(schema_name: str) -> bool:
    taken = Organization.objects.filter(schema_name=schema_name).exists()
    return not taken and not schema_exists(schema_name)


@tenant_context(None)
def organization_found(
    *, user: User, name: str, schema_name: str, currency: str = "EUR"
) -> Organization:
    """Create an organization of a person, its owner, in one transaction.

    Raises:
        ValidationError: by field.
        DomainError: 403 `organizations_closed` or `user_deactivated`; 429 `too_many_organizations`
            after MAX_A_DAY in 24 hours; and those of `organization_create`.
    """
    require_founding()
    with transaction.atomic():
        # Concurrent calls of the person are counted one after the other.
        if not User.objects.select_for_update(no_key=True).get(pk=user.pk).is_active:
            raise DomainError(
                "user_deactivated",
                "Your account is deactivated. Contact support.",
                HTTPStatus.FORBIDDEN,
            )
        since = timezone.now() - timedelta(days=1)
        own = Organization.objects.filter(created_by=user, created_at__gt=since)
        recent = list(own.order_by("-created_at").values_list("created_at", flat=True)[:MAX_A_DAY])
        if len(recent) == MAX_A_DAY:
            raise DomainError(
                "too_many_organizations",
                f"You have created {MAX_A_DAY} organizations in a day. Try again tomorrow.",
                HTTPStatus.TOO_MANY_REQUESTS,
                retry_after=int((recent[-1] - since).total_seconds()) + 1,
            )
        organization = organization_create(
            schema_name=schema_name, name=name, owner=user, currency=currency
        )
        organization.created_by = user
        organization.save(update_fields=["created_by"])
    return organization
