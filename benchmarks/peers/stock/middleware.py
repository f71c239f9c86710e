"""Activates the schema of the user's organization."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import TokenAuthentication


class OrganizationMiddleware:
    """Activates the organization of the token's user.

    The view authenticates again, because DRF takes no user from a middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        connection.set_schema_to_public()
        authenticated = TokenAuthentication().authenticate(request)
        if authenticated:
            connection.set_tenant(authenticated[0].organization)
        return self.get_response(request)
