# ruff: noqa: PLW0108 (managers are used in a tenant only)
"""A queryset of one tenant raises in another, also inside other queries."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery, sql

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.guard.origin import origin_of
from tests.tenantry.guard.conftest import SAME_ID
from tests.tenantry.guard_app.models import Document, Draft, Tag

pytestmark = pytest.mark.usefixtures("acme_document", "globex_document")

Documents = QuerySet[Document]
TABLE = Document._meta.db_table


async def collect(queryset: Documents) -> list[Document]:
    return [document async for document in queryset]


async def collect_from_iterator(queryset: Documents) -> list[Document]:
    return [document async for document in queryset.aiterator()]


READS: dict[str, Callable[[Documents], Any]] = {
    "list": list,
    "len": len,
    "bool": bool,
    "repr": repr,
    "index": lambda rows: rows[0],
    "slice": lambda rows: list(rows[:1]),
    "get": lambda rows: rows.get(),
    "first": lambda rows: rows.first(),
    "last": lambda rows: rows.last(),
    "earliest": lambda rows: rows.earliest("pk"),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "aggregate": lambda rows: rows.aggregate(),
    "iterator": lambda rows: list(rows.iterator(100)),
    "in_bulk": lambda rows: rows.in_bulk(),
    "in_bulk of ids": lambda rows: rows.in_bulk([SAME_ID]),
    "values": lambda rows: list(rows.values()),
    "values_list": lambda rows: list(rows.values_list("pk", flat=True)),
    "named values": lambda rows: list(rows.values_list(named=True)),
    "explain": lambda rows: rows.explain(),
    "pickle": pickle.dumps,
    "copy": lambda rows: list(rows.all()),
    "further": lambda rows: list(rows.filter(pk=SAME_ID)),
    "using": lambda rows: list(rows.using("default")),
    "lock": lambda rows: list(rows.select_for_update()),
    "async for": async_to_sync(collect),
    "async iterator": async_to_sync(collect_from_iterator),
    "async get": lambda rows: async_to_sync(rows.aget)(),
    "async count": lambda rows: async_to_sync(rows.acount)(),
}
WRITES: dict[str, Callable[[Documents], Any]] = {
    "update": lambda rows: rows.update(title="x"),
    "delete": lambda rows: rows.delete(),
    "raw delete": lambda rows: rows._raw_delete(rows.db),
    "create": lambda rows: rows.create(title="x"),
    "get_or_create": lambda rows: rows.get_or_create(title="x"),
    "update_or_create": lambda rows: rows.update_or_create(title="x"),
    "bulk_create": lambda rows: rows.bulk_create([Document(title="x")]),
    "bulk_update": lambda rows: rows.bulk_update([Document(pk=SAME_ID, title="x")], ["title"]),
}
USES = READS | WRITES
BUILT_IN_ACME: dict[str, Callable[[], Any]] = {
    "all": Document.objects.all,
    "filtered": lambda: Document.objects.filter(pk__gte=1),
    "deferred": lambda: Document.objects.only("pk"),
    "related": lambda: Document.objects.get().children.all(),
    "many to many": lambda: Document.objects.get().tags.all(),
    "raw": lambda: Document.objects.raw(f"SELECT * FROM {TABLE}"),
    "raw using": lambda: Document.objects.raw(f"SELECT * FROM {TABLE}", using="default"),
    "values": Document.objects.values,
    "proxy": Draft.objects.all,
    "of a custom manager": lambda: Document.objects.titled("acme's"),
}
COMBINED: dict[str, Callable[[Documents], Any]] = {
    "union": lambda rows: Document.objects.union(rows),
    "intersection": lambda rows: Document.objects.intersection(rows),
    "or": lambda rows: Document.objects.filter(title="x") | rows,
    "and": lambda rows: Document.objects.all() & rows,
    "xor": lambda rows: Document.objects.filter(title="x") ^ rows,
    "in": lambda rows: Document.objects.filter(parent__in=rows),
    "pk in": lambda rows: Document.objects.filter(pk__in=rows.values("pk")),
    "Subquery": lambda rows: Document.objects.annotate(t=Subquery(rows.values("title")[:1])),
    "Exists": lambda rows: Document.objects.filter(Exists(rows.filter(pk=OuterRef("pk")))),
    "in, of another model": lambda rows: Tag.objects.filter(documents__in=rows),
    "in, of a shared model": lambda rows: User.objects.filter(pk__in=rows.values("author")),
    "Prefetch": lambda rows: Document.objects.prefetch_related(Prefetch("children", rows)),
}


@pytest.mark.parametrize("use", USES)
def test_a_queryset_raises_in_another_tenant(
    use: str, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        rows = Document.objects.all()
    with tenant_context(globex), pytest.raises(CrossTenantError, match="A query of guard_app"):
        USES[use](rows)


@pytest.mark.parametrize("use", READS)
def test_cached_rows_raise_in_another_tenant(
    use: str, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        rows = Document.objects.prefetch_related("children")
        list(rows)
    with tenant_context(globex), pytest.raises(CrossTenantError):
        READS[use](rows)


@pytest.mark.parametrize("use", USES)
def test_the_error_without_a_tenant_names_the_model(use: str, acme: Organization) -> None:
    with tenant_context(acme):
        in_acme = Document.objects.all()
    for rows in (in_acme, Document.objects.all()):
        with pytest.raises(NoTenantError, match=r"guard_app\.Document is in the schemas"):
            USES[use](rows)


@pytest.mark.parametrize("build", BUILT_IN_ACME)
@pytest.mark.parametrize("was_read", [False, True])
def test_each_kind_of_queryset_raises_in_another_tenant(
    build: str, was_read: bool, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        rows = BUILT_IN_ACME[build]()
        if was_read:
            list(rows)
    with tenant_context(globex), pytest.raises(CrossTenantError):
        list(rows)
    with tenant_context(acme):
        list(rows)


@pytest.mark.parametrize("combined", COMBINED)
def test_a_query_that_contains_the_query_of_another_tenant_raises(
    combined: str, acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        rows = Document.objects.filter(title="acme's")
        list(COMBINED[combined](Document.objects.all()))
    with tenant_context(globex), pytest.raises(CrossTenantError):
        list(COMBINED[combined](rows))


def test_a_related_manager_of_another_tenant_raises(
    acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        children = Document.objects.get().children
        prefetched = Document.objects.prefetch_related("children").get()
    with tenant_context(globex):
        with pytest.raises(CrossTenantError):
            children.all()
        with pytest.raises(CrossTenantError):
            children.count()
        with pytest.raises(CrossTenantError):
            prefetched.children.all()


def test_prefetched_objects_of_a_shared_object_raise_in_another_tenant(
    acme: Organization, globex: Organization, alice: User
) -> None:
    with tenant_context(acme):
        user = User.objects.prefetch_related("written_documents").get(pk=alice.pk)
    with tenant_context(globex), pytest.raises(CrossTenantError):
        list(user.written_documents.all())


@pytest.mark.parametrize("dump", [lambda rows: rows, lambda rows: rows.query])
def test_a_pickled_queryset_raises_in_another_tenant(
    dump: Callable[[Documents], Any], acme: Organization, globex: Organization
) -> None:
    with tenant_context(acme):
        pickled = pickle.dumps(dump(Document.objects.filter(title="acme's")))
    with tenant_context(globex):
        loaded = pickle.loads(pickled)
        if isinstance(loaded, sql.Query):
            rows = Document.objects.all()
            rows.query = loaded
        else:
            rows = loaded
        with pytest.raises(CrossTenantError):
            list(rows)


def test_a_filter_by_an_object_belongs_to_the_tenant_of_the_object(
    acme_document: Document, acme: Organization, globex: Organization
) -> None:
    rows = Document.objects.filter(parent=acme_document)
    with tenant_context(acme):
        assert list(rows) == []
    with tenant_context(globex), pytest.raises(CrossTenantError):
        list(rows)


def test_a_queryset_with_a_plain_query_needs_a_tenant(
    acme: Organization,
) -> None:
    rows = Document.objects.all()
    rows.query = sql.Query(Document)
    with pytest.raises(NoTenantError):
        list(rows)
    with tenant_context(acme):
        assert [origin_of(row) for row in rows] == ["acme"]


def test_raw_queries_support_prefetch_related(acme: Organization) -> None:
    with tenant_context(acme):
        rows = Document.objects.prefetch_related("children").raw(f"SELECT * FROM {TABLE}")
        assert list(vars(rows[0])["_prefetched_objects_cache"]) == ["children"]


def test_row_of_raises_for_an_object_of_another_tenant(
    acme: Organization, globex: Organization, acme_document: Document
) -> None:
    with tenant_context(globex), pytest.raises(CrossTenantError):
        Document.objects.row_of(acme_document)

    with tenant_context(acme):
        assert Document.objects.row_of(acme_document).update(title="mine") == 1
    with tenant_context(globex):
        assert Document.objects.get(pk=SAME_ID).title == "globex's"
