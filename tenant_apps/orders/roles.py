"""Actions on orders, and the lowest role for each."""

from shared_apps.organizations.roles import Action, Role

PLACE = Action("orders.place")
READ_OWN = Action("orders.read_own")
READ_ALL = Action("orders.read_all", lowest_role=Role.ADMIN)
CANCEL_OWN = Action("orders.cancel_own")
CANCEL_ALL = Action("orders.cancel_all", lowest_role=Role.ADMIN)
FULFIL = Action("orders.fulfil", lowest_role=Role.ADMIN)
