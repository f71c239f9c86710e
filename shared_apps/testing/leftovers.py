"""What one test leaves to the next: a tenant still active fails it, counts are forgotten."""

import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches

from shared_apps.core.counters import memory
from tenantry import context

# Who enters a tenant is whoever called these.
_ENTRANCES = (str(Path(context.__file__).parent), "/django_tenants/", "/contextlib.py")


class _Located:
    """The engine's variable, which in tests remembers the line that set it last."""

    def __init__(self, variable: ContextVar[Any]) -> None:
        self.variable = variable
        self.where = ""
        self.get = variable.get

    def set(self, level: Any) -> None:
        self.variable.set(level)
        if level.tenant:
            caller = sys._getframe(1)
            while caller.f_back and any(part in caller.f_code.co_filename for part in _ENTRANCES):
                caller = caller.f_back
            self.where = f"{caller.f_code.co_filename}:{caller.f_lineno}"


def pytest_configure() -> None:
    """Let the engine say where a tenant was entered."""
    if isinstance(context._current, ContextVar):
        context._current = _Located(context._current)  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def counts_begin_anew() -> None:
    """Let no test be throttled for what others asked for in the same minute."""
    caches["shared"].clear()
    memory.forget()


@pytest.fixture(autouse=True)
def no_tenant_is_left_active() -> Iterator[None]:
    """Fail the test before or after which code works for a tenant; the next one begins without."""
    _refuse("A tenant is active before the test begins: a fixture of a wider scope has left {}")
    level = context._current.get()
    yield
    try:
        _refuse("The test, or a fixture of its own, has left {}")
    finally:
        context._current.set(level)


def _refuse(message: str) -> None:
    left = context.active_schema()
    if left is not None:
        where = context._current.where  # type: ignore[attr-defined]
        pytest.fail(message.format(f"{left} active; it was entered at {where}"), pytrace=False)
