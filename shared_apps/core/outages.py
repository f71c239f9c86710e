"""Which errors are the machine's and pass, and which are the code's."""

from django.db import Error, InterfaceError, OperationalError

# Connection exceptions; deadlocks and their like; want of disk, memory or connections; a lock or a
# statement that took too long; a shutdown; the system's own errors; a standby that was the
# primary; a transaction that lay idle.
# https://www.postgresql.org/docs/18/errcodes-appendix.html
_PASSING = ("08", "40", "53", "55P03", "57", "58", "25006", "25P03")


def is_outage(error: BaseException | None) -> bool:
    """Return whether the same request may well succeed a moment later.

    Where PostgreSQL gives no code, the connection is lost or could not be opened.
    """
    if not isinstance(error, Error):
        return False
    code: str | None = getattr(error.__cause__, "pgcode", None)
    if code is None:
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(_PASSING)
