"""What a mail tells about the request that it is about."""

from django.http import HttpRequest
from django.utils import timezone

from shared_apps.core.devices import known_device_name
from shared_apps.core.request import client_address

from .values import mail_values

Facts = list[tuple[str, str]]
"""Labels and texts, for `mail/facts.html`."""


def facts_of(request: HttpRequest) -> Facts:
    """Return when, with which browser and from where a request came.

    They contain no text of the caller, who may have the mail sent to a stranger.
    """
    facts = {
        "When": timezone.now(),
        "Device": known_device_name(request.headers.get("User-Agent", "")),
        "Address": client_address(request),
    }
    return [(label, text) for label, text in mail_values(facts).items() if text]
