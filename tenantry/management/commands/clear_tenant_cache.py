"""clear_tenant_cache: an organization's cached values, and no others, are gone."""

from typing import Any

from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import get_tenant_model

from tenantry.context import tenant_context


class Command(BaseCommand):
    """What code says as `with tenant_context(organization): cache.clear()`."""

    help = "Remove all that the default cache keeps of an organization, and of no other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema_name", help="the organization's schema, as in list_tenants")

    def handle(self, *args: Any, schema_name: str, **options: Any) -> None:
        if not get_tenant_model().objects.filter(schema_name=schema_name).exists():
            raise CommandError(f"There is no organization {schema_name}.")
        cache = caches[DEFAULT_CACHE_ALIAS]
        if isinstance(cache, LocMemCache):
            raise CommandError(
                "Without REDIS_URL the cache is in the memory of each process, which only its "
                "restart empties from outside."
            )
        with tenant_context(schema_name):
            cache.clear()
        self.stdout.write(f"The cache of {schema_name} is empty.")
