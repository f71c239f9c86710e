"""Who may do what inside an organization: one table, which views and tests both read."""

from django.db import models


class Role(models.TextChoices):
    """What a member is to an organization."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Action(models.TextChoices):
    """What somebody may want to do. A new tenant app adds its own here and to the table."""

    ITEMS_READ = "items.read"
    ITEMS_WRITE = "items.write"
    ORDERS_PLACE = "orders.place"
    ORDERS_READ_OWN = "orders.read_own"
    ORDERS_READ_ALL = "orders.read_all"
    ORDERS_CANCEL_OWN = "orders.cancel_own"
    ORDERS_CANCEL_ALL = "orders.cancel_all"
    ORDERS_FULFIL = "orders.fulfil"


_MEMBER = frozenset(
    {
        Action.ITEMS_READ,
        Action.ORDERS_PLACE,
        Action.ORDERS_READ_OWN,
        Action.ORDERS_CANCEL_OWN,
    }
)
_ADMIN = _MEMBER | {
    Action.ITEMS_WRITE,
    Action.ORDERS_READ_ALL,
    Action.ORDERS_CANCEL_ALL,
    Action.ORDERS_FULFIL,
}

ALLOWED: dict[Role, frozenset[Action]] = {
    Role.MEMBER: _MEMBER,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN,
}


def may(role: Role, action: Action) -> bool:
    """Return whether a member of that role may do that."""
    return action in ALLOWED[role]
