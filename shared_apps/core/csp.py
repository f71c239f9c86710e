"""The Content-Security-Policy header of each response."""

from csp.constants import HEADER, SELF, UNSAFE_INLINE
from csp.middleware import CSPMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

# A browser that shows JSON or a file as a page must not load or run anything in it.
_NOTHING = "default-src 'none'; frame-ancestors 'none'"
# Pages of DRF and Swagger have inline styles.
_API = "/api/"
INLINE_STYLES = {"style-src": [SELF, UNSAFE_INLINE]}


class PolicyMiddleware(CSPMiddleware):
    """Pages get django-csp's policy; every other response gets one that allows nothing.

    The pages of the API may have inline styles.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith("text/html"):
            if request.path_info.startswith(_API):
                response._csp_update = INLINE_STYLES  # type: ignore[attr-defined]
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, _NOTHING)
        return response
