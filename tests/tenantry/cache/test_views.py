"""Cached pages, fragments of templates, and sessions."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.views.decorators.cache import cache_page, never_cache
from django.views.decorators.vary import vary_on_headers
from pytest_django import Settings

from shared_apps.users.models import User
from tenantry.context import active_schema, tenant_context
from tests.conftest import SessionOf


def test_a_fragment_of_a_template_is_cached_for_its_tenant(backend: None) -> None:
    template = Template("{% load cache %}{% cache 60 name %}{{ text }}{% endcache %}")

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            template.render(Context({"text": tenant}))

    for tenant in ("acme", "globex"):
        with tenant_context(tenant):
            assert template.render(Context({"text": "rendered again"})) == tenant


def test_a_cached_page_is_cached_for_its_tenant(backend: None) -> None:
    @cache_page(60)
    def view(request: Any) -> HttpResponse:
        return HttpResponse(active_schema())

    for _ in range(2):
        for tenant in ("acme", "globex"):
            with tenant_context(tenant):
                assert view(RequestFactory().get("/")).content.decode() == tenant


def test_a_cached_page_can_be_private_and_differ_for_each_user(backend: None) -> None:
    calls = []

    @never_cache
    @cache_page(60)
    @vary_on_headers("Authorization", "Cookie")
    def view(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        return HttpResponse(request.headers["Cookie"])

    with tenant_context("acme"):
        for cookie in ("bob", "carol", "bob", "carol"):
            response = view(RequestFactory().get("/", headers={"Cookie": cookie}))
            assert response.content.decode() == cookie
            assert {"private", "no-store", "max-age=0"} <= {*response["Cache-Control"].split(", ")}

    assert len(calls) == 2


def test_sessions_in_the_cache_use_the_shared_cache(
    backend: None, settings: Settings, session_of: SessionOf, bob: User
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"

    client: Client = session_of(bob)

    assert client.get("/api/items/").status_code == 200
