"""`mail_send`, which every other app calls."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import get_template

from shared_apps.core.addresses import mail_address
from tenantry.context import active_schema

from .rendering import FORMATS
from .values import mail_values, seal


def mail_send(
    *,
    to: str,
    template: str,
    context: Mapping[str, Any] | None = None,
    sealed: Mapping[str, str] | None = None,
    platform: bool = False,
) -> None:
    """Send a mail after the commit of the caller's transaction, never if it is rolled back.

    In an organization it is a task of this organization, and waits while that is suspended. Without
    one it is a task of the platform.

    Args:
        to: the address of the recipient.
        template: the path of its templates, without `.txt` and `.html`.
        context: their variables: JSON, decimals, UUIDs, dates and times.
        sealed: more variables, which are secret, such as a link that signs a person in. The queue
            has them encrypted.
        platform: True for a mail that must not wait for the active organization.

    Raises:
        DomainError: 400 `invalid_address`.
        TemplateDoesNotExist: one of the templates is missing.
        TypeError, ValueError: the context has another value, or a time without a zone.
    """
    from .tasks import send_mail, send_platform_mail  # noqa: PLC0415 (tasks need loaded models)

    address = mail_address(to)
    for ending in FORMATS:
        get_template(f"{template}.{ending}")
    task = send_platform_mail if platform or active_schema() is None else send_mail
    # A worker of the previous release knows no sealed values.
    secrets = [seal(sealed)] if sealed else []
    task.enqueue(address, template, mail_values(context or {}), *secrets)
