"""Content negotiation: which parser reads the body, which renderer writes the response."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's negotiation with a short cut for the usual Accept headers."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> Any:
        # DRF would parse `multipart/*`, for which the middleware did not check `_organization`.
        media_type = (request.content_type or "").partition(";")[0]
        return None if "*" in media_type else super().select_parser(request, parsers)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        preferred, *_ = renderers
        wish = request.META.get("HTTP_ACCEPT", "*/*")
        named = format_suffix or self.settings.URL_FORMAT_OVERRIDE in request.query_params
        if named or wish not in {preferred.media_type, "*/*"}:
            return super().select_renderer(request, renderers, format_suffix)
        return preferred, preferred.media_type
