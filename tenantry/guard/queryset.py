"""Queries of tenant models: bound to the tenant in which they are built.

Django's router does not see objects inside filters and expressions, lazy querysets that outlive
the tenant they were built for, or kept results. These are checked here.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any, Self, TypeVar

from django.db.models import Manager, Model, QuerySet, sql
from django.db.models.options import Options
from django.db.models.query import RawQuerySet
from django.utils.functional import cached_property
from django_tenants.utils import get_tenant_database_alias

from tenantry.context import active_schema

from .origin import (
    TenantAlias,
    check_belongs_here,
    check_if_tenants,
    check_same,
    origin_of,
    require_tenant,
)

M_co = TypeVar("M_co", bound=Model, covariant=True)


class TenantQuery(sql.Query):
    """The SQL of one tenant's queryset.

    Built where no tenant is active it belongs to none yet, so that views, forms and serializers
    may have querysets as class attributes; its first copy made where one is active belongs there.
    """

    schema: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.schema = active_schema()

    def clone(self) -> Self:
        query: Self = super().clone()  # type: ignore[assignment]
        query.schema = self.schema or active_schema()
        return query

    def chain(self, klass: type[sql.Query] | None = None) -> Any:
        # The values of update() may hold lookups too.
        return super().chain(TenantUpdateQuery if klass is sql.UpdateQuery else klass)

    def check_query_object_type(self, value: Any, opts: Any, field: Any) -> None:
        """Django's check of each object in a lookup, be it in filter(), Q, When or a prefetch."""
        super().check_query_object_type(value, opts, field)
        if isinstance(value, Model):
            self._bind(origin_of(value), value)

    def combine(self, rhs: sql.Query, connector: str) -> None:
        self._bind(getattr(rhs, "schema", None), rhs.model)
        super().combine(rhs, connector)

    def _bind(self, schema: str | None, what: Any) -> None:
        check_same(schema, self.schema, what)
        self.schema = self.schema or schema

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        """Every query is compiled when it is sent, those inside others and in unions as well."""
        check_same(self.schema, active_schema(), self.model)
        return super().get_compiler(*args, **kwargs)


class TenantUpdateQuery(TenantQuery, sql.UpdateQuery):
    """An UPDATE that looks at the objects in its expressions."""


class TenantQuerySet(QuerySet[M_co]):
    """A queryset that raises CrossTenantError in a tenant other than the one it was built in.

    Managers of tenant models must use it: `MyManager.from_queryset(TenantQuerySet)`, or with a
    subclass of it.
    """

    _query: sql.Query
    _db: str | None
    _prefetch_related_lookups: tuple[Any, ...]

    def __init__(self, model: Any = None, query: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(model, query or TenantQuery(model), *args, **kwargs)

    @property
    def db(self) -> str:
        """The alias the query would be sent to now, also where using() has named one."""
        if self._query.is_empty():
            # none() asks the database nothing: pages without a tenant may show it.
            return self._db or get_tenant_database_alias()
        schema = self._check_is_here()
        alias = super().db
        return alias if getattr(alias, "schema", None) == schema else TenantAlias(alias, schema)

    @property
    def _result_cache(self) -> Any:
        """The rows that were read, which no other tenant sees."""
        rows = self.__dict__["_result_cache"]
        if rows is not None and self._schema:
            self._check_is_here()
        return rows

    @_result_cache.setter
    def _result_cache(self, rows: Any) -> None:
        self.__dict__["_result_cache"] = rows

    def _check_is_here(self) -> str:
        schema = require_tenant(self.model)
        check_same(self._schema, schema, self.model)
        return schema

    @property
    def _schema(self) -> str | None:
        # Not `query`: it would build the filters of each prefetched relation. Some give querysets
        # a query of their own class, which is bound to nothing.
        return getattr(self._query, "schema", None)

    def _bound(self) -> Self:
        """Return this queryset, or a copy of one that is a class attribute.

        Such a one is shared by all threads: rows kept in it would be read by other tenants.
        """
        if self._schema or self._result_cache is not None:
            return self
        return self.all()

    def __iter__(self) -> Iterator[M_co]:
        return super(TenantQuerySet, self._bound()).__iter__()

    def __aiter__(self) -> AsyncIterator[M_co]:
        return super(TenantQuerySet, self._bound()).__aiter__()

    def __len__(self) -> int:
        return super(TenantQuerySet, self._bound()).__len__()

    def __bool__(self) -> bool:
        return super(TenantQuerySet, self._bound()).__bool__()

    def __getstate__(self) -> dict[str, Any]:
        return super(TenantQuerySet, self._bound()).__getstate__()

    def contains(self, obj: Model) -> bool:
        check_belongs_here(obj)
        return super().contains(obj)

    def raw(
        self,
        raw_query: Any,
        params: Any = (),
        translations: Any = None,
        using: str | None = None,
    ) -> "TenantRawQuerySet":
        """As Django's, of the tenant in which it is called."""
        using = self.using(using or self._db).db
        rows = TenantRawQuerySet(raw_query, self.model, None, params, translations, using)
        rows._prefetch_related_lookups = self._prefetch_related_lookups[:]
        return rows

    def _add_hints(self, **hints: Any) -> None:
        # prefetch_related() leaves an object in the querysets of its Prefetch; where that is a
        # class attribute, it would be found there by the next tenant.
        if self._schema:
            super()._add_hints(**hints)  # type: ignore[misc]


# Without django-stubs' patch a RawQuerySet takes no [], as TenantOptions' base.
class TenantRawQuerySet(RawQuerySet):  # type: ignore[type-arg]
    """A raw query that raises CrossTenantError in a tenant other than the one it was built in."""

    model: type[Model]
    _db: TenantAlias
    _prefetch_related_lookups: tuple[Any, ...]

    @property
    def db(self) -> str:
        schema = require_tenant(self.model)
        check_same(self._db.schema, schema, self.model)
        return TenantAlias(self._db, schema)

    def _fetch_all(self) -> None:
        # Checks the tenant for kept rows, too.
        _ = self.db
        super()._fetch_all()  # type: ignore[misc]


class TenantManager(Manager[M_co]):
    """The manager of tenant models."""

    _queryset_class = TenantQuerySet

    def get_queryset(self) -> QuerySet[M_co]:
        """As Django's; managers of one object, as libraries have them, often use its key alone."""
        check_if_tenants(getattr(self, "instance", None))
        return super().get_queryset()

    def row_of(self, obj: Model) -> QuerySet[M_co]:
        """Filter by the row of an object; `filter(pk=...)` cannot check the key's tenant.

        Raises:
            CrossTenantError: when the object comes from another tenant than the active one.
        """
        check_belongs_here(obj)
        return self.filter(pk=obj.pk)


class TenantOptions(Options):  # type: ignore[type-arg]
    """The `_meta` of a tenant model, which also guards the managers that Django makes itself."""

    @cached_property
    def managers(self) -> Any:
        managers: Any = super().managers
        if self.auto_created:
            for manager in managers:
                manager._queryset_class = TenantQuerySet
        return managers

    @cached_property
    def base_manager(self) -> Any:
        manager: Any = super().base_manager
        if manager.name == "_base_manager":
            manager._queryset_class = TenantQuerySet
        return manager
