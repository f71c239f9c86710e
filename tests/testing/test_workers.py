"""Another project uses the plugin: four workers, random order, a database for each worker."""

import pytest

from .conftest import RunTests

pytestmark = pytest.mark.proof

SUITE = """
import pytest
from django.db import connection

from tenantry.context import tenant_context
from tenant_apps.items.models import Item


def item(member, text):
    return Item.objects.create(sku=text, description=text, price=1)


@pytest.mark.parametrize("number", range(20))
def test_organizations_start_empty(organization, other_organization, number):
    schemas = (organization.schema_name, other_organization.schema_name)
    assert schemas == ("acme", "globex")
    for each in (organization, other_organization):
        with tenant_context(each):
            assert not Item.objects.exists()
            Item.objects.create(sku="A", price=1)


def test_a_view(assert_isolated):
    assert_isolated("/api/items/", seed=item)


def test_a_member(as_member, organization):
    assert as_member(organization).get("/api/items/").json()["count"] == 0
"""

LEAKS = """
import pytest
from django.db import connection
from django.http import JsonResponse
from django.urls import path

from tenantry.context import tenant_context
from tenant_apps.items.models import Item


def item(member, text):
    return Item.objects.create(sku=text, description=text, price=1)


def all_items(request):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sku FROM acme.tenantry_items_item "
            "UNION SELECT sku FROM globex.tenantry_items_item"
        )
        return JsonResponse({"items": cursor.fetchall()})


urlpatterns = [path("all/", all_items)]


@pytest.fixture
def entered(organization):
    connection.set_tenant(organization)


def test_leaking_view(assert_isolated, settings):
    settings.ROOT_URLCONF = __name__
    assert_isolated("/all/", seed=item)


def test_leaking_test(organization):
    tenant_context(organization).__enter__()


def test_leaking_fixture(entered):
    pass
"""

WORKERS = ("-n", "4", "-p", "randomly")


def test_a_correct_suite_passes_with_four_workers_in_random_order(run_tests: RunTests) -> None:
    result = run_tests(*WORKERS, test_suite=SUITE)

    result.assert_outcomes(passed=22)
    result.stdout.fnmatch_lines(["Using --randomly-seed=*", "created: 4/4 workers"])


def test_a_leaking_view_test_and_fixture_fail_with_four_workers(
    run_tests: RunTests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TENANT_ROLES", "false")  # With roles PostgreSQL stops the view.
    result = run_tests(*WORKERS, test_leaks=LEAKS)

    result.assert_outcomes(passed=2, failed=1, errors=2)
    result.stdout.fnmatch_lines_random(
        [
            "*GET /all/ of a member of acme shows data of globex*",
            "ERROR *::test_leaking_test*",
            "ERROR *::test_leaking_fixture*",
        ]
    )
