"""Options that PostgreSQL sets itself do not make two schemas different.

Only a superuser can write to the catalog. So the name of this file does not match test_*.py, and
only the proof on PostgreSQL 15 runs it (tests/isolation/test_postgres_15.py).
"""

from tenantry.schemas.catalog import describe_schema, description_differences, fingerprint
from tests.tenantry.schemas import copy_schema, create, create_extensions, run
from tests.tenantry.test_catalog import OPTIONS

# Options that the server can add: names that begin with pg_, or any name in the lists to which no
# extension adds.
ADDED = """
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


def test_options_of_the_server_itself_make_no_difference(db: None) -> None:
    """PostgreSQL 15.20 sets a `pg_attver` on each column, different in each table."""
    create_extensions()
    create("source", OPTIONS)
    before = describe_schema("source")
    run("source", ADDED)
    assert description_differences(before, describe_schema("source")) == []
    create("copied")
    copy_schema("source", "copied")
    assert fingerprint("copied") == before.fingerprint
