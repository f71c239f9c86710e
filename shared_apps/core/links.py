"""Absolute links, for what people read outside of the service."""

from django.conf import settings


def absolute(path: str) -> str:
    """Return the link to a path of the service.

    Its host is the setting PUBLIC_URL, not that of the request, which a caller can forge.
    """
    return f"{settings.PUBLIC_URL}{path}"
