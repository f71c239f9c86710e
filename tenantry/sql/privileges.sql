-- Objects of the first schema of search_path with other privileges than the default ones and those
-- of the tenant's role, if it has one: the description of an object in each row.
WITH member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = current_schema()::regnamespace
), tenant AS MATERIALIZED (
    SELECT to_regrole(role)::oid AS role
    FROM public.tenancy_schemastate
    WHERE schema_name = current_schema() AND role <> ''
), granted AS (
    SELECT 'pg_namespace'::regclass AS classid, oid AS objid, 0 AS subid, nspacl AS acl,
           acldefault('n', nspowner) AS usual, '{USAGE}'::text[] AS needed
    FROM pg_namespace WHERE oid = current_schema()::regnamespace

    UNION ALL
    SELECT classid, objid, 0, relacl,
           acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner),
           CASE WHEN relkind = 'S' THEN '{SELECT,UPDATE,USAGE}'
                WHEN relkind IN ('r', 'v', 'm', 'p', 'f') THEN '{SELECT,INSERT,UPDATE,DELETE}'
                ELSE '{}' END::text[]
    FROM member JOIN pg_class ON oid = objid AND classid = 'pg_class'::regclass

    UNION ALL
    SELECT classid, objid, attnum, attacl, NULL, '{}'
    FROM member JOIN pg_attribute ON attrelid = objid AND classid = 'pg_class'::regclass
    WHERE attacl IS NOT NULL

    UNION ALL
    SELECT classid, objid, 0, proacl,
           CASE WHEN prosecdef AND EXISTS (SELECT FROM tenant)
               THEN ARRAY[makeaclitem(proowner, proowner, 'EXECUTE', false)]
               ELSE acldefault('f', proowner) END,
           CASE WHEN prosecdef AND prorettype <> 'trigger'::regtype
               THEN '{EXECUTE}' ELSE '{}' END::text[]
    FROM member JOIN pg_proc ON oid = objid AND classid = 'pg_proc'::regclass

    UNION ALL
    SELECT classid, objid, 0, typacl, acldefault('T', typowner), '{}'
    FROM member JOIN pg_type ON oid = objid AND classid = 'pg_type'::regclass

    UNION ALL
    SELECT classid, objid, 0, defaclacl, NULL,
           CASE defaclobjtype WHEN 'r' THEN '{SELECT,INSERT,UPDATE,DELETE}'
                              WHEN 'S' THEN '{SELECT,UPDATE,USAGE}' ELSE '{}' END::text[]
    FROM member JOIN pg_default_acl ON oid = objid AND classid = 'pg_default_acl'::regclass
)
SELECT pg_describe_object(classid, objid, subid)
FROM granted
WHERE ARRAY(
    SELECT (grantee, privilege_type, is_grantable)::text FROM aclexplode(coalesce(acl, usual))
    ORDER BY 1
) <> ARRAY(
    SELECT (grantee, privilege_type, is_grantable)::text FROM aclexplode(usual)
    UNION SELECT (role, unnest(needed), false)::text FROM tenant
    ORDER BY 1
)
ORDER BY 1
