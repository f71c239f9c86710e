"""Options that PostgreSQL keeps for itself are no structure.

Only a superuser can write to the catalog, so the name of this file keeps it out of `make test`; the
proof on PostgreSQL 15 collects it (tests/isolation/test_postgres_15.py).
"""

from tenantry.schemas.catalog import describe_schema, description_differences, fingerprint
from tenantry.schemas.copy import copy_schema
from tests.tenantry.schemas import create, create_extensions, run
from tests.tenantry.test_catalog import OPTIONS

# What the server might keep beside OPTIONS: its names begin with pg_, and in lists that no
# extension adds to they may be any.
PLANTED = """
UPDATE pg_attribute SET attoptions = '{pg_attver=7}' || attoptions || '{pg_b=a b}'
WHERE attnum > 0 AND attoptions IS NOT NULL AND attrelid IN ('t'::regclass, 'j'::regclass);

UPDATE pg_attribute SET attoptions = attoptions || '{kept=x}'
WHERE attnum > 0 AND attrelid IN ('t'::regclass, 'v'::regclass);

UPDATE pg_class SET reloptions = '{"pg_relver=''7, ",pg_b=}' || reloptions || '{pg_c=y}'
WHERE oid IN ('i'::regclass, 'j'::regclass, 't_b_excl'::regclass);

UPDATE pg_class SET reloptions = reloptions || '{kept=x}'
WHERE oid IN ('t'::regclass, 'v'::regclass)
    OR oid = (SELECT reltoastrelid FROM pg_class WHERE oid = 't'::regclass)
"""


def test_options_that_the_server_keeps_for_itself_are_no_structure(db: None) -> None:
    """PostgreSQL 15.20 keeps a `pg_attver` for each column: no two tables had the same."""
    create_extensions()
    create("source", OPTIONS)
    before = describe_schema("source")
    run("source", PLANTED)
    assert description_differences(before, describe_schema("source")) == []
    create("copied")
    copy_schema("source", "copied")
    assert fingerprint("copied") == before.fingerprint
