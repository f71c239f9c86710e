"""In which form an answer is given."""

from collections.abc import Sequence

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class ContentNegotiation(DefaultContentNegotiation):
    """DRF's, which would weigh every form against every wish also where one asks for the first."""

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        first = renderers[0]
        asked = request.META.get("HTTP_ACCEPT", "*/*")
        if asked in {first.media_type, "*/*"} and not request.META["QUERY_STRING"]:
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
