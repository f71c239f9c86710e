"""Pages that need nobody: they work for no organization, whatever their thread did before."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from shared_apps.access.middleware import ActiveOrganizationMiddleware
from tenantry.context import active_schema, tenant_context


def test_a_page_open_to_anyone_has_no_tenant_even_where_its_thread_kept_one() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(active_schema())
        return HttpResponse()

    with tenant_context("acme"):
        ActiveOrganizationMiddleware(view)(RequestFactory().get("/static/admin.css"))
        assert active_schema() == "acme"
    assert seen == [None]
