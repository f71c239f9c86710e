"""Callbacks of `transaction.on_commit()` that run with the tenant and role of the call."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from tenantry.context import current_level, tenant_context
from tenantry.roles import acting_as_owner, acts_as_owner


class CommitCallback:
    """A callback with the tenant, the role and the read-only state from when it was created.

    It equals its function, because tests compare the result of `captureOnCommitCallbacks()` with
    their functions.
    """

    def __init__(self, function: Callable[[], Any]) -> None:
        # Django logs the name of a robust callback that fails.
        update_wrapper(self, function, updated=())
        self._function = function
        self._is_owners = acts_as_owner()
        level = current_level()
        self._context = tenant_context(
            level.tenant, include_public=level.include_public, read_only=level.read_only
        )

    def __call__(self) -> Any:
        with self._context, acting_as_owner(self._is_owners):
            return self._function()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CommitCallback):
            other = other._function
        return bool(self._function == other)

    def __hash__(self) -> int:
        return hash(self._function)
