"""Identifies the caller, and activates their organization for the request."""

from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from time import perf_counter

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from structlog.contextvars import bind_contextvars

from shared_apps.core.bodies import FORMS
from shared_apps.core.constraints import as_domain_error
from shared_apps.core.errors import MALFORMED, DomainError, malformed, not_authenticated
from shared_apps.core.pages import error_response
from shared_apps.organizations.models import Organization
from tenantry.context import tenant_context
from tenantry.fleet.state import can_serve

from .credentials import authenticate_caller
from .paths import Need, exists, need_of
from .principal import Principal
from .throttles import count_request, count_slow_request
from .usage import record_use

SAFE_METHODS = ("GET", "HEAD")


class ActiveOrganizationMiddleware:
    """Finds the caller and their organization, and activates it for the request.

    Sets `request.principal` (None for an unknown caller) and `request.user`. If the path needs an
    organization, it also sets `request.organization` and `request.role`. The order of errors before
    the view is 401, 429, 403, 409, 503.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._respond(request)
        # A browser or proxy that keeps a response could show it to the next user.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        need = need_of(request.path_info)
        if need is Need.ORGANIZATION and not exists(request.path_info):
            need = Need.NOTHING  # Django returns 404, or redirects to the path with a slash.
        organization = None
        try:
            if need is not Need.NOTHING:
                principal = identify(request)
                if principal:
                    count_request(principal)
                organization = admit(request, principal) if need is Need.ORGANIZATION else None
        except DomainError as error:
            if error.status == HTTPStatus.UNAUTHORIZED and may_ask_to_sign_in(request):
                return redirect_to_login(request.get_full_path())
            return error_response(request, error)
        begun = perf_counter()
        with tenant_context(organization):
            response = self.get_response(request)
        if organization:
            count_slow_request(organization, perf_counter() - begun)
        if isinstance(response, StreamingHttpResponse):
            _stream_within(organization, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the error page; the API has its own handler."""
        domain_error = as_domain_error(error)
        return error_response(request, domain_error) if domain_error else None


def may_ask_to_sign_in(request: HttpRequest) -> bool:
    """Return whether the request is for a page, to which the sign-in can lead back."""
    return request.method in SAFE_METHODS and not request.path_info.startswith("/api/")


def identify(request: HttpRequest) -> Principal | None:
    """Find the caller, and store them on the request.

    Raises:
        DomainError: 401, for a bad Authorization header.
    """
    try:
        principal = authenticate_caller(request)
    except Error:
        # Nothing was written yet, so the query can be repeated on a new connection.
        if not _dead_connection_dropped():
            raise
        principal = authenticate_caller(request)
    request.principal = principal  # type: ignore[attr-defined]
    if principal:
        record_use(request, principal)
        request.user = principal.user  # type: ignore[assignment]
        bind_contextvars(user=principal.user.pk or principal.name)
        # Logs of denied requests of a member contain the organization, too.
        if principal.organization and principal.role:
            bind_contextvars(schema=principal.organization.schema_name)
    return principal


def _dead_connection_dropped() -> bool:
    """Close the connection if the server has ended it, and return whether it did.

    The next query opens a new connection.
    """
    if connection.connection is None:
        return False
    connection.close_if_unusable_or_obsolete()
    return connection.connection is None


def admit(request: HttpRequest, principal: Principal | None) -> Organization:
    """Return the organization of this request, and set it on the request.

    Raises:
        DomainError: 401 for an unknown caller, 403 for an unusable organization, 409 if the request
            names another one, 503 if REQUIRE_MIGRATED_SCHEMA is on and the schema lacks migrations
            that this code needs.
    """
    if principal is None:
        raise not_authenticated()
    organization = principal.usable_organization()
    if named_organizations(request) - {organization.schema_name}:
        raise DomainError(
            "organization_mismatch",
            f"You are working in {organization.schema_name}, but this request is for another "
            "organization. Switch to that one and try again.",
        )
    if settings.REQUIRE_MIGRATED_SCHEMA and not can_serve(
        organization.schema_name, principal.migrated
    ):
        raise DomainError(
            "organization_migrating",
            "This organization is being updated. Try again in a moment.",
            HTTPStatus.SERVICE_UNAVAILABLE,
        )
    request.organization = organization  # type: ignore[attr-defined]
    request.role = principal.role  # type: ignore[attr-defined]
    return organization


def named_organizations(request: HttpRequest) -> set[str]:
    """Return the schema names in X-Organization and in the form's `_organization`.

    Raises:
        DomainError: 400 or 413, for a malformed form.
    """
    header = request.headers.get("X-Organization")
    named = [] if header is None else [header]
    if request.content_type in FORMS:
        # Django parses forms of POST only, but PUT and PATCH can have one.
        method, request.method = request.method, "POST"
        try:
            named += request.POST.getlist("_organization")
        except MALFORMED as error:
            raise malformed(error) from error
        finally:
            request.method = method
    return set(named)


def _stream_within(organization: Organization | None, response: StreamingHttpResponse) -> None:
    """Activate the organization for a streaming body, which runs after the middleware."""
    content = response.streaming_content
    if response.is_async:

        @tenant_context(organization)
        async def stream_async() -> AsyncIterator[bytes]:
            async for chunk in content:  # type: ignore[union-attr]
                yield chunk

        response.streaming_content = stream_async()
    else:

        @tenant_context(organization)
        def stream() -> Iterator[bytes]:
            yield from content  # type: ignore[misc]

        response.streaming_content = stream()
