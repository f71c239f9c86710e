"""The platform's admin, with a module for each app."""

from . import audit, memberships, organizations, support, users

__all__ = ["audit", "memberships", "organizations", "support", "users"]
