"""Compiled queries return the same rows as their querysets, for every tenant."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import Count, F, QuerySet
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenantry.compiled import compiled
from tenantry.context import tenant_context
from tenantry.errors import CrossTenantError, NoTenantError
from tenantry.guard.origin import origin_of
from tests.tenantry.guard_app.models import Document

Documents = QuerySet[Document, Any]


@compiled
def titled(title: Any) -> Documents:
    return Document.objects.filter(title=title).order_by("pk")


@compiled
def every_document() -> Documents:
    return Document.objects.order_by("pk")


@compiled
def every_title() -> Documents:
    return Document.objects.order_by("pk").values("title")


@compiled
def with_children(title: Any) -> Documents:
    return (
        Document.objects.filter(title=title).select_related("parent").prefetch_related("children")
    )


def titles_between(first: Any, last: Any) -> Documents:
    return (
        Document.objects.filter(pk__range=(first, last), title__startswith="t%")
        .order_by("pk")
        .values("pk", shown=F("title"), offspring=Count("children"))
    )


@compiled
def users_named(name: Any) -> QuerySet[User]:
    return User.objects.filter(name=name)


@compiled
def emails_of(name: Any) -> QuerySet[User, Any]:
    return User.objects.filter(name=name).values("email")


@pytest.fixture
def documents(acme: Organization, globex: Organization) -> list[int]:
    """The ids of three documents in both tenants, which also have a fourth without t%."""
    for organization in (acme, globex):
        with tenant_context(organization):
            for number in range(3):
                Document.objects.create(pk=10**6 + number, title=f"t% {organization.name}")
            Document.objects.create(pk=10**6 + 3, title="other", parent_id=10**6)
    return [10**6 + number for number in range(3)]


def test_each_tenant_reads_its_own_rows(documents: list[int]) -> None:
    for name in ("acme", "globex", "acme"):
        with tenant_context(name):
            rows = list(titled(title=f"t% {name.title()}"))
            assert [row.pk for row in rows] == documents
            assert list(titled(title="t% unknown")) == []


def test_objects_belong_to_the_tenant_that_read_them(documents: list[int]) -> None:
    for name in ("acme", "globex"):
        with tenant_context(name):
            document = with_children(title="other")[:1][0]
            assert {origin_of(document), origin_of(document.parent)} == {name}
            assert document.parent.title == f"t% {name.title()}"

    with tenant_context("acme"), pytest.raises(CrossTenantError):
        document.save()


def test_prefetched_objects_belong_to_the_tenant_that_read_them(documents: list[int]) -> None:
    for name in ("acme", "globex"):
        with tenant_context(name):
            first = with_children(title=f"t% {name.title()}")[:1][0]
            assert [origin_of(child) for child in first.children.all()] == [name]


def test_rows_and_slices_equal_those_of_the_queryset(documents: list[int]) -> None:
    first, last = documents[0], documents[-1] + 1
    with tenant_context("acme"):
        bound = compiled(titles_between)(first=first, last=last)
        fresh = titles_between(first, last)
        for rows in (slice(0, 2), slice(1, 3), slice(2, None), slice(0, 0), slice(5, 9)):
            assert bound[rows] == list(fresh[rows])
        assert list(bound) == list(fresh)
        assert bound[:1] == [{"pk": first, "shown": "t% Acme", "offspring": 1}]


def test_the_first_query_of_a_thread_leaves_no_tenant_in_its_connection(
    documents: list[int],
) -> None:
    """The alias of the router contains the tenant, and a connection stays open longer."""

    def read() -> type[str]:
        try:
            with tenant_context("acme"):
                list(compiled(titles_between)(first=1, last=2))
            return type(connection.alias)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(read).result() is str


def test_one_statement_is_sent_when_the_rows_are_read(documents: list[int]) -> None:
    with tenant_context("acme"), CaptureQueriesContext(connection) as captured:
        bound = titled(title="other")
        assert len(captured) == 0
        assert len(bound[:10]) == 1
    assert len(captured) == 1


def test_the_function_is_called_once(documents: list[int]) -> None:
    calls = []

    @compiled
    def counted_calls(title: Any) -> Documents:
        calls.append(title)
        return Document.objects.filter(title=title)

    for name in ("acme", "globex"):
        with tenant_context(name):
            assert len(counted_calls(title="other")[:9]) == 1
    assert len(calls) == 1


@pytest.mark.parametrize("query", [every_document, every_title])
def test_a_query_bound_in_one_tenant_raises_in_another(
    documents: list[int], query: compiled
) -> None:
    with tenant_context("acme"):
        bound = query()

    with tenant_context("globex"), pytest.raises(CrossTenantError):
        list(bound)


@pytest.mark.parametrize("query", [every_document, every_title])
def test_a_query_without_a_tenant_raises(db: None, query: compiled) -> None:
    with pytest.raises(NoTenantError):
        list(query())
    with tenant_context("acme"):
        bound = query()
    with pytest.raises(NoTenantError):
        list(bound)


def test_shared_models_are_read_with_and_without_a_tenant(bob: User) -> None:
    for tenant in (None, "acme"):
        with tenant_context(tenant):
            assert list(users_named(name="Bob")) == [bob]
            assert list(emails_of(name="Bob")) == [{"email": bob.email}]


@pytest.mark.parametrize("value", ["'; DROP TABLE x; --", "%s", "%(x)s", "\\", "ünï", "%%"])
def test_values_are_sent_as_parameters(documents: list[int], value: str) -> None:
    with tenant_context("acme"):
        Document.objects.filter(pk=documents[0]).update(title=value)
        assert [row.pk for row in titled(title=value)] == documents[:1]


def test_threads_can_compile_and_read_at_the_same_time(db: None) -> None:
    @compiled
    def schemas(name: Any) -> QuerySet[Organization, Any]:
        return Organization.objects.filter(schema_name__gte=name).values_list("schema_name")

    def read(name: str) -> list[int]:
        try:
            with tenant_context(name):
                return [len(schemas(name="\U0010ffff")[:5]), len(every_document()[:5])]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read, ["acme", "globex"] * 20)) == [[0, 0]] * 40


@pytest.mark.parametrize(
    "values", [{}, {"title": None}, {"title": "x", "more": 1}, {"title": ["x"]}]
)
def test_a_missing_unknown_or_invalid_argument_raises(db: None, values: dict[str, Any]) -> None:
    with tenant_context("acme"), pytest.raises(TypeError, match="titled"):
        titled(**values)


def test_an_argument_that_is_not_in_the_sql_raises(db: None) -> None:
    @compiled
    def query(value: Any) -> Documents:
        return Document.objects.filter(pk=1)

    with tenant_context("acme"), pytest.raises(FieldError):
        list(query(value=1))


@pytest.mark.parametrize(
    "function",
    [
        lambda: Document.objects.all()[:5],
        lambda: Document.objects.filter(pk=1).select_for_update(),
        lambda value: Document.objects.filter(parent__isnull=value),
    ],
    ids=["slice", "lock", "isnull"],
)
def test_a_slice_a_lock_or_isnull_raises(db: None, function: Any) -> None:
    query = compiled(function)
    values = {"value": True} if query._names else {}
    with tenant_context("acme"), pytest.raises(ValueError, match=r"slice or lock|isnull"):
        list(query(**values))
