"""Actions on webhooks. They have no scope: a token with scopes cannot send data elsewhere."""

from shared_apps.organizations.roles import Action, Role

MANAGE = Action("webhooks.manage", lowest_role=Role.ADMIN)
