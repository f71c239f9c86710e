"""Checks whether the caller's role allows an action of a view."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared_apps.core.errors import DomainError
from shared_apps.organizations.roles import Action, Role, may

if TYPE_CHECKING:
    from rest_framework.views import APIView


def check_action(request: HttpRequest, action: Action) -> None:
    """Check the caller's role in a page. API views use `RoleAllows` instead.

    Raises:
        DomainError: 403 `permission_denied`.
    """
    role: Role | None = getattr(request, "role", None)
    if role is None or not may(role, action):
        raise DomainError("permission_denied", RoleAllows.message, HTTPStatus.FORBIDDEN)


class RoleAllows(BasePermission):
    """Checks the caller's role against the view's `required_actions`.

    `required_actions` maps DRF's actions of the view to those of the app's `roles.py`. Other
    actions are denied, except OPTIONS, which only describes the view. For a method without an
    action DRF's action is None, and the view returns 405.
    """

    message = "Your role does not allow this. Ask an admin or an owner of the organization."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        role: Role | None = getattr(request, "role", None)
        if role is None:
            return False
        action = getattr(view, "action", "")
        if action in {None, "metadata"}:
            return True
        required = getattr(view, "required_actions", {}).get(action)
        return required is not None and may(role, required)
