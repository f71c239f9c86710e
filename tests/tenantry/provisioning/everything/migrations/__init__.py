"""Migrations of `items` that create every kind of object that a tenant's schema can have."""

from tenant_apps.items import migrations as real

__path__ = [*__path__, *real.__path__]
