"""Lists that show rows as PostgreSQL answers them, where a serializer would ask each field."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from rest_framework.request import Request
from rest_framework.response import Response

from .pagination import CountedPagination

if TYPE_CHECKING:
    from rest_framework.generics import GenericAPIView

    Base = GenericAPIView[Any]
else:
    Base = object

_PAGE = {CountedPagination.page_query_param, CountedPagination.page_size_query_param}


class RowListMixin(Base):
    """DRF's ListModelMixin over `counted` rows of `values()`, see docs/performance.md.

    The view says what is listed and what a row of it looks like in the answer.
    """

    pagination_class = CountedPagination

    def rows(self) -> Any:
        """Return the rows of the list, of which a page is shown."""
        raise NotImplementedError

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row as the answer shows it."""
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # No docstring: the API's documentation describes the view's list by the view's own.
        return self.respond_with_page(self.rows(), self.shown)

    def respond_with_page(
        self, rows: Any, shown: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Response:
        """Answer with the page that the request asks for."""
        page: Iterable[Any] = self.paginate_queryset(rows) or ()
        return self.get_paginated_response([shown(row) for row in page])

    def asks_for_pages_alone(self) -> bool:
        """Return whether the request neither filters nor orders, so that a compiled query does."""
        return self.request.query_params.keys() <= _PAGE
