"""The engine's tests pass on the oldest supported PostgreSQL."""

import pytest

from .servers import postgres_15, restricted_login
from .subsuite import assert_passes

pytestmark = pytest.mark.proof

FAST = ("-m", "not proof")
ROLES = "tests/tenantry/roles"
# Its test needs roles and the fixtures of a fleet.
IGNORED = (ROLES, "tests/tenantry/fleet/test_roles.py")


def test_the_engine_passes_its_tests_on_postgresql_15() -> None:
    # With the tests that need a superuser, for whom roles have no effect.
    files = ("-o", "python_files=test_*.py superuser_*.py", "tests/tenantry")
    without = [f"--ignore={path}" for path in IGNORED]
    with postgres_15() as server:
        environment = {"DATABASE_URL": server.url, "TENANT_ROLES": "false"}
        assert_passes(*FAST, *files, *without, least=10, seconds=1_500, **environment)


def test_postgresql_15_enforces_the_roles() -> None:
    with postgres_15() as server:
        assert_passes(
            *FAST, ROLES, least=10, seconds=1_500, DATABASE_URL=restricted_login(server).url
        )
