"""Links and demo data of tenant apps, so that shared code need not import them.

An app's AppConfig can have an attribute `api_links`: names of URLs by their key in the response of
`/api/`.

An app can have a module `demo` with a function `load(*, organization, owner)`. `load_demo` calls it
with the organization active.
"""

from importlib import import_module

from django.utils.module_loading import module_has_submodule

from shared_apps.users.models import User
from tenantry.tenant_apps import tenant_app_configs

from .models import Organization


def api_links() -> dict[str, str]:
    links: dict[str, str] = {}
    for app in tenant_app_configs():
        links |= getattr(app, "api_links", {})
    return links


def load_demo_of_apps(*, organization: Organization, owner: User) -> None:
    """Create the demo data of each app, in the order of TENANT_APPS."""
    for app in tenant_app_configs():
        if app.module and module_has_submodule(app.module, "demo"):
            import_module(f"{app.name}.demo").load(organization=organization, owner=owner)
