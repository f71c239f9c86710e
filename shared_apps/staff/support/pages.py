"""The pages where staff choose, enter and leave an organization."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.organizations.models import Organization

from .forms import WRITE, EnterForm
from .services import MAY_ENTER, MAY_WRITE, SESSION_KEY, support_enter, support_leave

MATCHES = 20  # organizations on the page


@require_safe
@permission_required(MAY_ENTER, raise_exception=True)
def choose(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    found = Organization.objects.filter(Q(schema_name__icontains=words) | Q(name__icontains=words))
    context = {
        **admin.site.each_context(request),
        "title": "Enter an organization",
        "q": words,
        "organizations": found[:MATCHES],
        "next": _next_url(request),
        "has_expired": SESSION_KEY in request.session and not request.support_session,  # type: ignore[attr-defined]
    }
    return TemplateResponse(request, "staff/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(MAY_ENTER, raise_exception=True)
def enter(request: HttpRequest, schema_name: str) -> HttpResponse:
    organization = get_object_or_404(Organization, schema_name=schema_name)
    form = EnterForm(request.POST or None, may_write=request.user.has_perm(MAY_WRITE))
    if form.is_valid():
        support_enter(
            request=request,
            organization=organization,
            reason=form.cleaned_data["reason"],
            read_only=form.cleaned_data["mode"] != WRITE,
        )
        return redirect(_next_url(request))
    context = {
        **admin.site.each_context(request),
        "title": f"Enter {organization.name}",
        "form": form,
        "entered": organization,
        "minutes": settings.SUPPORT_SESSION_MINUTES,
        "next": _next_url(request),
    }
    return TemplateResponse(request, "staff/enter.html", context)


def _next_url(request: HttpRequest) -> str:
    """Return `next` if it is a page of the admin; otherwise, the admin's first page."""
    index = reverse("admin:index")
    back = request.POST.get("next") or request.GET.get("next") or index
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith(index)
    return back if ours else index


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    support_leave(request=request)
    return redirect("admin:index")
