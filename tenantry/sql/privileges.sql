-- Objects of the first schema of search_path with other privileges than the default ones: the
-- description of an object in each row.
WITH member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = current_schema()::regnamespace
), granted AS (
    SELECT 'pg_namespace'::regclass AS classid, oid AS objid, 0 AS subid, nspacl AS acl,
           acldefault('n', nspowner) AS usual
    FROM pg_namespace WHERE oid = current_schema()::regnamespace

    UNION ALL
    SELECT classid, objid, 0, relacl,
           acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)
    FROM member JOIN pg_class ON oid = objid AND classid = 'pg_class'::regclass

    UNION ALL
    SELECT classid, objid, attnum, attacl, NULL
    FROM member JOIN pg_attribute ON attrelid = objid AND classid = 'pg_class'::regclass

    UNION ALL
    SELECT classid, objid, 0, proacl, acldefault('f', proowner)
    FROM member JOIN pg_proc ON oid = objid AND classid = 'pg_proc'::regclass

    UNION ALL
    SELECT classid, objid, 0, typacl, acldefault('T', typowner)
    FROM member JOIN pg_type ON oid = objid AND classid = 'pg_type'::regclass

    UNION ALL
    SELECT classid, objid, 0, defaclacl, NULL
    FROM member JOIN pg_default_acl ON oid = objid AND classid = 'pg_default_acl'::regclass
)
SELECT pg_describe_object(classid, objid, subid)
FROM granted
WHERE acl IS NOT NULL AND acl IS DISTINCT FROM usual
ORDER BY 1
