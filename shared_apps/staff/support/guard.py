"""The only way from the admin to an organization's data."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from http import HTTPStatus
from typing import Any
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
from shared_apps.tenancy.context import tenant_context

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
    written. The view and its template run in one transaction, a read-only one for whoever
    entered to read, and for what is not posted, since a link names no organization; what the view
    changed is written to the audit log in that same transaction.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session: SupportSession | None = request.support_session  # type: ignore[attr-defined]
        if session is None:
            return to_choice(request)
        unsafe = request.method not in SAFE_METHODS
        try:
            if unsafe:
                check_organization(session, request.POST.get("_organization", ""))
            with _work_in(session, read_only=session.read_only or not unsafe):
                response = _rendered(view(request, *args, **kwargs))
                if unsafe:
                    _record_changes(request, session, response)
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


@contextmanager
def _work_in(session: SupportSession, *, read_only: bool) -> Iterator[None]:
    # https://www.postgresql.org/docs/current/sql-set-transaction.html: read-only holds for the
    # rest of the transaction, or of the subtransaction, and no statement can take it back.
    with tenant_context(session.organization), transaction.atomic():
        if read_only:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _rendered(response: HttpResponse) -> HttpResponse:
    """Render now: Django would do it after the transaction, and outside the organization."""
    render_now = getattr(response, "render", None)
    return render_now() if callable(render_now) else response


def note_changes(request: HttpRequest, changes: list[dict[str, str]]) -> None:
    """Remember what a view changed, for the entry in the audit log."""
    noted = getattr(request, "noted_changes", [])
    request.noted_changes = [*noted, *changes]  # type: ignore[attr-defined]


def _record_changes(request: HttpRequest, session: SupportSession, response: HttpResponse) -> None:
    """Write down what a request changed.

    A view that noted nothing and answers with 302 did something, too: that is how views answer to
    a form that was right. What is refused is answered with 303 (`refusals.refused`).
    """
    changes: list[dict[str, str]] = getattr(request, "noted_changes", [])
    if changes or response.status_code == HTTPStatus.FOUND:
        record(
            AuditAction.SUPPORT_CHANGED,
            organization=session.organization,
            subject=request.path,
            reason=session.reason,
            support_session=session.pk,
            form_action=request.POST.get("action", ""),
            changes=changes,
        )


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
