"""A test that leaves a tenant active fails, with the line that activated it.

django-tenants leaves one active on purpose: TenantMainMiddleware after a request, and
TenantTestCase for all of its tests.
"""

import sys
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

from tenantry import context

# Frames of these files are skipped, to find the line of the test.
_INTERNAL = (str(Path(context.__file__).parent), "/django_tenants/", "/contextlib.py")


class _Located:
    """The engine's ContextVar, with the line that last set it."""

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


_before_request: ContextVar[context.Level | None] = ContextVar("before_request", default=None)


def pytest_configure() -> None:
    """Record where tenants are activated, and restore the tenant after each test client request."""
    if isinstance(context._current, ContextVar):
        context._current = _Located(context._current)  # type: ignore[assignment]
    request_started.connect(_save_level)
    request_finished.connect(_restore_level)


def _save_level(**_: object) -> None:
    _before_request.set(context.current_level())


def _restore_level(**_: object) -> None:
    # Not in a block of another request: Python can collect a streamed response at any time, which
    # sends this signal.
    level, now = _before_request.get(), context.current_level()
    if level and now != level and now.entry is level.entry and now.parent is level.parent:
        context._current.set(level)


@pytest.fixture(autouse=True)
def no_tenant_is_left_active(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that starts or ends with an active tenant. The next test starts without one."""
    # The tenant of django-tenants' test cases.
    own = getattr(getattr(request.cls, "tenant", None), "schema_name", None)
    _fail_if_active(
        "A tenant is active before the test begins: a fixture of a wider scope left {}", own
    )
    level = context._current.get()
    yield
    try:
        _fail_if_active("The test or one of its fixtures left {}", own)
    finally:
        context._current.set(level)


def _fail_if_active(message: str, own: str | None) -> None:
    left = context.active_schema()
    if left not in (None, own):
        where = context._current.where  # type: ignore[attr-defined]
        pytest.fail(message.format(f"{left} active; it was activated at {where}"), pytrace=False)
