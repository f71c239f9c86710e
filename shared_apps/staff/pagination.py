"""Pages of a list that is too long to be counted."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property


class BoundedPaginator(Paginator[Any]):
    """Counts and shows only the first rows, so the cost does not grow with the table."""

    most = 500
    template_name = "staff/bounded_pages.html"

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return rows.order_by()[: self.most].count()
