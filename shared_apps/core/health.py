"""/healthz and /readyz."""

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
    """Responds to probes before all other middleware.

    Probes come from inside the network by plain HTTP, and their IP address is not in ALLOWED_HOSTS.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = PROBES.get(request.path_info, self.get_response)
        return view(request)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the process runs, without any check."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Return 200 if the database has all migrations of the shared apps; otherwise 503."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return _not_ready("The database cannot be reached.")
    if not _shared_migrations() <= applied.keys():
        return _not_ready("Migrations are missing. Run `manage.py migrate`.")
    return JsonResponse({"status": "ok"})


def _not_ready(detail: str) -> HttpResponse:
    body = {"detail": detail, "code": "not_ready"}
    return JsonResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE)


@cache
def _shared_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app in the code; `public` records those of all apps."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


PROBES = {"/healthz": healthz, "/readyz": readyz}
