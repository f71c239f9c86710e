"""The one shape of every refusal: `{"detail", "code"}`.

Services raise `DomainError`; views, middleware, admin and commands show it in their own way.
"""

from http import HTTPStatus

_SOON = 5  # seconds


class DomainError(Exception):
    """A rule of the business says no.

    Args:
        code: a stable word for programs.
        detail: a sentence for people.
        status: the HTTP status that the API answers with.
        retry_after: in how many seconds it may be tried again, where that is known; soon, if the
            service alone stands in the way (503).
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
        """Return what the API answers with."""
        return {"detail": self.detail, "code": self.code}

    def as_headers(self) -> dict[str, str]:
        """Return what goes into the answer's headers."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
