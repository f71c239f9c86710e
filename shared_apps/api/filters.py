"""How lists are ordered."""

from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.views import APIView

_MOST_WORDS = 20


class BoundedSearchFilter(SearchFilter):
    """DRF's `?search=` for so many words: four thousand would take seconds over no rows at all."""

    def get_search_terms(self, request: Request) -> list[str]:
        words = list(super().get_search_terms(request))
        if len(words) > _MOST_WORDS:
            raise ValidationError({self.search_param: [f"Give at most {_MOST_WORDS} words."]})
        return words


class TotalOrderingFilter(OrderingFilter):
    """DRF's `?ordering=` with the primary key as the last word.

    Rows that tie would otherwise come in any order, and a page could repeat or miss some.
    """

    def get_ordering(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> tuple[Any, ...]:
        ordering = tuple(super().get_ordering(request, queryset, view) or ())
        return ordering if {"id", "-id"} & {*ordering} else (*ordering, "id")
