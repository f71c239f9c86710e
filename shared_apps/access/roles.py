"""Actions on the organization itself.

Only reading has a scope: a token with scopes cannot change settings, or make and delete keys.
"""

from shared_apps.organizations.roles import READ_SCOPE, Action, Role

READ = Action("organization.read", scope=READ_SCOPE)
CHANGE = Action("organization.change", lowest_role=Role.OWNER)
READ_AUDIT_LOG = Action("organization.read_audit_log", lowest_role=Role.ADMIN, scope=READ_SCOPE)
MANAGE_KEYS = Action("organization.manage_keys", lowest_role=Role.ADMIN)
