"""Imports run without a tenant.

Otherwise a view that imports a module in a request would bind the querysets of the module's forms,
serializers and views to the request's tenant, and other tenants use them later.
"""

from importlib.machinery import ExtensionFileLoader, SourceFileLoader, SourcelessFileLoader
from zipimport import zipimporter

from .context import tenant_context

_LOADERS = (SourceFileLoader, SourcelessFileLoader, ExtensionFileLoader, zipimporter)


def import_without_tenant() -> None:
    """Patch the import loaders: the body of each module runs without a tenant.

    A finder would miss importlib.reload() and modules that are loaded by hand. Modules that are
    already imported cost nothing.
    """
    for loader in _LOADERS:
        loader.exec_module = tenant_context(None)(loader.exec_module)  # type: ignore[method-assign]
