"""Pages of a list: `page` and `page_size`, at most 200 rows at once."""

from rest_framework.pagination import PageNumberPagination


class PagePagination(PageNumberPagination):
    """DRF's pages with the sizes of this API; past the end is 404."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
