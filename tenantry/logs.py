"""Processors of structlog: the tenant of a log line, and safe line breaks."""

from collections.abc import MutableMapping
from typing import Any

from .context import active_schema


def add_schema(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add `schema` to a line if a tenant is active.

    Processors run in the thread or task that logs the line.
    """
    if schema := active_schema():
        event["schema"] = schema
    return event


def indent(logger: Any, method: str, text: str) -> str:
    """Indent all but the first line of a text. Put it after the renderer.

    Otherwise a value with a line break could forge a log line of another tenant.
    """
    return "\n    ".join(text.splitlines())
