"""Actions on items, and the least role for each."""

from shared_apps.organizations.roles import Action, Role

READ = Action("items.read")
WRITE = Action("items.write", least=Role.ADMIN)
