"""The schema that an object comes from, and `cross_tenant`, which allows its use elsewhere."""

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
    """Use objects of one tenant in another, as a `with` block or as a decorator of a function.

    Statements still go to the active tenant, and what is saved belongs to it from then on. Never
    around a `yield`: the guard would be off for the caller.

    Args:
        reason: why this code means it; for those who search for its uses.

    Raises:
        ValueError: when no reason is given.
    """
    if not reason.strip():
        raise ValueError("cross_tenant() wants a reason.")
    token = _crossing.set(True)
    try:
        yield
    finally:
        _crossing.reset(token)


class TenantAlias(str):
    """The alias of a database, and the tenant's schema a query is sent to.

    Django hands the alias from the query to each object that it loads or saves and keeps it in
    `_state.db`, through pickle, copy and deepcopy. An alias that names the schema as well stamps
    every object, those of select_related() and raw() included, with the schema of the query that
    loaded it, whenever its row is read, and costs nothing per row.
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

    The tables of many-to-many fields are where the model is that has the field.
    """
    return hasattr(model._meta.auto_created or model, "lives_in_tenant_schemas")


def origin_of(instance: Model) -> str | None:
    """Return the schema an object was loaded from, saved in or first related in.

    None for objects of shared models and for new objects. An object that was loaded past the
    guard comes from an unknown schema, which is none of any tenant.
    """
    # Not type(): `request.user` is a SimpleLazyObject, which passes on what its object says.
    if not is_tenant_model(instance.__class__):
        return None
    schema: str | None = getattr(instance._state.db, "schema", None)
    return schema or (None if instance._state.adding else UNKNOWN)


def require_tenant(model: type[Model]) -> str:
    """Return the schema in which the model's table is now.

    Raises:
        NoTenantError: when no tenant is active.
    """
    schema = active_schema()
    if schema is None:
        raise NoTenantError(f"{model._meta.label} is in the schemas of the tenants")
    return schema


def check_same(origin: str | None, used: str | None, what: Any) -> None:
    """Raise if `what`, an object or the model of a query, is used outside of its schema.

    Raises:
        CrossTenantError: when both schemas are known and differ.
    """
    if origin and used and origin != used and not _crossing.get():
        raise CrossTenantError(_name(what), origin, used)


def check_belongs_here(instance: Model) -> None:
    """Raise if the object does not come from the active tenant.

    Raises:
        NoTenantError: when no tenant is active.
        CrossTenantError: when the object comes from another one.
    """
    schema = require_tenant(instance.__class__)
    # The usual case first: this runs for every object of a prefetched list.
    if getattr(instance._state.db, "schema", None) != schema:
        check_same(origin_of(instance), schema, instance)


def check_if_tenants(value: Any) -> None:
    """Call `check_belongs_here` if the value is an object of a tenant model."""
    if isinstance(value, Model) and is_tenant_model(value.__class__):
        check_belongs_here(value)


def _name(what: Any) -> str:
    # Not str(): a model's own __str__ may query the database.
    if isinstance(what, Model):
        return f"{what._meta.label} {what.pk}"
    return f"A query of {what._meta.label}"
