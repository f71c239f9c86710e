"""Introspection of the active schema alone, as django-tenants has it, but without its SET.

django-tenants sets the session's search_path for each question and puts it back; another client
of a transaction pooler was seen to get that session. Here the questions carry a path without
`public`, like any statement.
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
    """Sees the tenant's tables where one is active, and those of `public` where none is."""

    get_table_list = _without_public(Original.get_table_list)
    get_table_description = _without_public(Original.get_table_description)
    get_sequences = _without_public(Original.get_sequences)
    get_relations = _without_public(Original.get_relations)
    get_constraints = _without_public(Original.get_constraints)
