"""Names in `public` begin with `tenantry_` or `tenancy_`, so other apps cannot clash with them."""

import pytest
from django.db import connection

# Relations and constraints of other apps begin with their table's name.
NAMES = """
SELECT 'function ' || proname, proname
FROM pg_proc p
WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL
SELECT 'trigger ' || tgname, tgname
FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
UNION ALL
SELECT 'constraint ' || conname, conname
FROM pg_constraint JOIN pg_class c ON c.oid = conrelid
WHERE relnamespace = 'public'::regnamespace AND relname ~ '^(tenantry|tenancy)_'
UNION ALL
SELECT 'index ' || i.relname, i.relname
FROM pg_index JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
WHERE t.relnamespace = 'public'::regnamespace AND t.relname ~ '^(tenantry|tenancy)_'
"""


@pytest.mark.django_db
def test_names_in_public_have_a_prefix() -> None:
    with connection.cursor() as cursor:
        cursor.execute(NAMES)
        found = cursor.fetchall()

    assert {kind.split()[0] for kind, _ in found} == {"function", "trigger", "constraint", "index"}
    assert [kind for kind, name in found if not name.startswith(("tenantry_", "tenancy_"))] == []
