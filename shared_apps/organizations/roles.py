"""The roles of members and the permission check; an app lists its actions in `roles.py`."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.apps import apps
from django.db import models
from django.utils.module_loading import module_has_submodule

READ_SCOPE = "read"
"""The scope of all actions that only read."""


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
        scope: the scope of a token that allows it, `read` or for example `notes:write`. Without
            one, only tokens without scopes can do it.
    """

    name: str
    lowest_role: Role = Role.MEMBER
    scope: str | None = None


def may(role: Role, action: Action) -> bool:
    return _RANKS[role] >= _RANKS[action.lowest_role]


@cache
def known_scopes() -> frozenset[str]:
    """Return the scopes of all actions in the `roles.py` of the installed apps."""
    modules = (
        import_module(f"{app.name}.roles")
        for app in apps.get_app_configs()
        if app.module and module_has_submodule(app.module, "roles")
    )
    values = (value for module in modules for value in vars(module).values())
    scopes = (value.scope for value in values if isinstance(value, Action))
    return frozenset({READ_SCOPE, *filter(None, scopes)})
