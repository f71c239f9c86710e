-- How many of PostgreSQL's locks it takes to create another schema like the first one of the
-- search_path, about, and how many the server has room for:
--   needed, max_locks_per_transaction, processes that it is multiplied by.
-- https://www.postgresql.org/docs/current/runtime-config-locks.html
WITH relation AS MATERIALIZED (
    SELECT pg_class.oid AS relid, reltoastrelid
    FROM pg_depend JOIN pg_class ON pg_class.oid = objid
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_namespace'::regclass
      AND refobjid = to_regnamespace(quote_ident(current_schema()))
)
SELECT (SELECT count(*) + 2 * count(*) FILTER (WHERE reltoastrelid <> 0) FROM relation)
       + (SELECT count(*) FROM relation JOIN pg_index ON indrelid = relid)
       + (SELECT count(*) FROM relation JOIN pg_constraint ON conrelid = relid
          WHERE contype <> 'n')
       -- Before 18 a session keeps only 16 weak locks to itself, so the source's relations, which
       -- are read, and some 20 catalogs count as well.
       + CASE WHEN current_setting('server_version_num')::integer < 180000
         THEN (SELECT count(*) + 20 FROM relation)
              + (SELECT count(*) FROM relation JOIN pg_index ON indrelid = relid)
         ELSE 0 END,
       current_setting('max_locks_per_transaction')::integer,
       current_setting('max_connections')::integer
       + current_setting('max_prepared_transactions')::integer
