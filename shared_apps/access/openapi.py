"""Documents authentication and X-Organization in the OpenAPI document."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from .authentication import CallerAuthentication
from .paths import Need, need_of

_ORGANIZATION = {
    "in": "header",
    "name": "X-Organization",
    "description": "Schema name of the organization that you mean. If it is not the active one, "
    "the response is 409 and nothing is changed.",
    "schema": {"type": "string"},
}


class CallerAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
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
                "description": "`Token <token>`, with a token from /api/auth/token/.",
            },
            {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        ]


def document_organization(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add X-Organization to paths that check it; for drf-spectacular's POSTPROCESSING_HOOKS."""
    for path, methods in result["paths"].items():
        if need_of(path) is Need.ORGANIZATION:
            for operation in methods.values():
                operation["parameters"] = [*operation.get("parameters", ()), _ORGANIZATION]
    return result
