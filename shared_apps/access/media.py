"""Serves the files of the caller's organization, and of no other."""

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tenantry.storage import tenant_folder


@never_cache  # A browser may change organizations, and members leave.
@require_safe
def media(request: HttpRequest, folder: str, name: str) -> FileResponse:
    """Send a file, to be saved and not shown: what members upload may be a page with a script.

    Any member may have any file of their organization. Where that is too much, the app has a view
    of its own, which opens the object's file.

    Raises:
        Http404: for what is not there, leads out of the folder or is in another one, all alike.
    """
    if folder != tenant_folder():
        raise Http404
    try:
        file = default_storage.open(name)
    except (OSError, SuspiciousFileOperation):
        raise Http404 from None
    return FileResponse(file, as_attachment=True)
