"""Rows of compiled queries have the names, order and values of the queryset."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import Avg, CharField, F, QuerySet
from django.db.models.functions import Cast, JSONObject, Upper
from django.test.utils import isolate_apps

from shared_apps.organizations.models import Organization
from tenantry.compiled import compiled
from tenantry.context import tenant_context
from tenantry.models import TenantModel
from tests.tenantry.guard_app.models import Document, Tag

Documents = QuerySet[Document, Any]


@pytest.fixture(autouse=True)
def documents(acme: Organization, globex: Organization) -> None:
    """Three documents in each tenant, the last a child of the first, and a tag."""
    for name in ("acme", "globex"):
        with tenant_context(name):
            Document.objects.create(pk=10**6, title=f"{name} 1")
            Document.objects.create(pk=10**6 + 1, title=f"{name} 2")
            Document.objects.create(pk=10**6 + 2, title=f"{name} 2", parent_id=10**6)
            Tag.objects.create(name=name)


class Loud(CharField[str, str]):
    """A field that changes the value of its column."""

    def from_db_value(self, value: str, *_: Any) -> str:
        return f"{value}!"


KINDS_OF_ROWS: dict[str, Callable[[], Documents]] = {
    "every column": lambda: Document.objects.order_by("pk").values(),
    "annotation named like a field": lambda: (
        Document.objects.values("pk").annotate(title=Upper("title")).order_by("pk")
    ),
    "columns for order by only": lambda: Document.objects.order_by("-parent__title", "-pk").values(
        "title"
    ),
    "distinct, columns for order by only": lambda: (
        Document.objects.order_by("parent__title", "-pk").values("title").distinct()
    ),
    "distinct on": lambda: (
        Document.objects.order_by("title", "-pk").distinct("title").values("pk", "title")
    ),
    "extra": lambda: Document.objects.extra(select={"two": "1 + %s"}, select_params=[1]).values(
        "two", "pk"
    ),  # type: ignore[misc]
    "union": lambda: (
        Document.objects.values("pk", shown=F("title"))
        .union(Tag.objects.values("pk", shown=F("name")), all=True)
        .order_by("-pk")
    ),
    "JSON": lambda: Document.objects.values(read=JSONObject(title="title", number="pk")),
    "list": lambda: (
        Document.objects.values("parent")
        .annotate(read=ArrayAgg(Cast("title", Loud())))
        .order_by("parent")
    ),
    "decimal": lambda: (
        Document.objects.values("parent")
        .annotate(read=Avg(Cast("pk", models.DecimalField(max_digits=12, decimal_places=2))))
        .order_by("parent")
    ),
    "custom field, last": lambda: Document.objects.values("pk", read=Cast("title", Loud())),
    "custom field, before others": lambda: Document.objects.values(
        read=Cast("title", Loud()), shown=F("title")
    ),
    "values_list": lambda: Document.objects.values_list("pk", Cast("title", Loud())),
    "values_list, flat": lambda: Document.objects.values_list("title", flat=True),
    "values_list, named": lambda: Document.objects.values_list("pk", "title", named=True),
}


@pytest.mark.parametrize("rows", KINDS_OF_ROWS.values(), ids=KINDS_OF_ROWS)
def test_rows_of_each_kind_equal_those_of_the_queryset(rows: Callable[[], Documents]) -> None:
    query = compiled(rows)
    for name in ("acme", "globex"):
        with tenant_context(name):
            fresh = list(rows())
            assert fresh
            # repr(), to compare the order of columns too.
            assert [repr(row) for row in query()] == [repr(row) for row in fresh]
            assert query()[1:3] == fresh[1:3]


@isolate_apps("tests.tenantry.guard_app")
def test_a_composite_primary_key_is_read() -> None:
    class Named(TenantModel):
        pk = models.CompositePrimaryKey("number", "title")
        number = models.IntegerField(db_column="id")
        title = models.CharField(max_length=20)

        class Meta:
            app_label = "guard_app"
            db_table = Document._meta.db_table
            managed = False

    def named() -> QuerySet[Named, Any]:
        return Named.objects.order_by("number").values("pk", shown=F("title"))

    with tenant_context("acme"):
        assert list(compiled(named)()) == list(named())
        assert compiled(named)()[:1] == [{"pk": (10**6, "acme 1"), "shown": "acme 1"}]
