"""Log records say for which tenant they were made, and no text in one passes for another."""

import logging

from .context import active_schema


class SchemaFilter(logging.Filter):
    """Adds `schema` to each record that passes: `-` where there is no tenant.

    A filter of handlers, which Python runs in the thread or task that makes the record. Not a
    record factory: a record that has its `schema` before a caller's `extra` is a KeyError for each
    library that has an extra of that name.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.schema = active_schema() or _schema_of_request(record) or "-"
        return True


def _schema_of_request(record: logging.LogRecord) -> str | None:
    """Return whose the request is that Django logs an answer of, after all middleware was left."""
    organization = getattr(getattr(record, "request", None), "organization", None)
    return getattr(organization, "schema_name", None)


class LineFormatter(logging.Formatter):
    """Lets each record alone begin at the margin.

    A value with a line break in it, logged for one tenant, would else write another's line.
    """

    def format(self, record: logging.LogRecord) -> str:
        return "\n    ".join(super().format(record).splitlines())
