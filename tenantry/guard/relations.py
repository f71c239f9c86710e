"""Relations for which Django calls no router: generic keys, orders, and objects of shared objects.

A shared object can cache a tenant's objects and stay in use when another tenant is active. So each
read of these objects is checked.
"""

from functools import partialmethod
from typing import Any

from django.db.models import DO_NOTHING, ForeignKey, Model, OneToOneRel
from django.db.models.fields.mixins import NOT_PROVIDED
from django.db.models.fields.related import lazy_related_operation

from tenantry.context import active_schema

from .origin import (
    check_belongs_here,
    check_if_tenant_object,
    check_same,
    is_tenant_model,
    origin_of,
)


def guard_relations(model: type[Model]) -> None:
    """Guard the attributes that a tenant model adds to other models, once these are loaded."""
    order: Any = model._meta.order_with_respect_to
    for field in model._meta.local_fields:
        if isinstance(field, ForeignKey):
            lazy_related_operation(_guard_key, model, field.remote_field.model, field=field)
    if order is not None:
        lazy_related_operation(_guard_order, model, order.remote_field.model)
    guard_generic_keys(model)


def guard_generic_keys(model: type[Model]) -> None:
    """Guard each GenericForeignKey of a tenant model or shared model."""
    for field in model._meta.private_fields:
        if hasattr(field, "ct_field"):
            setattr(model, field.name, GenericKey(field))


def _guard_key(model: type[Model], target: type[Model], field: Any) -> None:
    if is_tenant_model(target):
        return
    if type(field.remote_field) is OneToOneRel:
        field.remote_field.__class__ = OneToOneOfShared
    if model._meta.auto_created:
        # Not CASCADE, which would delete rows of the active tenant only.
        field.remote_field.on_delete = DO_NOTHING


def _guard_order(model: type[Model], owner: type[Model]) -> None:
    """Check the owner in get_<model>_order() and set_<model>_order(), which use only its key."""
    if not is_tenant_model(owner):
        return
    for verb in ("get", "set"):
        name = f"{verb}_{model.__name__.lower()}_order"
        setattr(owner, name, partialmethod(_checked, vars(owner)[name]))


def _checked(instance: Model, method: Any, *args: Any, **kwargs: Any) -> Any:
    check_belongs_here(instance)
    return method.__get__(instance)(*args, **kwargs)


class GenericKey:
    """The attribute of a GenericForeignKey. On the class it returns the field, like Django."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        if instance is None:
            return self.field
        cached = self.field.get_cached_value(instance, default=None)
        if is_tenant_model(owner):
            if cached is None:
                check_same(origin_of(instance), active_schema(), instance)
            return self.field.__get__(instance, owner)
        if cached is None and self.field.is_cached(instance):
            # The object is missing in the tenant of this cache, but can exist in the next.
            self.field.delete_cached_value(instance)
        target = self.field.__get__(instance, owner)
        check_if_tenant_object(target)
        return target

    def __set__(self, instance: Model, target: Any) -> None:
        check_if_tenant_object(target)
        self.field.__set__(instance, target)


class OneToOneOfShared(OneToOneRel):
    """The reverse side of a tenant model's OneToOneField, which a shared object caches."""

    def get_cached_value(self, instance: Model, default: Any = NOT_PROVIDED) -> Any:
        cache = instance._state.fields_cache
        if cache.get(self.cache_name, self) is None and cache.get(self._absent) != active_schema():
            # The object is missing in the tenant of this cache, but can exist in the next.
            del cache[self.cache_name]
        value = super().get_cached_value(instance, default)
        check_if_tenant_object(value)
        return value

    def set_cached_value(self, instance: Model, value: Model | None) -> None:
        super().set_cached_value(instance, value)
        if value is None:
            instance._state.fields_cache[self._absent] = active_schema()

    @property
    def _absent(self) -> str:
        return f"{self.cache_name} is absent in"
