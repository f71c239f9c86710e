-- The quoted names of the tables that `flush` empties besides those of `public`.
-- A schema with a table of migrations is a tenant's. That table keeps its rows, as Django does in
-- `public`. PostgreSQL truncates a table of `public` only together with all tables that refer to it
-- by a constraint. The template's tables of third-party apps can be among these.
WITH RECURSIVE referring (oid) AS (
    SELECT conrelid
    FROM pg_constraint
    JOIN pg_class referrer ON referrer.oid = conrelid
    JOIN pg_class target ON target.oid = confrelid
    WHERE contype = 'f' AND referrer.relnamespace = to_regnamespace(%(template)s)
      AND target.relnamespace <> referrer.relnamespace
    UNION
    SELECT conrelid FROM pg_constraint JOIN referring ON referring.oid = confrelid
    WHERE contype = 'f'
)
SELECT format('"%%s"."%%s"', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'django_migrations'
  AND (n.nspname NOT IN (%(public)s, %(template)s)
       AND EXISTS (SELECT FROM pg_class m
                   WHERE m.relnamespace = n.oid AND m.relname = 'django_migrations')
       OR c.oid IN (SELECT oid FROM referring))
ORDER BY 1
