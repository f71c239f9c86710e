"""Pages of "my priced orders", from one query."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from rest_framework.response import Response

from shared_apps.api.pagination import PagePagination

# Far beyond any list, and still an offset that fits into PostgreSQL's bigint.
_LAST_POSSIBLE_PAGE = 10**12


class CountedRowsPaginator(Paginator[Any]):
    """Django's paginator over rows that carry the count of all rows under `count`.

    Counting first, as Django does, would take a query of its own.
    """

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


class PricedPagination(PagePagination):
    """Pages of this API with the sum over all of them."""

    django_paginator_class = CountedRowsPaginator

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        response = super().get_paginated_response(data)
        assert self.page is not None
        rows = self.page.object_list
        grand_total: Decimal = rows[0]["grand_total"] if rows else Decimal(0)
        results = response.data.pop("results")
        response.data |= {"grand_total": f"{grand_total:.2f}", "results": results}
        return response

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        documented = super().get_paginated_response_schema(schema)
        documented["properties"]["grand_total"] = {"type": "string", "format": "decimal"}
        documented["required"] = [*documented["required"], "grand_total"]
        return documented
