"""SQL logs say for which tenant a statement was, and which ones were slow."""

import logging
from collections.abc import Callable, Iterator
from time import perf_counter
from traceback import TracebackException
from types import TracebackType
from typing import Any

import psycopg2

from ..context import active_schema
from ..names import PUBLIC

logger = logging.getLogger("tenancy.slow")

_LONGEST = 2000  # characters


def add_schema(record: logging.LogRecord) -> bool:
    """Add the active schema to the text that Django logs of a statement.

    A filter of the logger `django.db.backends`; Django gives its records no other hook.
    """
    if isinstance(record.args, tuple):
        record.msg = f"{record.msg}; schema=%s"
        record.args = (*record.args, active_schema() or PUBLIC)
    return True


def traceback_without_rows(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Format an exception without the row that PostgreSQL quotes when it refuses it.

    All of its values are in the DETAIL, of a user the password's hash as well. Only the text is
    changed: other handlers, and code that catches the exception, have it whole.
    """
    error = exc_info[1]
    rows = [each.diag.message_detail for each in _chain(error) if isinstance(each, psycopg2.Error)]
    trace = TracebackException(*exc_info, compact=True)
    for shown in _chain(trace):
        for row in filter(None, rows):
            # Where Python's own module keeps the text of each exception.
            shown._str = shown._str.replace(row, "(not logged)")
    return "".join(trace.format()).rstrip()


def _chain(first: Any) -> Iterator[Any]:
    """Go through an exception, its causes, contexts and groups; each once, cycles included."""
    found, seen = [first], {id(first)}
    for each in found:
        yield each
        linked = (each.__cause__, each.__context__, *(getattr(each, "exceptions", None) or ()))
        new = [link for link in linked if link is not None and id(link) not in seen]
        seen.update(map(id, new))
        found += new


def log_if_slow(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Log a statement that took longer than SLOW_STATEMENT, also one that failed.

    An execute wrapper of each connection. The values are left out: they are the customers', and
    passwords among them.
    """
    begun = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (perf_counter() - begun) * 1000
        if took >= context["connection"].settings_dict["SLOW_STATEMENT"]:
            logger.warning("%.0f ms: %s", took, str(sql)[:_LONGEST], extra={"milliseconds": took})
