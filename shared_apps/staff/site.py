"""The admin site of the people who run the platform."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache


class StaffSite(AdminSite):
    """Django's admin, entered through the one sign-in page of the service."""

    site_header = site_title = "Tenantry"
    index_title = "Platform"

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send whoever may not enter to the sign-in page, and from there back."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
