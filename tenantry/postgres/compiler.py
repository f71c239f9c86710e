"""Django's compiler, which also stamps the tenants' objects that no tenant's queryset loads.

Objects by select_related() from a shared model, the target of a generic key, and what a library's
own manager reads get the alias of a queryset that knows no schema, or another object's.
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
    """A SELECT. Its objects belong to the tenant for which it is sent."""

    klass_info: dict[str, Any] | None

    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        result = super().execute_sql(*args, **kwargs)
        schema = active_schema()
        # A tenant's queryset has named the schema in its alias, which costs nothing per row.
        if schema and self.klass_info and getattr(self.using, "schema", None) != schema:
            # A copy: compiled queries share theirs.
            self.klass_info = _stamped(self.klass_info, TenantAlias(self.using, schema))
        return result


def _stamped(klass_info: dict[str, Any], alias: TenantAlias) -> dict[str, Any]:
    """Return what Django makes objects by, where those of tenant models get the alias."""
    model = klass_info["model"]
    related = klass_info.get("related_klass_infos", ())
    return {
        **klass_info,
        "model": _StampedModel(model, alias) if is_tenant_model(model) else model,
        "related_klass_infos": [_stamped(each, alias) for each in related],
    }


class _StampedModel:
    """Stands for a model where Django makes objects of rows."""

    def __init__(self, model: type[Model], alias: TenantAlias) -> None:
        self._meta = model._meta
        self.from_db = lambda _, names, values: model.from_db(alias, names, values)
