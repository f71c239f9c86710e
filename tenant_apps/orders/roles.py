"""Actions on orders: the lowest role, and the scope of tokens, for each."""

from shared_apps.organizations.roles import READ_SCOPE, Action, Role

_WRITE = "orders:write"

PLACE = Action("orders.place", scope=_WRITE)
READ_OWN = Action("orders.read_own", scope=READ_SCOPE)
READ_ALL = Action("orders.read_all", lowest_role=Role.ADMIN, scope=READ_SCOPE)
CANCEL_OWN = Action("orders.cancel_own", scope=_WRITE)
CANCEL_ALL = Action("orders.cancel_all", lowest_role=Role.ADMIN, scope=_WRITE)
FULFIL = Action("orders.fulfil", lowest_role=Role.ADMIN, scope=_WRITE)
