"""Migrations of `items` that together leave each kind of thing a tenant's schema may have."""

from tenant_apps.items import migrations as real

__path__ = [*__path__, *real.__path__]
