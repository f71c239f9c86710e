"""Whether the service lives, and whether it can answer."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


class HealthMiddleware:
    """Answers probes before anything else looks at the request.

    They come from inside: by plain HTTP, and with an address for a host name that no
    ALLOWED_HOSTS can foresee.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = PROBES.get(request.path_info, self.get_response)
        return answer(request)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """The database answers and holds every migration of this code's shared apps."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return _not_ready("The database cannot be reached.")
    if not _shared_migrations() <= applied.keys():
        return _not_ready("Migrations are missing.")
    return JsonResponse({"status": "ok"})


def _not_ready(detail: str) -> HttpResponse:
    body = {"detail": detail, "code": "not_ready"}
    return JsonResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE)


@cache
def _shared_migrations() -> frozenset[tuple[str, str]]:
    """The migrations that the code on disk ends with; `public` records all apps' alike."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


PROBES = {"/healthz": healthz, "/readyz": readyz}
