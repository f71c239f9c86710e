"""What the OpenAPI document says about signing in, and about where a request works."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from .authentication import CallerAuthentication
from .paths import Need, need_of

_ORGANIZATION = {
    "in": "header",
    "name": "X-Organization",
    "description": "The organization that the caller means, by schema name; 409 when it is not "
    "the active one.",
    "schema": {"type": "string"},
}


class CallerAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """A token in the header, or the browser's session."""

    target_class = CallerAuthentication
    name = ["token", "session"]  # noqa: RUF012 (as the base class has it)

    def get_security_requirement(self, auto_schema: object) -> list[dict[str, list[str]]]:
        return [{"token": []}, {"session": []}]  # Either, not both.

    def get_security_definition(self, auto_schema: object) -> list[dict[str, str]]:
        return [
            {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "`Token <token>`, the token being what /api/auth/token/ answers.",
            },
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


def document_organization(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add X-Organization where it is heeded (drf-spectacular's POSTPROCESSING_HOOKS)."""
    for path, methods in result["paths"].items():
        if need_of(path) is Need.ORGANIZATION:
            for operation in methods.values():
                operation["parameters"] = [*operation.get("parameters", ()), _ORGANIZATION]
    return result
