"""The API chooses the same renderer as DRF."""

import pytest
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from shared_apps.api.negotiation import ContentNegotiation
from shared_apps.api.renderers import JSONRenderer

ACCEPTS = [
    None,
    "",
    "*/*",
    "*/*;q=0.8",
    "application/*",
    "application/json",
    "APPLICATION/JSON",
    "application/json; indent=4",
    "application/json;q=0.5, text/html",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "image/png",
]


def chosen(by: BaseContentNegotiation, request: Request) -> tuple[str, str] | None:
    """Return format and media type; None if the API has no acceptable format."""
    try:
        renderer, media_type = by.select_renderer(request, [JSONRenderer(), BrowsableAPIRenderer()])
    except NotAcceptable:
        return None
    return renderer.format, media_type


@pytest.mark.parametrize("query", ["", "?format=json", "?format=api", "?format="])
@pytest.mark.parametrize("accept", ACCEPTS)
def test_the_renderer_is_the_same_as_drf_s(accept: str | None, query: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    request = Request(APIRequestFactory().get(f"/{query}", headers=headers))

    assert chosen(ContentNegotiation(), request) == chosen(DefaultContentNegotiation(), request)
