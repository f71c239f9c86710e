"""What the tenant apps announce, so that no other app has to name them.

An app's AppConfig may have these attributes:

- `api_links`: names of URLs that `/api/` links to, by the key in its answer.
- `home_links`: names of URLs that the first page links to, by the text of the link.

A module `demo` of the app has a function `load(*, organization, owner)`, which `load_demo` calls
with the organization active.
"""

from importlib import import_module

from django.utils.module_loading import module_has_submodule

from shared_apps.users.models import User
from tenantry.tenant_apps import tenant_app_configs

from .models import Organization


def api_links() -> dict[str, str]:
    """Return the names of URLs by their keys, in the order of the apps."""
    return _announced("api_links")


def home_links() -> dict[str, str]:
    """Return the names of URLs by the texts of their links, in the order of the apps."""
    return _announced("home_links")


def load_demo_of_apps(*, organization: Organization, owner: User) -> None:
    """Let each app create its rows of the demo, in the order of the apps."""
    for app in tenant_app_configs():
        if app.module and module_has_submodule(app.module, "demo"):
            import_module(f"{app.name}.demo").load(organization=organization, owner=owner)


def _announced(attribute: str) -> dict[str, str]:
    links: dict[str, str] = {}
    for app in tenant_app_configs():
        links |= getattr(app, attribute, {})
    return links
