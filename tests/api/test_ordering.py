"""A list has one fixed order, for any primary key."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from shared_apps.api.filters import TotalOrderingFilter


class Named(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


with isolate_apps("tests"):

    class Country(Named):
        code = models.CharField(max_length=2, primary_key=True)

        class Meta:
            app_label = "tests"

    class Seat(Named):
        pk = models.CompositePrimaryKey("row", "number")
        row = models.IntegerField()
        number = models.IntegerField()

        class Meta:
            app_label = "tests"

    class Note(Named):
        class Meta:
            app_label = "tests"
            ordering = ("-name",)


class View(APIView):
    ordering_fields = ("name", "code")


def order_by(model: type[models.Model], asked: str = "", queryset: Any = None) -> str:
    request = Request(APIRequestFactory().get("/", {"ordering": asked}))
    rows = model._default_manager.all() if queryset is None else queryset
    sql = str(TotalOrderingFilter().filter_queryset(request, rows, View()).query)
    return sql.partition(" ORDER BY ")[2].replace('"', "")


@pytest.mark.parametrize(
    ("model", "asked", "order"),
    [
        (Country, "name", "tests_country.name ASC, tests_country.code ASC"),
        (Country, "-code", "tests_country.code DESC"),
        (Country, "", "tests_country.code ASC"),
        (Seat, "-name", "tests_seat.name DESC, tests_seat.row ASC, tests_seat.number ASC"),
        (Note, "name", "tests_note.name ASC, tests_note.id ASC"),
    ],
)
def test_ties_are_broken_by_the_primary_key(
    model: type[models.Model], asked: str, order: str
) -> None:
    assert order_by(model, asked) == order


def test_the_default_is_the_order_of_the_queryset_or_the_model() -> None:
    assert order_by(Note) == "tests_note.name DESC, tests_note.id ASC"
    assert order_by(Note, queryset=Note._default_manager.order_by("name")) == (
        "tests_note.name ASC, tests_note.id ASC"
    )
