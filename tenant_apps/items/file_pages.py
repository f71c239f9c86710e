"""/items/import/ and /items/export/: items from and to CSV files."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework import exceptions

from shared_apps.access.permissions import check_action
from shared_apps.staff.imports import UploadInForm

from . import roles
from .api import ItemViewSet
from .csv_files import MAX_ROWS, csv_lines, decoded
from .forms import UploadForm
from .imports import Plan, Problem, items_import, plan_import

SHOWN = 100  # rows, on a page


@require_safe
def item_export(request: Any) -> HttpResponseBase:
    """Send the items of the filtered list, without its pages."""
    check_action(request, roles.READ)
    view = ItemViewSet.listing(request)
    try:
        lines = csv_lines(view.filter_queryset(view.get_queryset()))
    except exceptions.ValidationError:  # The list shows the error.
        return HttpResponseRedirect(f"{reverse('items')}?{request.GET.urlencode()}")
    name = f"items-{request.organization.schema_name}-{localdate()}.csv"
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def item_import(request: HttpRequest) -> HttpResponse:
    """Ask for a file, and show what it would change."""
    check_action(request, roles.WRITE)
    if request.method != "POST":
        return _upload(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload(request, form)
    data = form.cleaned_data["file"].read()
    try:
        plan = plan_import(decoded(data))
    except ValidationError as error:
        form.add_error("file", error)
        return _upload(request, form)
    if plan.problems:
        return _upload(request, form, problems=plan.problems)
    file = UploadInForm()
    file.save(data)
    return _preview(request, plan, file.name)


@require_POST
def item_import_confirm(request: HttpRequest) -> HttpResponse:
    """Import the file of the preview, if it still changes what the preview shows."""
    check_action(request, roles.WRITE)
    file = UploadInForm(name=request.POST.get("file", ""), encoding="utf-8-sig")
    try:
        text = file.read()
    except (signing.BadSignature, UnicodeDecodeError):  # The admin signs files in other encodings.
        error = _("The file differs from the preview. Choose it again.")
        return _upload(request, UploadForm(), error=error)
    version = request.POST.get("version", "")
    try:
        plan, is_done = items_import(text=text, version=version)
    except IntegrityError:
        plan, is_done = plan_import(text), False
        if plan.version == version:
            raise  # Not the SKU of a concurrent request.
    if plan.problems:
        return _upload(request, UploadForm(), problems=plan.problems)
    if not is_done:
        return _preview(request, plan, file.name, status=HTTPStatus.CONFLICT)
    counts = {"new": len(plan.new), "changed": len(plan.changed)}
    messages.success(request, _("Imported: %(new)d new, %(changed)d changed.") % counts)
    return redirect("items")


def _upload(
    request: HttpRequest, form: UploadForm, *, problems: Sequence[Problem] = (), error: str = ""
) -> HttpResponse:
    """Ask for a file, below the errors of the previous one."""
    context = {
        "form": form,
        "error": error,
        "problems": problems[:SHOWN],
        "total": len(problems),
        "max_rows": f"{MAX_ROWS:,}",
    }
    is_error = form.is_bound or problems or error
    status = HTTPStatus.BAD_REQUEST if is_error else HTTPStatus.OK
    return render(request, "items/import.html", context, status=status)


def _preview(
    request: HttpRequest, plan: Plan, file: str, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """Show what the file changes, with a form that contains it."""
    context = {
        "plan": plan,
        "file": file,
        "new": plan.new[:SHOWN],
        "changed": plan.changed[:SHOWN],
        "writes": len(plan.new) + len(plan.changed),
        "is_conflict": status == HTTPStatus.CONFLICT,
    }
    return render(request, "items/import_preview.html", context, status=status)
