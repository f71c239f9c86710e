"""Memberships and invitations of the cast, and results of services."""

import re
from collections.abc import Callable
from typing import Any

from django.core import mail

from shared_apps.core.errors import DomainError
from shared_apps.organizations.actors import Actor
from shared_apps.organizations.invitations import invitation_create
from shared_apps.organizations.models import Invitation, Membership, Organization
from shared_apps.organizations.roles import Role
from shared_apps.testing.jobs import run_jobs
from shared_apps.users.models import User

ADA = "ada@example.com"
LINK = re.compile(r"https://tenantry\.example/invitations/([\w-]+)/")


def member(user: User, schema_name: str = "acme") -> Membership:
    memberships = Membership.objects.select_related("user", "organization")
    return memberships.get(user=user, organization__schema_name=schema_name)


def invite(
    organization: Organization, actor: Actor, email: str = ADA, role: Role = Role.MEMBER
) -> Invitation:
    return invitation_create(organization=organization, email=email, role=role, actor=actor)


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
