"""Memberships of the cast, and what the service answers."""

import re
from collections.abc import Callable
from typing import Any

from django.core import mail

from shared_apps.core.errors import DomainError
from shared_apps.organizations.models import Membership
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User

LINK = re.compile(r"https://tenantry\.example/invitations/([\w-]+)/")


def member(user: User, schema_name: str = "acme") -> Membership:
    memberships = Membership.objects.select_related("user", "organization")
    return memberships.get(user=user, organization__schema_name=schema_name)


def error_of(function: Callable[..., Any], **arguments: Any) -> tuple[str, int]:
    """Return the code and the status of the error; ("done", 200) without one."""
    try:
        function(**arguments)
    except DomainError as error:
        return error.code, int(error.status)
    return "done", 200


def mailed_token() -> str:
    """Send what waits, and return the token of the newest invitation."""
    run_jobs()
    (token,) = LINK.findall(str(mail.outbox[-1].body))
    return str(token)
