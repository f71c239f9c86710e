"""The platform's admin, with a module for each app."""

from . import (
    audit,
    invitations,
    jobs,
    memberships,
    organizations,
    sessions,
    support,
    users,
    webhooks,
)

__all__ = [
    "audit",
    "invitations",
    "jobs",
    "memberships",
    "organizations",
    "sessions",
    "support",
    "users",
    "webhooks",
]
