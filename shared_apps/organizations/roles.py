"""The roles of members and the permission check; a tenant app lists its actions in `roles.py`."""

from dataclasses import dataclass

from django.db import models


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


_RANKS = {Role.MEMBER: 0, Role.ADMIN: 1, Role.OWNER: 2}


@dataclass(frozen=True, slots=True)
class Action:
    """An action of members.

    Attributes:
        name: the app and the verb, for example `notes.write`.
        lowest_role: the lowest role with this permission; higher roles have it, too.
    """

    name: str
    lowest_role: Role = Role.MEMBER


def may(role: Role, action: Action) -> bool:
    return _RANKS[role] >= _RANKS[action.lowest_role]
