"""What the OpenAPI document says about signing in."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from .authentication import CallerAuthentication


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
