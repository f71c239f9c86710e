"""SQL logs say for which tenant a statement was."""

import logging

from ..context import active_schema
from ..names import PUBLIC


def add_schema(record: logging.LogRecord) -> bool:
    """Add the active schema to what Django logs of a statement, as text and as `record.schema`.

    A filter of the logger `django.db.backends`; Django gives its records no other hook.
    """
    schema = record.__dict__["schema"] = active_schema() or PUBLIC
    if isinstance(record.args, tuple):
        record.msg = f"{record.msg}; schema=%s"
        record.args = (*record.args, schema)
    return True
