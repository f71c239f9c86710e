-- The approximate number of locks for the creation of another schema like the first one of
-- search_path, and the numbers that make up the server's limit:
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
       -- Before PostgreSQL 18 a session has only 16 fast-path locks. The relations of the source,
       -- which are read, and some 20 catalogs count as well then.
       + CASE WHEN current_setting('server_version_num')::integer < 180000
         THEN (SELECT count(*) + 20 FROM relation)
              + (SELECT count(*) FROM relation JOIN pg_index ON indrelid = relid)
         ELSE 0 END,
       current_setting('max_locks_per_transaction')::integer,
       current_setting('max_connections')::integer
       + current_setting('max_prepared_transactions')::integer
