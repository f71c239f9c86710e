"""URLs of the first page, sign-in, /api/auth/, /api/me/ and files."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from . import api, media, pages

urlpatterns = [
    path("", pages.home, name="home"),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("accounts/organization/", pages.my_organization, name="my-organization"),
    path("api/", api.RootView.as_view(), name="api-root"),
    path("api/auth/token/", api.TokenView.as_view(), name="api-token"),
    path("api/auth/logout/", api.LogoutView.as_view(), name="api-logout"),
    path("api/me/", api.MeView.as_view(), name="api-me"),
    path("api/me/organization/", api.MyOrganizationView.as_view(), name="api-my-organization"),
    path("api/media/<str:folder>/<path:name>", media.media, name="api-media"),
]
