"""clear_tenant_cache: delete the cached values of one tenant."""

from typing import Any

from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import get_tenant_model

from tenantry.context import tenant_context


class Command(BaseCommand):
    help = "Delete all values of one tenant from the default cache."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema_name", help="the tenant's schema")

    def handle(self, *args: Any, schema_name: str, **options: Any) -> None:
        if not get_tenant_model().objects.filter(schema_name=schema_name).exists():
            raise CommandError(f"There is no tenant {schema_name!r}. Check the schema name.")
        cache = caches[DEFAULT_CACHE_ALIAS]
        if isinstance(cache, LocMemCache):
            raise CommandError(
                "The cache is in the memory of each process: restart the service to clear it, "
                "or use Redis."
            )
        with tenant_context(schema_name):
            cache.clear()
        self.stdout.write(f"The cache of {schema_name} is empty.")
