"""What is made while a module is imported belongs to no tenant.

A view that imports a module inside a request would leave the request's tenant in the querysets of
the module's forms, serializers and views, which serve all tenants from then on.
"""

from importlib.machinery import ExtensionFileLoader, SourceFileLoader, SourcelessFileLoader
from zipimport import zipimporter

from .context import tenant_context

_LOADERS = (SourceFileLoader, SourcelessFileLoader, ExtensionFileLoader, zipimporter)


def import_without_tenant() -> None:
    """Run the body of each module without a tenant, in the thread or task that imports it.

    The loaders are patched, since finders see neither importlib.reload() of what another finder
    found nor modules that are loaded by hand. What is imported already passes no loader.
    """
    for loader in _LOADERS:
        loader.exec_module = tenant_context(None)(loader.exec_module)  # type: ignore[method-assign]
