"""The guard: an object or queryset of one tenant raises CrossTenantError in another.

The same primary key exists in every tenant's schema, so an object saved after a change of tenant
would overwrite another tenant's row. The guard stores on each object the schema it came from.
"""

from .origin import cross_tenant

__all__ = ["cross_tenant"]
