"""Filters, search and ordering of lists."""

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

from .fields import is_plain_number

_MAX_WORDS = 20
_MAX_SEARCH_LENGTH = 1_000  # characters


class _AmountField(DecimalField):
    def to_python(self, value: Any) -> Any:
        if value and not is_plain_number(value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]{1,10}(\.[0-9]{1,2})?$"}
)
class AmountFilter(filters.NumberFilter):
    field_class = _AmountField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=2, **kwargs)


class _InstantField(IsoDateTimeField):
    def to_python(self, value: Any) -> Any:
        """Return the time in UTC: PostgreSQL rejects offsets of more than 15 hours."""
        given = super().to_python(value)
        try:
            return given and given.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class InstantFilter(filters.IsoDateTimeFilter):
    field_class = _InstantField


class BoundedSearchFilter(SearchFilter):
    """DRF's `?search=` with limits: a search for 4,000 words takes seconds without any row."""

    def get_search_terms(self, request: Request) -> list[str]:
        if len(request.query_params.get(self.search_param, "")) > _MAX_SEARCH_LENGTH:
            raise exceptions.ValidationError(
                {self.search_param: [f"Search for at most {_MAX_SEARCH_LENGTH:,} characters."]}
            )
        try:
            words = list(super().get_search_terms(request))
        except exceptions.ValidationError as error:  # DRF does not name the parameter.
            raise exceptions.ValidationError({self.search_param: error.detail}) from error
        if len(words) > _MAX_WORDS:
            raise exceptions.ValidationError(
                {self.search_param: [f"Search for at most {_MAX_WORDS} words."]}
            )
        return words


class TotalOrderingFilter(OrderingFilter):
    """DRF's `?ordering=` with the primary key at the end.

    Otherwise rows with equal values have no fixed order, and pages could repeat or skip some.
    """

    def get_ordering(
        self, request: Request, queryset: QuerySet[Model], view: APIView
    ) -> tuple[Any, ...]:
        """Return the ordering of the request, or of the view, the queryset or the model."""
        # A field named twice changes nothing, but costs PostgreSQL time.
        asked = dict.fromkeys(super().get_ordering(request, queryset, view) or ())
        ordering = tuple(asked or queryset.query.order_by or queryset.model._meta.ordering or ())
        key = queryset.model._meta.pk.name
        return ordering if {"pk", "-pk", key, f"-{key}"} & {*ordering} else (*ordering, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        (parameter,) = super().get_schema_operation_parameters(view)
        fields = getattr(view, "ordering_fields", None)
        if not isinstance(fields, list | tuple):
            return [parameter]
        words = ", ".join(f"`{field}`" for field in fields)
        parameter["description"] = (
            f"One or more of {words}, separated by commas; `-` before a field means descending. "
            "Other fields are ignored."
        )
        parameter["schema"]["example"] = f"-{fields[-1]}"
        return [parameter]
