"""SQL logs: the schema of each statement, slow statements, and errors without customers' data."""

import logging
import sys
from collections.abc import Callable, Iterator, MutableMapping
from time import perf_counter
from traceback import TracebackException
from types import TracebackType
from typing import Any

import psycopg2

from tenantry.context import active_schema
from tenantry.names import PUBLIC

logger = logging.getLogger("tenancy.slow")

_LONGEST = 2000  # characters


def add_schema(record: logging.LogRecord) -> bool:
    """Add the active schema to the text that Django logs for a statement.

    A filter of the logger `django.db.backends`, because Django has no other hook.
    """
    if isinstance(record.args, tuple):
        record.msg = f"{record.msg}; schema=%s"
        record.args = (*record.args, active_schema() or PUBLIC)
    return True


def traceback_without_rows(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Format an exception without the row that PostgreSQL quotes when it rejects it.

    The DETAIL contains all values of the row, such as the hash of a password. Only the text is
    changed: other handlers, and code that catches the exception, get all of it.
    """
    rows = _rows(exc_info[1])
    trace = TracebackException(*exc_info, compact=True)
    for shown in _chain(trace):
        # Python's traceback module stores the text of each exception here.
        shown._str = _without(rows, shown._str)
    return "".join(trace.format()).rstrip()


def without_rows(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Remove such rows from a log line (a processor of structlog).

    Only in an `except` block, where the exception and its rows are available.
    """
    handled = sys.exception()
    if rows := _rows(handled) if handled else []:
        for name, value in event.items():
            if isinstance(value, str | BaseException):
                event[name] = _without(rows, str(value))
    return event


def _rows(error: BaseException) -> list[str]:
    errors = (each for each in _chain(error) if isinstance(each, psycopg2.Error))
    return [each.diag.message_detail for each in errors if each.diag.message_detail]


def _without(rows: list[str], text: str) -> str:
    for row in rows:
        text = text.replace(row, "(not logged)")
    return text


def _chain(first: Any) -> Iterator[Any]:
    """Yield an exception with its causes, contexts and groups. Each once, also in a cycle."""
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
    """Log a statement that took longer than SLOW_STATEMENT, also if it failed.

    An execute wrapper of each connection. It does not log the parameters: they are customers' data
    and can contain passwords.
    """
    begun = perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        took = (perf_counter() - begun) * 1000
        if took >= context["connection"].settings_dict["SLOW_STATEMENT"]:
            logger.warning("%.0f ms: %s", took, str(sql)[:_LONGEST], extra={"milliseconds": took})
