"""/organization/: its facts, settings, keys and audit log."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shared_apps.core.errors import DomainError
from shared_apps.organizations.roles import may
from shared_apps.organizations.services import organization_change
from shared_apps.users.models import ApiToken
from tenantry.context import tenant_context

from . import roles
from .actors import membership_of
from .audit_log import entries_of
from .forms import NewKeyForm, RotationForm, SettingsForm
from .keys import key_create, key_delete, key_rotate, keys_of
from .permissions import check_action

PAGE_SIZE = 50
_FEW = 5  # entries of the audit log on the first page


@require_safe
@tenant_context(None)  # Organizations, keys and the audit log are in `public`.
def organization(request: HttpRequest) -> HttpResponse:
    check_action(request, roles.READ)
    return _page(request)


def _page(request: Any, *, status: int = HTTPStatus.OK, **more: Any) -> HttpResponse:
    """Show what the visitor may see, with forms that have errors, or with a new key."""
    shown, role = request.organization, request.role
    context: dict[str, Any] = {"organization": shown}
    if may(role, roles.CHANGE):
        context["settings_form"] = SettingsForm(instance=shown)
    if may(role, roles.MANAGE_KEYS):
        context["keys"] = keys_of(shown)
        context["key_form"] = NewKeyForm(initial={"days": ""})
        context["rotation_form"] = RotationForm(auto_id=False)
        context["entries"] = entries_of(shown)[:_FEW]
    return render(request, "access/organization.html", {**context, **more}, status=status)


@require_POST
@tenant_context(None)
def change(request: Any) -> HttpResponse:
    check_action(request, roles.CHANGE)
    shown = type(request.organization).objects.get(pk=request.organization.pk)
    form = SettingsForm(request.POST, instance=shown)
    if not form.is_valid():
        return _page(request, settings_form=form, status=HTTPStatus.BAD_REQUEST)
    organization_change(
        organization=request.organization, actor=membership_of(request), **form.cleaned_data
    )
    messages.success(request, "The settings were saved.")
    return redirect("organization")


@require_POST
@tenant_context(None)
def make_key(request: Any) -> HttpResponse:
    """Make a key, and show it once."""
    check_action(request, roles.MANAGE_KEYS)
    form = NewKeyForm(request.POST)
    if not form.is_valid():
        return _page(request, key_form=form, status=HTTPStatus.BAD_REQUEST)
    try:
        key, plaintext = key_create(
            organization=request.organization,
            actor=membership_of(request),
            principal=request.principal,
            **form.cleaned_data,
        )
    except (DomainError, ValidationError) as error:
        form.add_error(None, error.detail if isinstance(error, DomainError) else error.messages)
        return _page(request, key_form=form, status=HTTPStatus.BAD_REQUEST)
    return _page(request, new=key, plaintext=plaintext, status=HTTPStatus.CREATED)


@require_POST
@tenant_context(None)
def rotate_key(request: Any, pk: int) -> HttpResponse:
    """Replace a key, and show the new one once."""
    check_action(request, roles.MANAGE_KEYS)
    form = RotationForm(request.POST)
    if not form.is_valid():
        return _page(request, error=form.errors, status=HTTPStatus.BAD_REQUEST)
    try:
        key, plaintext = key_rotate(
            key=_key(request, pk),
            actor=membership_of(request),
            principal=request.principal,
            **form.cleaned_data,
        )
    except DomainError as error:
        return _page(request, error=error.detail, status=error.status)
    return _page(request, new=key, plaintext=plaintext, status=HTTPStatus.CREATED)


@require_POST
@tenant_context(None)
def delete_key(request: Any, pk: int) -> HttpResponse:
    check_action(request, roles.MANAGE_KEYS)
    key = _key(request, pk)
    key_delete(key=key, actor=membership_of(request))
    messages.success(request, f"The key {key.name} was deleted.")
    return redirect("organization")


def _key(request: Any, pk: int) -> ApiToken:
    if found := keys_of(request.organization).filter(pk=pk).first():
        return found
    raise Http404


@require_safe
@tenant_context(None)
def audit_log(request: Any) -> HttpResponse:
    check_action(request, roles.READ_AUDIT_LOG)
    page = Paginator(entries_of(request.organization), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"organization": request.organization, "entries": page}
    return render(request, "access/audit_log.html", context)
