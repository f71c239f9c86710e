"""The first page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this is and where to go; in development, whom to sign in as."""
    return render(request, "access/home.html", {"show_demo": settings.DEBUG})
