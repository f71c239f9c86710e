"""A test that leaves a tenant active fails and shows the line that entered it."""

import pytest
from django.core.signals import request_finished, request_started

from tenantry.context import active_schema, tenant_context

from .conftest import RunTests

LEAKS = """
import pytest
from django.db import connection

from tenantry.context import NamedTenant, active_schema, tenant_context


def enter():
    tenant_context("acme").__enter__()


@pytest.fixture
def entered():
    connection.set_tenant(NamedTenant("acme"))


@pytest.fixture
def left():
    with tenant_context("acme"):
        yield


def test_leaks():
    enter()


def test_has_a_fixture_that_leaks(entered):
    assert active_schema() == "acme"


def test_has_a_fixture_that_leaves_it(left):
    assert active_schema() == "acme"


@pytest.mark.parametrize("number", range(3))
def test_is_correct(number):
    assert active_schema() is None
    with tenant_context("acme"):
        pass
"""

WIDE = """
import pytest

from tenantry.context import tenant_context


@pytest.fixture(scope="module", autouse=True)
def wide():
    with tenant_context("acme"):
        yield


def test_begins_in_a_tenant():
    pass
"""


@pytest.mark.proof
def test_a_leaking_test_and_leaking_fixtures_fail_and_no_other(run_tests: RunTests) -> None:
    result = run_tests(test_leaks=LEAKS, test_wide=WIDE)

    result.assert_outcomes(passed=6, errors=3)
    result.stdout.fnmatch_lines_random(
        [
            "ERROR test_leaks.py::test_leaks*",
            "*left acme active; it was activated at *test_leaks.py:8",
            "ERROR test_leaks.py::test_has_a_fixture_that_leaks*",
            "*left acme active; it was activated at *test_leaks.py:13",
            "ERROR test_wide.py::test_begins_in_a_tenant*",
            "*before the test begins: * left acme active; it was activated at *test_wide.py:8",
        ]
    )


@pytest.mark.django_db  # The signals check an open connection.
def test_the_late_end_of_a_response_does_not_change_the_tenant_of_the_next_request() -> None:
    request_started.send(None)
    with tenant_context("acme"):
        request_finished.send(None)

        assert active_schema() == "acme"
