"""Actions on items, and the lowest role for each."""

from shared_apps.organizations.roles import Action, Role

READ = Action("items.read")
WRITE = Action("items.write", lowest_role=Role.ADMIN)
