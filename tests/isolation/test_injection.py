"""SQL injection reads nothing of another organization, and no password hash."""

from decimal import Decimal

import pytest
from pytest_django import Settings

from shared_apps.organizations.models import Organization
from shared_apps.users.models import User
from tenant_apps.items.services import item_create
from tenantry.context import tenant_context
from tenantry.errors import SeveralStatements
from tests.conftest import ClientOf

SECRET = "only globex may read this"
ITEMS = "SELECT description FROM globex.tenantry_items_item"
HASHES = "SELECT password FROM public.tenantry_users_user"
# Like query_to_xml(), which the embedded server lacks.
RUN = "ts_stat('{}')"
ITEMS_AS_WORDS = ITEMS.replace("description", "array_to_tsvector(ARRAY[description])")
HASHES_AS_WORDS = HASHES.replace("password", "array_to_tsvector(ARRAY[password])")
PAYLOADS = {
    "items": f"' UNION {ITEMS} --",
    "hashes": f"' UNION {HASHES} --",
    "subselect": f"' UNION SELECT (SELECT string_agg(d, '') FROM ({ITEMS}) AS t (d)) --",
    "a condition": f"' OR EXISTS ({ITEMS}) --",
    "an error": f"' OR 1 = CAST(({ITEMS} LIMIT 1) AS int) --",
    "a function that runs text": f"' UNION SELECT word FROM {RUN.format(ITEMS_AS_WORDS)} --",
    "hashes by it": f"' UNION SELECT word FROM {RUN.format(HASHES_AS_WORDS)} --",
    "set_config": (
        "' UNION SELECT set_config('role', 'none', true) || "
        f"(SELECT word FROM {RUN.format(ITEMS_AS_WORDS)} LIMIT 1) --"
    ),
}
STACKED = {
    "a second statement": f"'; {ITEMS} --",
    "a block": f"'; DO $$ BEGIN RESET ROLE; END $$; {ITEMS} --",
    "a reset": f"'; RESET ROLE; {ITEMS} --",
}


@pytest.fixture(autouse=True)
def service(settings: Settings, acme: Organization, globex: Organization) -> None:
    settings.ROOT_URLCONF = "tests.isolation.injectable_urls"
    for organization, text in ((acme, "our item"), (globex, SECRET)):
        with tenant_context(organization):
            item_create(sku="1", description=text, price=Decimal(1))


def inject(client_of: ClientOf, alice: User, payload: str) -> tuple[int, str]:
    response = client_of(alice).get("/api/injectable/", {"sku": payload})
    return response.status_code, response.content.decode()


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_postgresql_denies_what_is_injected(client_of: ClientOf, alice: User, payload: str) -> None:
    assert "our item" in inject(client_of, alice, "1")[1]

    status, content = inject(client_of, alice, payload)

    assert status == 400
    assert "permission denied" in content


@pytest.mark.parametrize("payload", STACKED.values(), ids=STACKED)
def test_the_engine_rejects_a_second_statement(
    client_of: ClientOf, alice: User, payload: str
) -> None:
    with pytest.raises(SeveralStatements):
        inject(client_of, alice, payload)


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS)
def test_without_roles_the_same_reads_everything(
    client_of: ClientOf, alice: User, settings: Settings, payload: str
) -> None:
    """So the test above can fail."""
    settings.TENANT_ROLES = False

    _, content = inject(client_of, alice, payload)

    assert any(text in content for text in (SECRET, alice.password, "our item"))
