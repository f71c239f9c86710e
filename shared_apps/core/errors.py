"""Every error has one shape: `{"detail", "code"}`.

Services raise `DomainError`. Views, middleware, the admin and commands show it.
"""

from http import HTTPStatus

from django.core.exceptions import (
    BadRequest,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.http.multipartparser import MultiPartParserError

_SOON = 5  # seconds

MALFORMED = (
    BadRequest,
    MultiPartParserError,
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
)
"""What Django raises when a form or a query cannot be read."""


class DomainError(Exception):
    """A business rule does not allow the action.

    Args:
        code: a stable word for programs.
        detail: a sentence for people.
        status: the HTTP status of the response.
        retry_after: seconds for the header Retry-After; 5 by default for status 503.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        status: HTTPStatus = HTTPStatus.CONFLICT,
        *,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        unavailable = status == HTTPStatus.SERVICE_UNAVAILABLE
        self.retry_after = _SOON if retry_after is None and unavailable else retry_after

    def as_body(self) -> dict[str, str]:
        return {"detail": self.detail, "code": self.code}

    def as_headers(self) -> dict[str, str]:
        headers = {}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Token"
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return headers


def not_authenticated() -> DomainError:
    return DomainError(
        "not_authenticated", "You are not signed in. Sign in first.", HTTPStatus.UNAUTHORIZED
    )


def malformed(error: Exception) -> DomainError:
    """Return the error to show for one of MALFORMED.

    Without it, Django's debug page would read the same form again and fail.
    """
    match error:
        case RequestDataTooBig():
            return DomainError(
                "body_too_large",
                "The request body is too large. Send less data in one request.",
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            )
        case TooManyFieldsSent():
            detail = "The form has too many fields. Send fewer in one request."
        case TooManyFilesSent():
            detail = "The form has too many files. Send fewer in one request."
        case BadRequest():
            detail = str(error)
        case _:
            detail = "The form is malformed. Check its format and send it again."
    return DomainError("bad_request", detail, HTTPStatus.BAD_REQUEST)
