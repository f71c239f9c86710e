"""The guard: objects and querysets of one tenant are refused in another.

The same primary key exists in every tenant's schema, so an object saved after a change of tenant
would overwrite another tenant's row. Here each object knows the schema it came from.
"""

from .origin import cross_tenant

__all__ = ["cross_tenant"]
