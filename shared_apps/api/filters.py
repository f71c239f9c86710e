"""How lists are narrowed and ordered."""

from datetime import UTC
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import DecimalField
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field
from rest_framework import exceptions
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from .fields import is_written_plainly

_MOST_WORDS = 20
_LONGEST_SEARCH = 1_000  # characters


class _AmountField(DecimalField):
    def to_python(self, value: Any) -> Any:
        if value and not is_written_plainly(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$"}
)
class AmountFilter(filters.NumberFilter):
    """By an amount of money."""

    field_class = _AmountField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


class _InstantField(IsoDateTimeField):
    def to_python(self, value: Any) -> Any:
        """Return the time in UTC: PostgreSQL knows no zone more than 15 hours away."""
        given = super().to_python(value)
        try:
            return given and given.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class InstantFilter(filters.IsoDateTimeFilter):
    """By a time, in whichever zone it is given."""

    field_class = _InstantField


class BoundedSearchFilter(SearchFilter):
    """DRF's `?search=` for so many words: four thousand would take seconds over no rows at all."""

    def get_search_terms(self, request: Request) -> list[str]:
        if len(request.query_params.get(self.search_param, "")) > _LONGEST_SEARCH:
            raise exceptions.ValidationError(
                {self.search_param: [f"Give at most {_LONGEST_SEARCH:,} characters."]}
            )
        words = list(super().get_search_terms(request))
        if len(words) > _MOST_WORDS:
            raise exceptions.ValidationError(
                {self.search_param: [f"Give at most {_MOST_WORDS} words."]}
            )
        return words


class TotalOrderingFilter(OrderingFilter):
    """DRF's `?ordering=` with the primary key as the last word.

    Rows that tie would otherwise come in any order, and a page could repeat or miss some.
    """

    def get_ordering(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> tuple[Any, ...]:
        """Return the request's ordering, else the view's, the queryset's or the model's."""
        # A word that comes twice orders nothing more, but PostgreSQL would read it.
        asked = dict.fromkeys(super().get_ordering(request, queryset, view) or ())
        ordering = tuple(asked or queryset.query.order_by or queryset.model._meta.ordering or ())
        key = queryset.model._meta.pk.name
        return ordering if {"pk", "-pk", key, f"-{key}"} & {*ordering} else (*ordering, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Name the words that count, where the view does."""
        (parameter,) = super().get_schema_operation_parameters(view)
        fields = getattr(view, "ordering_fields", None)
        if not isinstance(fields, list | tuple):
            return [parameter]
        words = ", ".join(f"`{field}`" for field in fields)
        parameter["description"] = (
            f"One or more of {words}, with commas between them, and `-` before what descends. "
            "Other words are ignored."
        )
        parameter["schema"]["example"] = f"-{fields[-1]}"
        return [parameter]
