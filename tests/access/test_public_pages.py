"""A public page has no active tenant, even if its thread had one before."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shared_apps.access.middleware import ActiveOrganizationMiddleware
from tenantry.context import active_schema, tenant_context


def test_a_public_page_has_no_active_tenant() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(active_schema())
        return HttpResponse()

    with tenant_context("acme"):
        ActiveOrganizationMiddleware(view)(RequestFactory().get("/static/admin.css"))
        assert active_schema() == "acme"
    assert seen == [None]
