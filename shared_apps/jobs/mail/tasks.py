"""The tasks that send a mail, for an organization or for the platform."""

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from shared_apps.core.outages import is_outage
from shared_apps.jobs import task
from shared_apps.jobs.tasks_api import TaskContext

from .delivery import deliver
from .errors import MailDelayed, MailFailed
from .rendering import render
from .values import unseal

RETRIES = 29  # With the pauses of the queue, they last a day.


@task(platform=False, queue_name="mail", retries=RETRIES, takes_context=True)
def send_mail(
    context: "TaskContext[..., None]",
    to: str,
    template: str,
    values: dict[str, Any],
    sealed: dict[str, str] | None = None,
) -> None:
    _send(context, to, template, values, sealed or {})


@task(platform=True, queue_name="mail", retries=RETRIES, takes_context=True)
def send_platform_mail(
    context: "TaskContext[..., None]",
    to: str,
    template: str,
    values: dict[str, Any],
    sealed: dict[str, str] | None = None,
) -> None:
    _send(context, to, template, values, sealed or {})


def _send(
    context: "TaskContext[..., None]",
    to: str,
    template: str,
    values: dict[str, Any],
    sealed: dict[str, str],
) -> None:
    try:
        rendered = render(template, values | unseal(sealed))
        message = EmailMultiAlternatives(
            rendered.subject, rendered.text, to=[to], headers=_headers(context)
        )
        message.attach_alternative(rendered.html, "text/html")
        deliver(message)
    except (MailDelayed, MailFailed):
        raise
    except Exception as error:
        if is_outage(error):
            raise
        # An error in a template, for example. A day of attempts would only hide it.
        raise MailFailed(f"{type(error).__name__}: {error}") from error


def _headers(context: "TaskContext[..., None]") -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated"}  # No "out of office" replies (RFC 3834).
    if not settings.ANYMAIL:
        # The same for each attempt: mail programs show a mail once that arrives twice.
        result = context.task_result
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
        headers["Message-ID"] = f"<{result.id}.{result.enqueued_at:%Y%m%d%H%M%S}@{domain}>"
    return headers
