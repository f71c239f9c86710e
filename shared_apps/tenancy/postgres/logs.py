"""SQL logs say for which tenant a statement was."""

import logging

from ..context import active_schema
from ..names import PUBLIC


def add_schema(record: logging.LogRecord) -> bool:
    """Add the active schema to the text that Django logs of a statement.

    A filter of the logger `django.db.backends`; Django gives its records no other hook.
    """
    if isinstance(record.args, tuple):
        record.msg = f"{record.msg}; schema=%s"
        record.args = (*record.args, active_schema() or PUBLIC)
    return True
