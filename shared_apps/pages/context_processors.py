"""`shell`: what templates/base.html shows around a page. It sends no query."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest

from .navigation import Link, links


class Shell:
    """The person, their organization, and the navigation of a request's page.

    It reads only the principal that the middleware has found; a page without one, such as the
    sign-in, has no shell.
    """

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self._principal: Any = getattr(request, "principal", None)

    @property
    def person(self) -> Any:
        return self._principal.person_or_none if self._principal else None

    @property
    def organization(self) -> Any:
        """The active organization; None if the person cannot work in one now."""
        usable = self._principal and self._principal.is_usable()
        return self._principal.organization if usable else None

    @property
    def lacks_factor(self) -> bool:
        return bool(self._principal and self._principal.role and self._principal.lacks_factor)

    @property
    def links(self) -> Iterator[Link]:
        return links(self._path, has_organization=self.organization is not None)


def shell(request: HttpRequest) -> dict[str, Shell]:
    return {"shell": Shell(request)}
