"""The first page, and the switch to another organization."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from shared_apps.users.models import User
from shared_apps.users.sign_up import may_sign_up

from . import services
from .middleware import identify


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {
        "principal": identify(request),
        "show_demo": settings.DEBUG,
        "may_sign_up": may_sign_up(invited=False),
    }
    return render(request, "access/home.html", context)


@require_POST
@login_required
def my_organization(request: HttpRequest) -> HttpResponse:
    """Choose the session's organization and return to the previous page."""
    assert isinstance(request.user, User)
    chosen = request.POST.get("organization", "")
    services.organization_choose(request=request, user=request.user, schema_name=chosen)
    back = request.POST.get("next", "/")
    ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    # Not redirect(), which would look for a URL with that name first.
    return HttpResponseRedirect(back if ours else "/")
