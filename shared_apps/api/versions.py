"""ETag, If-Match and If-None-Match: clients do not overwrite changes that they have not seen.

See https://www.rfc-editor.org/rfc/rfc9110#section-13.
"""

from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from shared_apps.core.errors import DomainError

from .renderers import JSONRenderer

if TYPE_CHECKING:
    from rest_framework.viewsets import ModelViewSet

    Base = ModelViewSet[Any]
else:
    Base = object

ETAG = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=[HTTPStatus.OK, HTTPStatus.CREATED],
    description="The version of the object.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description="The version that you read. If the object has changed since, the response is 412.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    location=OpenApiParameter.HEADER,
    description="The versions that you have. If one of them is current, the response is 304.",
)

_CHANGING = {"update", "partial_update", "destroy"}
_SHOWING = {"retrieve", "create", "update", "partial_update"}


class VersionsMixin(Base):
    """Adds versions to the objects of a ModelViewSet; place it before that base class.

    A version is a hash of the JSON, so every change of the object changes its version. The
    serializer must contain a time of change. Without it, an object that was changed and changed
    back would have its old version. HTML pages have no version.
    """

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self._is_conditional():
            return super().update(request, *args, **kwargs)
        with transaction.atomic():
            return super().update(request, *args, **kwargs)

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if not self._is_conditional():
            return super().destroy(request, *args, **kwargs)
        with transaction.atomic():
            return super().destroy(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Any]:
        objects = super().get_queryset()
        # Other changes of the row wait; a new foreign key to the row does not.
        return objects.select_for_update(no_key=True) if self._is_conditional() else objects

    def get_object(self) -> Any:
        """Return the object of the URL.

        Raises:
            DomainError: 412 `precondition_failed` if the object has changed since If-Match.
        """
        found = super().get_object()
        if self._is_conditional():
            self._check(version_of(self.get_serializer(found).data))
        return found

    def _is_conditional(self) -> bool:
        return self.action in _CHANGING and not self.request.headers.keys().isdisjoint(
            {"If-Match", "If-None-Match"}
        )

    def _check(self, version: str) -> None:
        wanted = self.request.headers.get("If-Match")
        unwanted = self.request.headers.get("If-None-Match")
        if wanted is not None:
            holds = _matches(wanted, version)
        else:
            holds = not _matches_weakly(unwanted or "", version)
        if not holds:
            raise DomainError(
                "precondition_failed",
                "This object has changed since you read it. Get it again, then repeat your change.",
                HTTPStatus.PRECONDITION_FAILED,
            )

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._shows_a_version(response):
            response["ETag"] = version = version_of(response.data)
            seen = request.headers.get("If-None-Match", "")
            if self.action == "retrieve" and _matches_weakly(seen, version):
                response.status_code, response.data = HTTPStatus.NOT_MODIFIED, None
        return response

    def _shows_a_version(self, response: Response) -> bool:
        return (
            self.action in _SHOWING
            and not response.exception
            and response.accepted_renderer.format == JSONRenderer.format
        )


def version_of(shown: Any) -> str:
    """Return the entity tag for the serializer's data of an object."""
    return f'"{sha256(JSONRenderer().render(shown)).hexdigest()[:32]}"'


def _matches(header: str, version: str) -> bool:
    """Compare strongly: a tag that begins with W/ never matches."""
    return not {"*", version}.isdisjoint(parse_etags(header))


def _matches_weakly(header: str, version: str) -> bool:
    return not {"*", version}.isdisjoint(tag.removeprefix("W/") for tag in parse_etags(header))
