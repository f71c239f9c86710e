"""Relations for which Django calls no router: generic keys, orders, objects kept by shared objects.

A shared object outlives the tenant, and so do the tenant's objects that it has loaded: each read
of them is checked.
"""

from functools import partialmethod
from typing import Any

from django.db.models import DO_NOTHING, ForeignKey, Model, OneToOneRel
from django.db.models.fields.mixins import NOT_PROVIDED
from django.db.models.fields.related import lazy_related_operation

from tenantry.context import active_schema

from .origin import (
    check_belongs_here,
    check_if_tenants,
    check_same,
    is_tenant_model,
    origin_of,
)


def guard_relations(model: type[Model]) -> None:
    """Guard what a tenant model's keys put on other models, as soon as those are loaded."""
    order: Any = model._meta.order_with_respect_to
    for field in model._meta.local_fields:
        if isinstance(field, ForeignKey):
            lazy_related_operation(_guard_key, model, field.remote_field.model, field=field)
    if order is not None:
        lazy_related_operation(_guard_order, model, order.remote_field.model)
    guard_generic_keys(model)


def guard_generic_keys(model: type[Model]) -> None:
    """Guard each GenericForeignKey of a model, be it a tenant's or a shared one."""
    for field in model._meta.private_fields:
        if hasattr(field, "ct_field"):
            setattr(model, field.name, GenericKey(field))


def _guard_key(model: type[Model], target: type[Model], field: Any) -> None:
    if is_tenant_model(target):
        return
    if type(field.remote_field) is OneToOneRel:
        field.remote_field.__class__ = OneToOneOfShared
    if model._meta.auto_created:
        # Django cascades. It would reach the rows of the active tenant alone, and none without one.
        field.remote_field.on_delete = DO_NOTHING


def _guard_order(model: type[Model], owner: type[Model]) -> None:
    """Check the owner in get_<model>_order() and set_<model>_order(), which use its key alone."""
    if not is_tenant_model(owner):
        return
    for verb in ("get", "set"):
        name = f"{verb}_{model.__name__.lower()}_order"
        setattr(owner, name, partialmethod(_checked, vars(owner)[name]))


def _checked(instance: Model, method: Any, *args: Any, **kwargs: Any) -> Any:
    check_belongs_here(instance)
    return method.__get__(instance)(*args, **kwargs)


class GenericKey:
    """The attribute of a GenericForeignKey; on the class it is the field, as Django expects."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        if instance is None:
            return self.field
        kept = self.field.get_cached_value(instance, default=None)
        if is_tenant_model(owner):
            if kept is None:
                check_same(origin_of(instance), active_schema(), instance)
            return self.field.__get__(instance, owner)
        if kept is None and self.field.is_cached(instance):
            # No such object in one tenant; there may be one in the next.
            self.field.delete_cached_value(instance)
        target = self.field.__get__(instance, owner)
        check_if_tenants(target)
        return target

    def __set__(self, instance: Model, target: Any) -> None:
        check_if_tenants(target)
        self.field.__set__(instance, target)


class OneToOneOfShared(OneToOneRel):
    """A tenant model's OneToOneField as seen from the shared object, which keeps what it loads."""

    def get_cached_value(self, instance: Model, default: Any = NOT_PROVIDED) -> Any:
        kept = instance._state.fields_cache
        if kept.get(self.cache_name, self) is None and kept.get(self._absent) != active_schema():
            # No such object in one tenant; there may be one in the next.
            del kept[self.cache_name]
        value = super().get_cached_value(instance, default)
        check_if_tenants(value)
        return value

    def set_cached_value(self, instance: Model, value: Model | None) -> None:
        super().set_cached_value(instance, value)
        if value is None:
            instance._state.fields_cache[self._absent] = active_schema()

    @property
    def _absent(self) -> str:
        return f"{self.cache_name} is absent in"
