"""Django's compiler. It also sets the schema on tenants' objects that no TenantQuerySet loads.

These are objects by select_related() from a shared model, targets of generic keys, and objects of
a library's own manager. Their queryset's alias contains no schema, or that of another object.
"""

from importlib import import_module
from typing import Any

from django.db.models import Model
from django_tenants.postgresql_backend.base import original_backend

from tenantry.context import active_schema
from tenantry.guard.origin import TenantAlias, is_tenant_model

_original = import_module(original_backend.DatabaseWrapper.ops_class.compiler_module)


def __getattr__(name: str) -> Any:
    return getattr(_original, name)


class SQLCompiler(_original.SQLCompiler):  # type: ignore[misc, name-defined]
    """A SELECT. Its objects belong to the tenant that is active when it is sent."""

    klass_info: dict[str, Any] | None

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        result = super().execute_sql(*args, **kwargs)
        schema = active_schema()
        # The alias of a TenantQuerySet contains the schema already, at no cost per row.
        if schema and self.klass_info and getattr(self.using, "schema", None) != schema:
            # A copy, because compiled queries share the original.
            self.klass_info = _stamped(self.klass_info, TenantAlias(self.using, schema))
        return result


def _stamped(klass_info: dict[str, Any], alias: TenantAlias) -> dict[str, Any]:
    """Return a copy of Django's class info that gives objects of tenant models this alias."""
    model = klass_info["model"]
    related = klass_info.get("related_klass_infos", ())
    return {
        **klass_info,
        "model": _StampedModel(model, alias) if is_tenant_model(model) else model,
        "related_klass_infos": [_stamped(each, alias) for each in related],
    }


class _StampedModel:
    """Replaces a model where Django creates objects from rows."""

    def __init__(self, model: type[Model], alias: TenantAlias) -> None:
        self._meta = model._meta
        self.from_db = lambda _, names, values: model.from_db(alias, names, values)
