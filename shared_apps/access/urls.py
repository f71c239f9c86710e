"""URLs of the first page, /api/auth/, /api/me/ and files."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from . import account_api, account_pages, api, media, organization_api, organization_pages, pages

of_me = SimpleRouter()
of_me.register("sessions", account_api.SessionViewSet, basename="session")
of_me.register("tokens", account_api.MyTokenViewSet, basename="my-token")

of_organization = SimpleRouter()
of_organization.register("keys", organization_api.KeyViewSet, basename="key")
of_organization.register("audit", organization_api.AuditLogViewSet, basename="audit-log")

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/organization/", pages.my_organization, name="my-organization"),
    path("api/", api.RootView.as_view(), name="api-root"),
    path("api/auth/token/", api.TokenView.as_view(), name="api-token"),
    path("api/auth/logout/", api.LogoutView.as_view(), name="api-logout"),
    path("api/me/", api.MeView.as_view(), name="api-me"),
    path("api/me/organization/", api.MyOrganizationView.as_view(), name="api-my-organization"),
    path("api/me/password/", account_api.PasswordView.as_view(), name="api-my-password"),
    path("api/me/", include(of_me.urls)),
    path(
        "api/organization/",
        organization_api.OrganizationViewSet.as_view(
            {"get": "retrieve", "patch": "partial_update"}
        ),
        name="api-organization",
    ),
    path("api/organization/", include(of_organization.urls)),
    path("me/", account_pages.me, name="me"),
    path("me/name/", account_pages.rename, name="me-name"),
    path("me/sessions/<int:pk>/end/", account_pages.end_session, name="me-session-end"),
    path("me/tokens/", account_pages.make_token, name="me-tokens"),
    path("me/tokens/<int:pk>/delete/", account_pages.delete_token, name="me-token-delete"),
    path("organization/", organization_pages.organization, name="organization"),
    path("organization/settings/", organization_pages.change, name="organization-settings"),
    path("organization/keys/", organization_pages.make_key, name="organization-keys"),
    path("organization/keys/<int:pk>/rotate/", organization_pages.rotate_key, name="key-rotate"),
    path("organization/keys/<int:pk>/delete/", organization_pages.delete_key, name="key-delete"),
    path("organization/audit/", organization_pages.audit_log, name="organization-audit"),
    path("api/media/<str:folder>/<path:name>", media.media, name="api-media"),
]
