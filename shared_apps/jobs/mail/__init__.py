"""Mail, sent by tasks after the commit: `from shared_apps.jobs.mail import mail_send`."""

from .services import mail_send

__all__ = ["mail_send"]
