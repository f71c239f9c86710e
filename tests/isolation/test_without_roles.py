"""The service passes its tests without TENANT_ROLES, as on a server without CREATEROLE."""

import pytest

from .subsuite import assert_passes

# The engine's tests run without roles anyway. The other files are about what only roles deny.
IGNORED = (
    "tests/dev",
    "tests/isolation/test_injection.py",
    "tests/tenantry",
    "tests/webhooks/test_wall.py",
)


@pytest.mark.proof
def test_the_service_passes_its_tests_without_roles() -> None:
    ignored = [f"--ignore={path}" for path in IGNORED]
    selected = ("-m", "not proof and not e2e", "-n", "auto", *ignored)

    assert_passes(*selected, least=1000, seconds=900, TENANT_ROLES="false")
