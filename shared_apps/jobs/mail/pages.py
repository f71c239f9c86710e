"""/dev/mail/: the mails of development, in a browser.

Without DEBUG the pages are 404: mails contain what only their recipients may see.
"""

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from shared_apps.core.csp import INLINE_STYLES
from shared_apps.core.development import only_in_development

from .stored import stored_mail, stored_mails

_FORMATS = {"html": "HTML", "text": "Text", "source": "Source"}


@only_in_development
@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    context = {"mails": stored_mails(), "folder": settings.EMAIL_FILE_PATH}
    return render(request, "dev/mail_list.html", context)


@csp_update(INLINE_STYLES)  # The frame with a mail, which has inline styles, inherits the policy.
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
