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


def check_role(request: HttpRequest, action: Action) -> None:
    """Check that the caller of a page may do that. The API has `RoleAllows`.

    Raises:
        DomainError: 403 `permission_denied`.
    """
    role: Role | None = getattr(request, "role", None)
    if role is None or not may(role, action):
        raise DomainError("permission_denied", RoleAllows.message, HTTPStatus.FORBIDDEN)


class RoleAllows(BasePermission):
    """Lets a member do what their role allows.

    The view's `required` maps each of its actions to one of its app's `roles.py`; an action that
    is not in it is denied. OPTIONS only describes the view, and a method that the view does
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
