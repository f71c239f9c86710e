"""Introspection of the active schema without `public`.

django-tenants sets the search_path of the session for each query and resets it. In a test, another
client of a transaction pooler got the session in between. Here the queries are sent with a
search_path like all statements.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django_tenants.postgresql_backend.base import original_backend

from tenantry.context import active_tenant, tenant_context

Original = original_backend.DatabaseWrapper.introspection_class


def _without_public(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with tenant_context(active_tenant(), include_public=False):
            return method(*args, **kwargs)

    return wrapper


class DatabaseIntrospection(Original):  # type: ignore[misc, valid-type]
    get_table_list = _without_public(Original.get_table_list)
    get_table_description = _without_public(Original.get_table_description)
    get_sequences = _without_public(Original.get_sequences)
    get_relations = _without_public(Original.get_relations)
    get_constraints = _without_public(Original.get_constraints)
