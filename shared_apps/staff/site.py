"""The admin site."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, path, reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from .dashboard import dashboard
from .support import pages
from .support.guard import View, redirect_to_choice, within_support_session
from .support.services import MAY_ENTER
from .tenants import TenantModelAdmin


def stylesheet(request: HttpRequest) -> str:
    """Return the URL of the project's stylesheet; `UNFOLD` in the settings names this function."""
    return static("tenantry/site.css")


def script(request: HttpRequest) -> str:
    return static("tenantry/page.js")


def icon(request: HttpRequest) -> str:
    return static("tenantry/icon.svg")


# The shape of Django's list of an app and its models.
_ENTER_SECTION = {
    "name": "Organizations' data",
    "app_label": "organization",
    "app_url": reverse_lazy("admin:support_choice"),
    "has_module_perms": True,
    "models": [
        {
            "name": "Enter an organization",
            "object_name": "SupportChoice",
            "perms": {},
            "admin_url": reverse_lazy("admin:support_choice"),
            "add_url": None,
            "view_only": True,
        }
    ],
}


class StaffSite(UnfoldAdminSite):
    """Unfold's admin with the service's own sign-in page.

    Apps of the platform are always visible, tenant apps only in a support session.
    """

    site_header = site_title = "Tenantry"
    index_title = "Platform"
    index_template = "staff/dashboard.html"

    def extra_urls(self) -> list[URLPattern]:
        return [
            path("support/", self.admin_view(pages.choose), name="support_choice"),
            path(
                "support/enter/<str:schema_name>/",
                self.admin_view(pages.enter),
                name="support_enter",
            ),
            path("support/leave/", self.admin_view(pages.leave), name="support_leave"),
        ]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # Unfold caches search results by user, so it would show one organization's results in
        # another.
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "search"]
        for url in urls:
            if getattr(url, "name", "") == "view_on_site":
                url.callback = self._in_support_session(url.callback)
        return urls

    def _in_support_session(self, view: View) -> View:
        """Run a view of a content type in the support session if the model is a tenant model."""

        def guarded(request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
            content_type = ContentType.objects.filter(pk=content_type_id).first()
            of_tenant = content_type is not None and content_type.app_label in self._tenant_apps()
            chosen = within_support_session(view) if of_tenant else view
            return chosen(request, content_type_id, object_id)

        return guarded

    @method_decorator(never_cache)
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the sign-in page, which leads back after the sign-in."""
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the page with limits; Django's form tells any number of wrong passwords."""
        return redirect("account_change_password")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        return super().index(request, {**dashboard(request), **(extra_context or {})})  # type: ignore[no-any-return]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if app_label in self._tenant_apps() and request.support_session is None:  # type: ignore[attr-defined]
            return redirect_to_choice(request)
        return super().app_index(request, app_label, extra_context)  # type: ignore[no-any-return]

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        view = super().autocomplete_view
        if request.GET.get("app_label") in self._tenant_apps():
            view = within_support_session(view)
        return view(request)  # type: ignore[no-any-return]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """List the entered organization's apps first, in one section with its name.

        Without a support session, that section has a link to enter an organization.
        """
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        session = getattr(request, "support_session", None)
        if app_label is not None or (session is None and not request.user.has_perm(MAY_ENTER)):
            return apps
        if session is None:
            return [_ENTER_SECTION, *apps]
        tenant_apps = self._tenant_apps()
        section = {
            "name": session.organization.name,
            "app_label": "organization",
            "app_url": reverse("admin:index"),
            "has_module_perms": True,
            "models": [
                model for app in apps if app["app_label"] in tenant_apps for model in app["models"]
            ],
        }
        return [section, *(app for app in apps if app["app_label"] not in tenant_apps)]

    def _tenant_apps(self) -> set[str]:
        return {
            model._meta.app_label
            for model, model_admin in self._registry.items()
            if isinstance(model_admin, TenantModelAdmin)
        }
