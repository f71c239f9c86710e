"""SQL logs say for which tenant a statement was, and which ones were slow."""

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
    rows = _rows(exc_info[1])
    trace = TracebackException(*exc_info, compact=True)
    for shown in _chain(trace):
        # Where Python's own module keeps the text of each exception.
        shown._str = _without(rows, shown._str)
    return "".join(trace.format()).rstrip()


def without_rows(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave those rows out of the texts of a line, too (a processor of structlog).

    They are known where the line is made while the exception is handled, in its `except` block.
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
