"""`TenantModel`, the base class of all models in the tenants' schemas, and `SchemaState`."""

from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.signals import class_prepared, post_save, pre_save
from django.dispatch import receiver

from .context import active_schema
from .fleet.roles import SpareRole  # noqa: F401 (Django looks for models here)
from .fleet.state import SchemaState  # noqa: F401
from .guard.origin import (
    UNKNOWN,
    TenantAlias,
    check_belongs_here,
    check_same,
    is_tenant_model,
    origin_of,
    require_tenant,
)
from .guard.queryset import TenantManager, TenantOptions, TenantQuerySet
from .guard.relations import guard_relations
from .patches import APP, require
from .storage import GUARDED_FILES, TenantFieldFile

require(APP)


class _PrefetchedObjects:
    """Checks each object of a list for which prefetch_related() caches related objects.

    Django calls the router for the first object of the list only.
    """

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        if instance is None:
            return self
        check_belongs_here(instance)
        try:
            return instance.__dict__["_prefetched_objects_cache"]
        except KeyError:
            raise AttributeError("_prefetched_objects_cache") from None

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__["_prefetched_objects_cache"] = value


class TenantModel(models.Model):
    """A model with a table in each tenant's schema.

    An object belongs to the schema in which it was loaded or saved. A new object belongs to the
    schema of the first object that it is related to. To save, delete, refresh or relate it, to use
    it in a query or to load a deferred field raises CrossTenantError in another tenant, and
    NoTenantError without a tenant.

    The guard cannot check: plain ids; the objects of `remove()` and `set()` of a related manager,
    for which Django uses only the ids; objects in queries of shared models; objects that a shared
    object caches under your own names (`to_attr`, a FilteredRelation, a cached_property).
    """

    lives_in_tenant_schemas: ClassVar[bool] = True
    _prefetched_objects_cache = _PrefetchedObjects()

    objects = TenantManager()

    class Meta:
        abstract = True

    def __eq__(self, other: object) -> bool:
        """Compare the tenant as well: other tenants have rows with the same key."""
        same = super().__eq__(other)
        if same is not True or not isinstance(other, models.Model):
            return same
        return len({origin_of(self), origin_of(other)} - {None, UNKNOWN}) <= 1

    __hash__ = models.Model.__hash__

    # Django does not call the router for these if `using` is given.

    def delete(self, using: str | None = None, keep_parents: bool = False) -> Any:
        return super().delete(using=self._checked(using), keep_parents=keep_parents)

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        super().refresh_from_db(self._checked(using), fields, from_queryset)

    # Django calls these for each use of an object that the router does not see.

    def prepare_database_save(self, field: Any) -> Any:
        """Check a value of `update(field=self)`."""
        check_belongs_here(self)
        return super().prepare_database_save(field)

    def _prepare_related_fields_for_save(self, operation_name: str, fields: Any = None) -> None:
        """Check an object of bulk_create() and bulk_update()."""
        check_belongs_here(self)
        super()._prepare_related_fields_for_save(operation_name, fields)  # type: ignore[misc]

    def _get_next_or_previous_by_FIELD(self, *args: Any, **kwargs: Any) -> Any:  # noqa: N802
        """Check get_next_by_<field>() and get_previous_by_<field>()."""
        check_belongs_here(self)
        return super()._get_next_or_previous_by_FIELD(*args, **kwargs)  # type: ignore[misc]

    def _get_next_or_previous_in_order(self, is_next: bool) -> Any:
        """Check get_next_in_order() and get_previous_in_order()."""
        check_belongs_here(self)
        return super()._get_next_or_previous_in_order(is_next)  # type: ignore[misc]

    def validate_unique(self, exclude: Any = None) -> None:
        """Check the tenant. A new object can be validated without one."""
        check_same(origin_of(self), active_schema(), self)
        super().validate_unique(exclude)

    def _checked(self, using: str | None) -> str | None:
        check_belongs_here(self)
        return using and TenantAlias(using, require_tenant(type(self)))


@receiver(class_prepared)
def guard_model(sender: type[models.Model], **_: Any) -> None:
    """Guard a tenant model, or the model that Django creates for its many-to-many field.

    Signals guard the saving, because fixtures call no method of the model.

    Raises:
        ImproperlyConfigured: when a manager's queryset or a field's files have no guard.
    """
    if not is_tenant_model(sender):
        return
    sender._meta.__class__ = TenantOptions
    sender._meta._expire_cache()  # type: ignore[attr-defined]
    for manager in sender._meta.managers:
        if not issubclass(manager._queryset_class, TenantQuerySet):  # type: ignore[attr-defined]
            raise ImproperlyConfigured(
                f"{sender._meta.label}.{manager.name} must use TenantQuerySet or a subclass: "
                f"{type(manager).__name__}.from_queryset(TenantQuerySet)."
            )
    for field in sender._meta.local_fields:
        if isinstance(field, models.FileField):
            guard_files(field)
    guard_relations(sender)
    pre_save.connect(check_before_save, sender=sender)
    post_save.connect(stamp_after_save, sender=sender)


def guard_files(field: models.FileField) -> None:
    """Replace the class of a field's files with one that checks the tenant."""
    if issubclass(field.attr_class, TenantFieldFile):
        return
    if field.attr_class not in GUARDED_FILES:
        raise ImproperlyConfigured(
            f"{field}: {field.attr_class.__name__} must inherit TenantFieldFile."
        )
    field.attr_class = GUARDED_FILES[field.attr_class]


def check_before_save(instance: models.Model, **_: Any) -> None:
    """Raise for an object of another tenant. Signals are sent also if `using` is given."""
    check_belongs_here(instance)


def stamp_after_save(instance: models.Model, using: str, **_: Any) -> None:
    """Set the schema on a saved object. With `using`, Django sets only the alias."""
    instance._state.db = TenantAlias(using, require_tenant(type(instance)))
