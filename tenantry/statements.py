"""One statement for each string while a tenant is active, and `several_statements`, the exit."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .context import active_schema

_several: ContextVar[bool] = ContextVar("tenancy_several_statements", default=False)


@contextmanager
def several_statements(*, reason: str) -> Iterator[None]:
    """Allow several statements in one string, as a `with` block or as a decorator of a function.

    DO, DISCARD and the statements that change the role are allowed as well. Do not use it around a
    `yield`: the rule would be off for the caller.

    Args:
        reason: why the code needs this, for readers who search for all uses.

    Raises:
        ValueError: when the reason is empty.
    """
    if not reason.strip():
        raise ValueError("several_statements() needs a reason.")
    token = _several.set(True)
    try:
        yield
    finally:
        _several.reset(token)


def only_one_statement() -> bool:
    """Return whether a string must be one statement: in a tenant, outside `several_statements`."""
    return not _several.get() and active_schema() is not None
