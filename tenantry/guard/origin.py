"""The schema that an object comes from, and `cross_tenant`, which allows its use in another."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Self

from django.db.models import Model

from tenantry.context import active_schema
from tenantry.errors import CrossTenantError, NoTenantError

UNKNOWN = "an unknown schema"

_crossing: ContextVar[bool] = ContextVar("tenancy_crossing", default=False)


@contextmanager
def cross_tenant(*, reason: str) -> Iterator[None]:
    """Allow objects of one tenant in another, as a `with` block or as a decorator of a function.

    Statements still go to the active tenant, and a saved object belongs to it afterwards. Do not
    use it around a `yield`: the guard would be off for the caller.

    Args:
        reason: why the code needs this, for readers who search for all uses.

    Raises:
        ValueError: when the reason is empty.
    """
    if not reason.strip():
        raise ValueError("cross_tenant() needs a reason.")
    token = _crossing.set(True)
    try:
        yield
    finally:
        _crossing.reset(token)


class TenantAlias(str):
    """The alias of a database, with the schema that a query is sent to.

    Django passes the alias of a query to each object that it loads or saves, and stores it in
    `_state.db`, also through pickle, copy and deepcopy. So each object, also by select_related()
    and raw(), gets the schema of its query, at no cost per row.
    """

    __slots__ = ("schema",)
    schema: str

    def __new__(cls, alias: str, schema: str) -> Self:
        self = super().__new__(cls, alias)
        self.schema = schema
        return self

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.schema


def is_tenant_model(model: type[Model]) -> bool:
    """Return whether the model's table is in each tenant's schema.

    The table of a many-to-many field is in the same schema as the table of its model.
    """
    return hasattr(model._meta.auto_created or model, "lives_in_tenant_schemas")


def origin_of(instance: Model) -> str | None:
    """Return the schema in which an object was loaded, saved or first related.

    None for objects of shared models and for new objects. UNKNOWN, which equals no tenant's
    schema, for an object that was loaded without the guard.
    """
    # Not type(): `request.user` is a SimpleLazyObject, and only __class__ is that of its object.
    if not is_tenant_model(instance.__class__):
        return None
    schema: str | None = getattr(instance._state.db, "schema", None)
    return schema or (None if instance._state.adding else UNKNOWN)


def require_tenant(model: type[Model]) -> str:
    """Return the active tenant's schema, in which the model's table is."""
    schema = active_schema()
    if schema is None:
        raise NoTenantError(f"{model._meta.label} is in the schemas of the tenants")
    return schema


def check_same(origin: str | None, used: str | None, subject: Any) -> None:
    """Check that both schemas are the same, or one is None, for an object or a query's model."""
    if origin and used and origin != used and not _crossing.get():
        raise CrossTenantError(_name(subject), origin, used)


def check_belongs_here(instance: Model) -> None:
    schema = require_tenant(instance.__class__)
    # The common case first: this runs for every object of a prefetched list.
    if getattr(instance._state.db, "schema", None) != schema:
        check_same(origin_of(instance), schema, instance)


def check_if_tenant_object(value: Any) -> None:
    if isinstance(value, Model) and is_tenant_model(value.__class__):
        check_belongs_here(value)


def _name(subject: Any) -> str:
    # Not str(): a model's own __str__ may query the database.
    if isinstance(subject, Model):
        return f"{subject._meta.label} {subject.pk}"
    return f"A query of {subject._meta.label}"
