"""Why a mail was not sent."""

from shared_apps.jobs.errors import PermanentFailure


class MailDelayed(Exception):
    """The server cannot take the mail now, or does not respond. The task tries again."""


class MailFailed(PermanentFailure):
    """The mail cannot be sent, however often the task tries."""
