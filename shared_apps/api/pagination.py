"""Pages of a list: `page` and `page_size`, at most 200 rows at once."""

from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import IntegerField, QuerySet, Subquery
from django.utils.functional import cached_property
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

# Far beyond any list, and still an offset that fits into PostgreSQL's bigint.
_LAST_POSSIBLE_PAGE = 10**12


class PagePagination(PageNumberPagination):
    """DRF's pages with the sizes of this API; past the end is 404."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    page_query_description = "A number from 1 on, or `last`; past the end is 404."
    page_size_query_description = (
        f"More than {max_page_size} counts as {max_page_size}, "
        f"and what is no number from 1 on as {page_size}."
    )

    def get_page_number(self, request: Request, paginator: Any) -> int | str:
        """Return the page that the request asks for; 0, which is none, for what is no number."""
        asked = super().get_page_number(request, paginator)
        return asked if _is_number(asked) else 0

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get(self.page_size_query_param, "")
        return super().get_page_size(request) if _is_number(asked) else self.page_size

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Say from where on the numbers of pages and rows count."""
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"]["minimum"] = 1
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page: all of its keys are always there."""
        documented = super().get_paginated_response_schema(schema)
        properties = documented["properties"]
        properties["count"] = {"type": "integer", "minimum": 0, "description": "Of all pages."}
        for name in ("next", "previous"):
            del properties[name]["example"]
        return {**documented, "required": [*properties]}


def _is_number(asked: int | str) -> bool:
    """Return whether that is a number in digits alone, and not what only Python takes for one."""
    return str(asked).isascii() and str(asked).isdecimal()


class _Count(Subquery):
    """How many rows a query has. It refers to no row, so PostgreSQL counts once for all."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def counted(rows: QuerySet[Any, Any], *, of: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Add `count` to each of the `values()` rows: the number of rows without the slice.

    Args:
        of: what they are the values of; without the joins for these, it is counted sooner.
    """
    annotated: QuerySet[Any, Any] = rows.annotate(count=_Count(of.order_by().values("pk")))
    return annotated


class CountedRowsPaginator(Paginator[Any]):
    """Django's paginator over rows that contain the total as `count`.

    Counting first, as Django does, would take a query of its own.
    """

    @cached_property
    def count(self) -> int:
        """How many rows there are; asked for by `?page=last` before any page is read."""
        return next((row["count"] for row in self.object_list[:1]), 0)

    def page(self, number: int | str) -> Page[Any]:
        """Return that page; only the first one may be empty.

        Raises:
            InvalidPage: for what is no page number, and past the end.
        """
        try:
            number = int(number)
        except ValueError as error:
            raise PageNotAnInteger("That page number is not an integer.") from error
        if not 1 <= number <= _LAST_POSSIBLE_PAGE:
            raise EmptyPage("There is no such page.")
        start = (number - 1) * self.per_page
        rows = list(self.object_list[start : start + self.per_page])
        if not rows and number > 1:
            raise EmptyPage("There is no such page.")
        self.count = rows[0]["count"] if rows else 0
        return Page(rows, number, self)


class CountedPagination(PagePagination):
    """Pages of rows that `counted` has counted: one query for both."""

    django_paginator_class = CountedRowsPaginator
