"""SQL logs say for which tenant a statement was, and which ones were slow."""

import logging
from collections.abc import Callable
from time import perf_counter
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


class RowFilter(logging.Filter):
    """Takes the row that PostgreSQL quotes out of the error it refuses it with.

    All of its values are in the DETAIL, of a user the password's hash as well. A filter of
    handlers: whoever handles the error has it whole before it is logged.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        while error:
            for refused in (error, error.__cause__):
                if isinstance(refused, psycopg2.Error) and refused.diag.message_detail:
                    error.args = (refused.diag.message_primary,)
            error = error.__cause__ or error.__context__
        return True


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
