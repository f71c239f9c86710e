"""A test that leaves a tenant active fails, and names the line that activated it."""

import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest

from tenantry import context

# Frames of these files are skipped: the test's own line is the one to name.
_INTERNAL = (str(Path(context.__file__).parent), "/django_tenants/", "/contextlib.py")


class _Located:
    """The engine's ContextVar, which in tests remembers the line that set it last."""

    def __init__(self, variable: ContextVar[Any]) -> None:
        self.variable = variable
        self.where = ""
        self.get = variable.get

    def set(self, level: Any) -> None:
        self.variable.set(level)
        if level.tenant:
            caller = sys._getframe(1)
            while caller.f_back and any(part in caller.f_code.co_filename for part in _INTERNAL):
                caller = caller.f_back
            self.where = f"{caller.f_code.co_filename}:{caller.f_lineno}"


def pytest_configure() -> None:
    """Record where each tenant is activated."""
    if isinstance(context._current, ContextVar):
        context._current = _Located(context._current)  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def no_tenant_is_left_active() -> Iterator[None]:
    """Fail a test that starts or ends with a tenant active; the next test starts without one."""
    _fail_if_active(
        "A tenant is active before the test begins: a fixture of a wider scope has left {}"
    )
    level = context._current.get()
    yield
    try:
        _fail_if_active("The test, or a fixture of its own, has left {}")
    finally:
        context._current.set(level)


def _fail_if_active(message: str) -> None:
    left = context.active_schema()
    if left is not None:
        where = context._current.where  # type: ignore[attr-defined]
        pytest.fail(message.format(f"{left} active; it was activated at {where}"), pytrace=False)
