"""Checks whether the caller's role allows an action of a view."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from shared_apps.core.errors import DomainError
from shared_apps.organizations.roles import Action, Role, may

from .principal import Principal

if TYPE_CHECKING:
    from rest_framework.views import APIView


def check_action(request: HttpRequest, action: Action) -> None:
    """Check the caller's role and scopes in a view without `RoleAllows`.

    Raises:
        DomainError: 403 `permission_denied` or `insufficient_scope`.
    """
    role: Role | None = getattr(request, "role", None)
    if role is None or not may(role, action):
        raise DomainError("permission_denied", RoleAllows.message, HTTPStatus.FORBIDDEN)
    request.principal.require_scope(action.scope)  # type: ignore[attr-defined]


class RoleAllows(BasePermission):
    """Checks the caller's role and scopes against the view's `required_actions`.

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
        if required is None or not may(role, required):
            return False
        request._request.principal.require_scope(required.scope)  # type: ignore[attr-defined]
        return True


class IsPerson(BasePermission):
    """Requires a signed-in person: an organization's key gets 403 `not_a_person`.

    A token with scopes can only read, with the view's `scope_to_read`; None denies that, too.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        principal: Principal | None = request._request.principal  # type: ignore[attr-defined]
        if principal is None:
            return False
        _ = principal.person
        safe = request.method in SAFE_METHODS
        principal.require_scope(getattr(view, "scope_to_read", None) if safe else None)
        return True
