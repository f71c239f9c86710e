"""Pages of a list: `page` and `page_size`, at most 200 rows on a page."""

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.functional import cached_property
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

# More pages than any list has; the offset still fits into PostgreSQL's bigint.
_LAST_POSSIBLE_PAGE = 10**12


class PagePagination(PageNumberPagination):
    """DRF's pages with the sizes of this API; a page after the last one is 404."""

    page_size = 50
    invalid_page_message = "This page does not exist. Use a number from 1, or `last`."
    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = "1 or more, or `last`. A page after the last one is 404."
    page_size_query_description = (
        f"Rows on a page, at most {max_page_size}. An invalid number counts as {page_size}."
    )

    def get_page_number(self, request: Request, paginator: Any) -> int | str:
        """Return the requested page; 0 for an invalid number, which then gives 404."""
        asked = super().get_page_number(request, paginator)
        return asked if _is_number(asked) else 0

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get(self.page_size_query_param, "")
        return super().get_page_size(request) if _is_number(asked) else self.page_size

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"]["minimum"] = 1
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        documented = super().get_paginated_response_schema(schema)
        properties = documented["properties"]
        properties["count"] = {"type": "integer", "minimum": 0, "description": "Rows on all pages."}
        for name in ("next", "previous"):
            del properties[name]["example"]
        return {**documented, "required": [*properties]}


def _is_number(asked: int | str) -> bool:
    """Return whether the value has only ASCII digits; Python's `int` accepts more."""
    return str(asked).isascii() and str(asked).isdecimal()


class _Count(Subquery):
    """The number of rows of a query. It refers to no outer row, so PostgreSQL counts once."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counted(rows: QuerySet[Any, Any], *, of: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Add `count` to each of the `values()` rows: the number of rows on all pages.

    Args:
        of: the same rows before `values()`; fewer joins make counting faster.
    """
    annotated: QuerySet[Any, Any] = rows.annotate(count=_Count(of.order_by().values("pk")))
    return annotated


class CountedRowsPaginator(Paginator[Any]):
    """Django's paginator for rows of `counted`; Django would count with one more query."""

    @cached_property
    def count(self) -> int:
        """The number of rows, if `?page=last` needs it before a page is read."""
        return next((row["count"] for row in self.object_list[:1]), 0)

    def page(self, number: int | str) -> Page[Any]:
        """Return a page; only the first one can be empty.

        Raises:
            InvalidPage: for an invalid number, and for a page after the last one.
        """
        try:
            number = int(number)
        except ValueError as error:
            raise PageNotAnInteger("Not a number.") from error
        if not 1 <= number <= _LAST_POSSIBLE_PAGE:
            raise EmptyPage("No rows.")
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page])
        if not rows and number > 1:
            raise EmptyPage("No rows.")
        self.count = rows[0]["count"] if rows else 0
        return Page(rows, number, self)


class CountedPagination(PagePagination):
    """Pages of rows of `counted`: one query for rows and count."""

    django_paginator_class = CountedRowsPaginator
