"""Lists of rows without a serializer, which would be slower."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

from django.core.paginator import Page
from django.http import HttpRequest
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
    """DRF's ListModelMixin for `counted` rows of `values()`; see docs/performance.md."""

    pagination_class = CountedPagination

    @classmethod
    def listing(cls, request: HttpRequest) -> Self:
        """Return the view of `GET` of the list, for a page with the same rows."""
        view = cls(action_map={"get": "list", "head": "list"})
        view.request = view.initialize_request(request)
        return view

    def page(self) -> Page[dict[str, Any]]:
        """Return a page of rows.

        Raises:
            NotFound: DRF's, for a page after the last one.
            ValidationError: DRF's, by filter.
        """
        self.paginate_queryset(self.rows())
        assert isinstance(self.paginator, CountedPagination)
        page: Page[dict[str, Any]] | None = self.paginator.page
        assert page is not None
        return page

    def rows(self) -> Any:
        """Return the rows of all pages."""
        raise NotImplementedError

    def shown(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row as the response shows it."""
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        # No docstring here: the OpenAPI document then uses the docstring of the view.
        return self.respond_with_page(self.rows(), self.shown)

    def respond_with_page(
        self, rows: Any, shown: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Response:
        page: Iterable[Any] = self.paginate_queryset(rows) or ()
        return self.get_paginated_response([shown(row) for row in page])

    def is_unfiltered(self) -> bool:
        """Return whether the request has no filter and no ordering, so a compiled query fits."""
        return self.request.query_params.keys() <= _PAGE
