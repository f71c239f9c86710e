"""Links in mails. The database has only the digest of a link's token."""

from http import HTTPStatus

from django.urls import reverse

from shared_apps.core.errors import DomainError
from shared_apps.core.links import absolute


def link_to(name: str, *args: object) -> str:
    """Return the absolute URL of a page."""
    return absolute(reverse(name, args=args))


def link_invalid() -> DomainError:
    return DomainError(
        "link_invalid",
        "This link has expired or was used already. Ask for a new one.",
        HTTPStatus.GONE,
    )
