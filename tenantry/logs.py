"""Log lines say for which tenant they were made, and no text in one passes for another."""

from collections.abc import MutableMapping
from typing import Any

from .context import active_schema


def add_schema(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add `schema` to a line, where a tenant is active (a processor of structlog).

    It runs in the thread or task that makes the line.
    """
    if schema := active_schema():
        event["schema"] = schema
    return event


def indent(logger: Any, method: str, text: str) -> str:
    """Let each line alone begin at the margin (a processor, after the one that makes the text).

    A value with a line break in it, logged for one tenant, would else write another's line.
    """
    return "\n    ".join(text.splitlines())
