"""Actions on members and invitations, and the lowest role and the scope for each.

The services check more: the role of the member, and the role that is given. The scope is for plain
members: a token with scopes makes, changes and removes no admin or owner (`actors.actor_of`).
"""

from shared_apps.organizations.roles import READ_SCOPE, Action, Role

WRITE_SCOPE = "members:write"

READ = Action("members.read", scope=READ_SCOPE)
LEAVE = Action("members.leave", scope=WRITE_SCOPE)
READ_INVITATIONS = Action("members.read_invitations", lowest_role=Role.ADMIN, scope=READ_SCOPE)
MANAGE = Action("members.manage", lowest_role=Role.ADMIN, scope=WRITE_SCOPE)
HAND_OVER = Action("members.hand_over", lowest_role=Role.OWNER)
TAKE_OVER = Action("members.take_over")
