"""Checks whether the caller's role allows an action of a view."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared_apps.organizations.roles import Role, may

if TYPE_CHECKING:
    from rest_framework.views import APIView


class RoleAllows(BasePermission):
    """Lets a member do what the table in `organizations.roles` grants their role.

    The view says in `required` which entry of the table each of its actions is; an action it
    does not name is refused. OPTIONS only describes the view, and a method that the view does
    not have (DRF's action is None then) is for the view to answer with 405.
    """

    message = "Your role does not allow this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        role: Role | None = getattr(request, "role", None)
        if role is None:
            return False
        action = getattr(view, "action", "")
        if action in {None, "metadata"}:
            return True
        required = getattr(view, "required", {}).get(action)
        return required is not None and may(role, required)
