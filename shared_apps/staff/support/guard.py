"""The only way from the admin to an organization's data."""

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


class MadeForAnotherOrganization(Exception):
    """A link or a form names an organization, and it is not the one that was entered."""

    def __init__(self, schema_name: str) -> None:
        super().__init__(schema_name)
        self.schema_name = schema_name


def within_support_session(view: View) -> View:
    """Run a view inside the organization that the caller has entered.

    Without a live support session the answer is the page to choose an organization. What is
    posted must name the organization that its form was made for: else 409, and nothing is
    written. PostgreSQL refuses each write of a caller who entered to read, and of what is not
    posted, since a link names no organization. Everything else that it writes stands in the audit
    log.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session: SupportSession | None = request.support_session  # type: ignore[attr-defined]
        if session is None:
            return to_choice(request)
        unsafe = request.method not in SAFE_METHODS
        read_only = session.read_only or not unsafe
        try:
            if unsafe:
                check_organization(session, request.POST.get("_organization", ""))
            with tenant_context(session.organization, read_only=read_only):
                response = _run(request, session, lambda: _rendered(view(request, *args, **kwargs)))
        except MadeForAnotherOrganization as refusal:
            return _mismatch(request, session, refusal.schema_name)
        except InternalError as error:
            refused = isinstance(error.__cause__, errors.ReadOnlySqlTransaction)
            if not (refused and session.read_only):
                raise
            return _read_only(request, session)
        return response

    return guarded


def check_organization(session: SupportSession, meant: str) -> None:
    """Refuse what was made for another organization, or does not say for which.

    Raises:
        MadeForAnotherOrganization: then.
    """
    if meant != session.organization.schema_name:
        raise MadeForAnotherOrganization(meant)


def to_choice(request: HttpRequest) -> HttpResponse:
    """Send somebody to the choice of an organization, and from there back."""
    back = request.get_full_path() if request.method in SAFE_METHODS else ""
    query = f"?{urlencode({'next': back})}" if back else ""
    return redirect(reverse("admin:support_choice") + query)


def _run(request: HttpRequest, session: SupportSession, work: Callable[[], T]) -> T:
    """Run something in a transaction of its own, and write down what it changed.

    So is each `on_commit` callback that it leaves, and each of theirs.
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
    """Return how many of the open transaction and its savepoints have written something.

    Each of those has an id, and a lock on it. `pg_current_xact_id_if_assigned()` knows the
    outermost alone, which has one from the start where a test's transaction is around all.
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
    """Make the body now: Django would do it after the transaction, and outside the organization."""
    if response.streaming:
        response.streaming_content = list(response)
    elif hasattr(response, "render"):
        response.render()
    rendered: HttpResponse = response
    return rendered


def note_changes(request: HttpRequest, changes: list[dict[str, str]]) -> None:
    """Remember what a view changed, for the entry in the audit log."""
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
    """Answer to a form, or a link, that was made for another organization."""
    context = {
        **admin.site.each_context(request),
        "session": session,
        "meant": Organization.objects.filter(schema_name=meant).first(),
        "title": "This was made for another organization",
    }
    return render(request, "staff/mismatch.html", context, status=HTTPStatus.CONFLICT)


def _read_only(request: HttpRequest, session: SupportSession) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "session": session,
        "title": "You entered to read only",
    }
    return render(request, "staff/read_only.html", context, status=HTTPStatus.FORBIDDEN)
