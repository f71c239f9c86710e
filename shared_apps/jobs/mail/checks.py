"""System checks: mail can be sent with these settings."""

import re
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection


def check_backend(**_: Any) -> list[checks.CheckMessage]:
    """Check that a provider has all of its settings, and that its packages are installed."""
    try:
        get_connection()
    except (ImproperlyConfigured, ImportError) as error:
        hint = "docs/mail.md has the URL of each kind of server."
        return [
            checks.Error(f"EMAIL_URL: {_in_words_of_the_url(error)}", hint=hint, id="mail.E001")
        ]
    return []


def _in_words_of_the_url(error: Exception) -> str:
    """Name a missing setting as in EMAIL_URL, not as django-anymail does."""
    provider = settings.EMAIL_BACKEND.split(".")[-2]
    missing = re.search(rf"ANYMAIL_{provider.upper()}_(\w+)", str(error))
    if not missing:
        return " ".join(str(error).split())
    return f"anymail+{provider.replace('_', '-')} needs {missing[1].lower()}."


def check_url(**_: Any) -> list[checks.CheckMessage]:
    """Warn of a deployment without mail."""
    if settings.EMAIL_BACKEND.endswith(".NoBackend"):
        hint = "Set it, for example to smtp+tls://user:password@smtp.example.com (docs/mail.md)."
        return [
            checks.Warning("EMAIL_URL is not set: every mail fails.", hint=hint, id="mail.W001")
        ]
    return []
