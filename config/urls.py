"""Every URL of the service. Each app has its own part; your URLs are in config/custom_urls.py."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerSplitView

from shared_apps.api.openapi import SchemaView
from shared_apps.core.pages import unknown_endpoint

# Without metadata OPTIONS returns 405; the page's template cannot render metadata.
documentation = SpectacularSwaggerSplitView.as_view(url_name="api-schema", metadata_class=None)

# Django tries them in this order, so frequent ones are first.
urlpatterns = [
    path("api/items/", include("tenant_apps.items.urls")),
    path("api/orders/", include("tenant_apps.orders.urls")),
    path("orders/", include("tenant_apps.orders.page_urls")),
    path("", include("config.custom_urls")),
    path("items/", include("tenant_apps.items.page_urls")),
    path("api/webhooks/", include("shared_apps.webhooks.urls")),
    path("", include("shared_apps.members.urls")),
    path("api/schema/", SchemaView.as_view(), name="api-schema"),
    path("api/docs/", documentation, name="api-docs"),
    path("admin/", admin.site.urls),
    path("dev/mail/", include("shared_apps.jobs.mail.urls")),
    path("dev/design/", include("shared_apps.pages.urls")),
    path("", include("shared_apps.accounts.urls")),
    path("", include("shared_apps.access.urls")),
    path("api/<path:unknown>", unknown_endpoint),  # Last: it matches all of /api/.
]

handler400 = "shared_apps.core.pages.bad_request"
handler403 = "shared_apps.core.pages.permission_denied"
handler404 = "shared_apps.core.pages.not_found"
handler500 = "shared_apps.core.pages.server_error"
