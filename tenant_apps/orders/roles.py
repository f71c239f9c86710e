"""What members may do with orders: with their own, and with those of all members."""

from shared_apps.organizations.roles import Action, Role

PLACE = Action("orders.place")
READ_OWN = Action("orders.read_own")
READ_ALL = Action("orders.read_all", least=Role.ADMIN)
CANCEL_OWN = Action("orders.cancel_own")
CANCEL_ALL = Action("orders.cancel_all", least=Role.ADMIN)
FULFIL = Action("orders.fulfil", least=Role.ADMIN)
