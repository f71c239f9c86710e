-- Names of tenants' tables and of their sequences that are not reserved in `public` yet, and, with
-- true, reserved names that no tenant table has any more.
WITH wanted AS (
    SELECT unnest(%(tables)s::name[]) AS name
    UNION
    SELECT sequence.relname
    FROM pg_class AS owner
    JOIN pg_depend ON refclassid = 'pg_class'::regclass AND refobjid = owner.oid
    JOIN pg_class AS sequence ON classid = 'pg_class'::regclass AND objid = sequence.oid
    WHERE owner.relnamespace = to_regnamespace(%(template)s)
        AND owner.relname = ANY(%(tables)s::name[])
        AND sequence.relkind = 'S'
)
SELECT name::text, false AS outdated
FROM wanted
WHERE NOT EXISTS (
    SELECT FROM pg_class
    WHERE relname = name AND relnamespace = 'public'::regnamespace
        AND (relkind = 'c' OR name <> ALL(%(tables)s::name[]))
)
-- An enum or an extension's type also prevents a table of its name. An array type does not:
-- PostgreSQL renames it when its name is needed.
AND NOT EXISTS (
    SELECT FROM pg_type
    WHERE typname = name AND typnamespace = 'public'::regnamespace
        AND typtype <> 'c' AND typcategory <> 'A'
)
UNION ALL
SELECT typname::text, true
FROM pg_depend JOIN pg_type ON pg_type.oid = objid
WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'public'::regnamespace
    AND classid = 'pg_type'::regclass AND typtype = 'c'
    AND obj_description(objid, 'pg_type') = %(mark)s
    AND typname NOT IN (SELECT name FROM wanted)
