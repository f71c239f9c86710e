"""Views of tenant models run in a support session; the admin has no other access to tenant data."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.contrib import admin
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from psycopg2 import errors

from shared_apps.audit.actions import AuditAction
from shared_apps.audit.log import record
from shared_apps.organizations.models import Organization
from shared_apps.staff.models import SupportSession
from tenantry.context import is_read_only, tenant_context

T = TypeVar("T")
View = Callable[..., HttpResponse]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class OrganizationMismatch(Exception):
    """A link or a form names another organization than the support session."""

    def __init__(self, schema_name: str) -> None:
        super().__init__(schema_name)
        self.schema_name = schema_name


def within_support_session(view: View) -> View:
    """Run a view in the organization of the caller's support session.

    Without a live support session, the response redirects to the choice of an organization. A POST
    must name the session's organization as `_organization`; otherwise the response is 409.
    PostgreSQL rejects writes in a read-only session and writes of a GET, because a link does not
    name its organization. The audit log records all other writes.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session: SupportSession | None = request.support_session  # type: ignore[attr-defined]
        if session is None:
            return redirect_to_choice(request)
        unsafe = request.method not in SAFE_METHODS
        read_only = session.read_only or not unsafe
        try:
            if unsafe:
                check_organization(session, request.POST.get("_organization", ""))
            with tenant_context(session.organization, read_only=read_only):
                response = _run(request, session, lambda: _rendered(view(request, *args, **kwargs)))
        except OrganizationMismatch as mismatch:
            return _mismatch(request, session, mismatch.schema_name)
        except InternalError as error:
            is_write = isinstance(error.__cause__, errors.ReadOnlySqlTransaction)
            if not (is_write and session.read_only):
                raise
            return _read_only(request, session)
        return response

    return guarded


def check_organization(session: SupportSession, meant: str) -> None:
    """Raise OrganizationMismatch unless `meant` is the session's schema name."""
    if meant != session.organization.schema_name:
        raise OrganizationMismatch(meant)


def redirect_to_choice(request: HttpRequest) -> HttpResponse:
    """Redirect to the choice of an organization, which leads back after a GET."""
    back = request.get_full_path() if request.method in SAFE_METHODS else ""
    query = f"?{urlencode({'next': back})}" if back else ""
    return redirect(reverse("admin:support_choice") + query)


def _run(request: HttpRequest, session: SupportSession, work: Callable[[], T]) -> T:
    """Run `work` in a transaction and record its changes.

    Its `on_commit` callbacks, and their own callbacks, run in the same manner.
    """
    with transaction.atomic():
        waiting = len(connection.run_on_commit)
        before = _writers()
        result = work()
        if getattr(result, "rolls_back", False):
            transaction.set_rollback(True)
        elif _writers() > before:
            _record(request, session)
        callbacks: list[Any] = connection.run_on_commit
        callbacks[waiting:] = [
            (savepoints, _run_later(request, session, callback), robust)
            for savepoints, callback, robust in callbacks[waiting:]
        ]
    return result


def _run_later(
    request: HttpRequest, session: SupportSession, callback: Callable[[], object]
) -> Callable[[], None]:
    @wraps(callback)  # Django logs its name.
    def run() -> None:
        _run(request, session, callback)

    return run


def _writers() -> int:
    """Count the transaction and its savepoints that have written: each has an id and a lock on it.

    `pg_current_xact_id_if_assigned()` returns only the outermost id, which a test's transaction has
    from the start.
    """
    if is_read_only():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks "
            "WHERE pid = pg_backend_pid() AND locktype = 'transactionid' AND mode = 'ExclusiveLock'"
        )
        return int(cursor.fetchone()[0])


def _rendered(response: Any) -> HttpResponse:
    """Render now: Django renders after the transaction, outside the organization."""
    if response.streaming:
        response.streaming_content = list(response)
    elif hasattr(response, "render"):
        response.render()
    rendered: HttpResponse = response
    return rendered


def note_changes(request: HttpRequest, changes: list[dict[str, str]]) -> None:
    """Collect a view's changes for its entry in the audit log."""
    noted = getattr(request, "noted_changes", [])
    request.noted_changes = [*noted, *changes]  # type: ignore[attr-defined]


def _record(request: HttpRequest, session: SupportSession) -> None:
    record(
        AuditAction.SUPPORT_CHANGED,
        organization=session.organization,
        subject=request.path,
        reason=session.reason,
        support_session=session.pk,
        form_action=request.POST.get("action", ""),
        changes=getattr(request, "noted_changes", []),
    )
    request.noted_changes = []  # type: ignore[attr-defined]


def _mismatch(request: HttpRequest, session: SupportSession, meant: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "session": session,
        "meant": Organization.objects.filter(schema_name=meant).first(),
        "title": "This page belongs to another organization",
    }
    return render(request, "staff/mismatch.html", context, status=HTTPStatus.CONFLICT)


def _read_only(request: HttpRequest, session: SupportSession) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "session": session,
        "title": "This support session is read-only",
    }
    return render(request, "staff/read_only.html", context, status=HTTPStatus.FORBIDDEN)
