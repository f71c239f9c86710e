"""Queries of tenant models. Each belongs to the tenant in which it was built.

Django's router does not see objects in filters and expressions, cached rows, or a lazy queryset
that is used in another tenant. These are checked here.
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
    check_if_tenant_object,
    check_same,
    origin_of,
    require_tenant,
)

M_co = TypeVar("M_co", bound=Model, covariant=True)


class TenantQuery(sql.Query):
    """The SQL of one tenant's queryset.

    A query that was built without a tenant belongs to none, so that views, forms and serializers
    can have querysets as class attributes. A copy belongs to the tenant in which it was made.
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
        # The values of update() can contain lookups too.
        return super().chain(TenantUpdateQuery if klass is sql.UpdateQuery else klass)

    def check_query_object_type(self, value: Any, opts: Any, field: Any) -> None:
        """Check each object in a lookup. Django calls this for filter(), Q, When and prefetches."""
        super().check_query_object_type(value, opts, field)
        if isinstance(value, Model):
            self._bind(origin_of(value), value)

    def combine(self, rhs: sql.Query, connector: str) -> None:
        self._bind(getattr(rhs, "schema", None), rhs.model)
        super().combine(rhs, connector)

    def _bind(self, schema: str | None, subject: Any) -> None:
        check_same(schema, self.schema, subject)
        self.schema = self.schema or schema

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        """Check the tenant. Every query is compiled when it is sent, also subqueries and unions."""
        check_same(self.schema, active_schema(), self.model)
        return super().get_compiler(*args, **kwargs)


class TenantUpdateQuery(TenantQuery, sql.UpdateQuery):
    """An UPDATE that checks the objects in its expressions."""


class TenantQuerySet(QuerySet[M_co]):
    """A queryset that raises CrossTenantError in a tenant other than the one it was built in.

    A manager of a tenant model must use it or a subclass:
    `MyManager.from_queryset(TenantQuerySet)`.
    """

    _query: sql.Query
    _db: str | None
    _prefetch_related_lookups: tuple[Any, ...]

    def __init__(self, model: Any = None, query: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(model, query or TenantQuery(model), *args, **kwargs)

    @property
    def db(self) -> str:
        """The alias that the query is sent to, with the active schema, also after using()."""
        if self._query.is_empty():
            # none() sends no query, so it works without a tenant.
            return self._db or get_tenant_database_alias()
        schema = self._check_is_here()
        alias = super().db
        return alias if getattr(alias, "schema", None) == schema else TenantAlias(alias, schema)

    @property
    def _result_cache(self) -> Any:
        """The cached rows. Raises in another tenant."""
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
        # Not `query`, which would build the filters of each prefetched relation. Some libraries
        # use another class of query, which has no schema.
        return getattr(self._query, "schema", None)

    def _bound(self) -> Self:
        """Return this queryset, or a copy if it belongs to no tenant.

        A queryset that is a class attribute is shared by all threads, so it must not cache rows.
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
        using = self.using(using or self._db).db
        rows = TenantRawQuerySet(raw_query, self.model, None, params, translations, using)
        rows._prefetch_related_lookups = self._prefetch_related_lookups[:]
        return rows

    def _add_hints(self, **hints: Any) -> None:
        # prefetch_related() stores an object in the queryset of its Prefetch. In a class attribute
        # it would stay there for the next tenant.
        if self._schema:
            super()._add_hints(**hints)  # type: ignore[misc]


# Without the patch of django-stubs, RawQuerySet and Options take no [].
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
        # Check the tenant of cached rows, too.
        _ = self.db
        super()._fetch_all()  # type: ignore[misc]


class TenantManager(Manager[M_co]):
    _queryset_class = TenantQuerySet

    def get_queryset(self) -> QuerySet[M_co]:
        """Check the object of a related manager. Those of libraries often use only its key."""
        check_if_tenant_object(getattr(self, "instance", None))
        return super().get_queryset()

    def row_of(self, obj: Model) -> QuerySet[M_co]:
        """Filter by the row of an object, and check its tenant. A plain key has no tenant."""
        check_belongs_here(obj)
        return self.filter(pk=obj.pk)


class TenantOptions(Options):  # type: ignore[type-arg]
    """The `_meta` of a tenant model. It also guards the managers that Django creates."""

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
