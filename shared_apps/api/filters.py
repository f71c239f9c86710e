"""How lists are ordered."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.views import APIView


class TotalOrderingFilter(OrderingFilter):
    """DRF's `?ordering=` with the primary key as the last word.

    Rows that tie would otherwise come in any order, and a page could repeat or miss some.
    """

    def get_ordering(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> tuple[Any, ...]:
        ordering = tuple(super().get_ordering(request, queryset, view) or ())
        return ordering if {"id", "-id"} & {*ordering} else (*ordering, "id")
