from typing import Any

from django.apps import AppConfig
from django.core.signals import request_started
from django.urls import get_resolver

from .context import tenant_context


class TenancyConfig(AppConfig):
    name = "shared_apps.tenancy"
    verbose_name = "Tenancy"

    def ready(self) -> None:
        from . import checks  # noqa: F401, PLC0415 (needs the models, as the next)
        from .fleet import receivers  # noqa: F401, PLC0415

        request_started.connect(import_urls)


def import_urls(**kwargs: Any) -> None:
    """Import the URLs and the views before middleware has found the first request's tenant.

    Django imports them when it resolves the first path: querysets that are class attributes of
    views would belong to that request's tenant and be refused in all others.
    """
    with tenant_context(None):
        _ = get_resolver().url_patterns
    request_started.disconnect(import_urls)
