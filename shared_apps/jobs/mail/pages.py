"""/dev/mail/: the mails of development, in a browser."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .stored import stored_mail, stored_mails

View = Callable[..., HttpResponse]

_FORMATS = {"html": "HTML", "text": "Text", "source": "Source"}


def only_in_development(view: View) -> View:
    """Return 404 without DEBUG: mails contain what only their recipients may see."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


@only_in_development
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    context = {"mails": stored_mails(), "folder": settings.EMAIL_FILE_PATH}
    return render(request, "dev/mail_list.html", context)


@only_in_development
@require_safe
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail in the format of `?as=`."""
    mail = stored_mail(name)
    if mail is None:
        raise Http404
    formats = {name: label for name, label in _FORMATS.items() if name != "html" or mail.html}
    chosen = request.GET.get("as", "")
    if chosen not in formats:
        chosen = next(iter(formats))
    context = {"mail": mail, "message": mail.message, "chosen": chosen, "formats": formats}
    return render(request, "dev/mail.html", context)
