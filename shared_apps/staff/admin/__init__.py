"""The platform, as staff see it: a module for each part."""

from . import audit, memberships, organizations, support, users

__all__ = ["audit", "memberships", "organizations", "support", "users"]
