"""Which database errors are temporary."""

from django.db import Error, InterfaceError, OperationalError

# Lost connections; deadlocks and serialization failures; not enough disk, memory or connections; a
# lock timeout; a cancelled statement or a shutdown; system errors; a write to a standby; an idle
# transaction that was ended. https://www.postgresql.org/docs/18/errcodes-appendix.html
_TEMPORARY = ("08", "40", "53", "55P03", "57", "58", "25006", "25P03")


def is_outage(error: BaseException | None) -> bool:
    """Return whether the same request can succeed a moment later.

    An error without a code means that the connection was lost or could not be opened.
    """
    if not isinstance(error, Error):
        return False
    code: str | None = getattr(error.__cause__, "pgcode", None)
    if code is None:
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(_TEMPORARY)
