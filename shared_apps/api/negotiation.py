"""Which form an answer has."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, which is skipped where the caller takes anything."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> Any:
        """Return the first renderer for a caller who states no wish, else what DRF finds."""
        takes_anything = request.META.get("HTTP_ACCEPT", "*/*") == "*/*"
        if takes_anything and not (format_suffix or "format" in request.GET):
            first = next(iter(renderers))
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
