"""Actions on items: the lowest role, and the scope of tokens, for each."""

from shared_apps.organizations.roles import READ_SCOPE, Action, Role

_WRITE = "items:write"

READ = Action("items.read", scope=READ_SCOPE)
WRITE = Action("items.write", lowest_role=Role.ADMIN, scope=_WRITE)
