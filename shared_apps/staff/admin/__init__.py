"""The platform, as staff see it: a module for each part."""

from . import audit, organizations, support, users

__all__ = ["audit", "organizations", "support", "users"]
