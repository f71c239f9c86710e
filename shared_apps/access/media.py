"""Serves the files of the caller's organization."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shared_apps.organizations.roles import READ_SCOPE
from tenantry.storage import tenant_folder


@never_cache  # The browser's next user may be a member of another organization.
@require_safe
def media(request: HttpRequest, folder: str, name: str) -> FileResponse:
    """Send a file as an attachment, because an uploaded file may be a page with a script.

    A token with scopes needs the scope `read`.

    Every member can read every file of the organization. An app that allows less needs its own
    view.

    Raises:
        DomainError: 403 `insufficient_scope`.
        Http404: the file does not exist, or is outside of the organization's folder.
    """
    request.principal.require_scope(READ_SCOPE)  # type: ignore[attr-defined]
    if folder != tenant_folder():
        raise Http404
    try:
        file = default_storage.open(name)
    except (OSError, SuspiciousFileOperation):
        raise Http404 from None
    return FileResponse(file, as_attachment=True)
