"""Where a request continues that needs the password, a code or a passkey again."""

from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse


class ReauthenticationMiddleware:
    """Sends the browser to the page that asks, and stores nothing.

    allauth would store the request in the session, with its body and cookies, for visitors too:
    each of their requests would be a row. Afterwards the browser opens the page again.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, ReauthenticationRequired):
            return None
        page = reverse("account_login")
        if request.user.is_authenticated:
            methods = get_adapter().get_reauthentication_methods(request.user)
            if not methods:
                return None  # 403, by allauth's middleware.
            page = methods[0]["url"]
        return redirect_to_login(request.get_full_path(), page)
