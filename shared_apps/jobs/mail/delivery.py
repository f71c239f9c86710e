"""Hands a mail to the server."""

from django.core.mail import EmailMessage, get_connection

from .replies import explained


def deliver(message: EmailMessage) -> None:
    """Send a mail.

    Raises:
        MailDelayed: the server gave no response, or a temporary error.
        MailFailed: the server gave a permanent error.
    """
    connection = get_connection()
    try:
        connection.send_messages([message])
    except Exception as error:  # noqa: BLE001 (another's error is raised again)
        raise explained(error) from None
    finally:
        connection.close()
