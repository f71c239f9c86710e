"""The roles of members, and what a role needs for an action. Each tenant app has its `roles.py`."""

from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    """What a member is to an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


_RANKS = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Action:
    """What a member can do.

    Attributes:
        name: the app and the verb, as in `notes.write`.
        least: the lowest role that may do it; every higher role may, too.
    """

    name: str
    least: Role = Role.MEMBER


def may(role: Role, action: Action) -> bool:
    """Return whether a member with that role may do that."""
    return _RANKS[role] >= _RANKS[action.least]
