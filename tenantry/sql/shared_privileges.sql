-- What tenants' roles may do with relations of shared schemas: a REVOKE in each row.
-- Parameters: the tables of `public` that tenants may read; the schemas.
-- A privilege counts that every role has, or a role of tenants, or a role that their readers are
-- members of. Roles are found by name, since a restored database has those of its original.
WITH relation AS MATERIALIZED (
    SELECT pg_class.oid, relkind, relacl, nspname = 'public' AND relname = ANY(%s) AS is_readable
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = ANY(%s) AND relkind IN ('r', 'v', 'm', 'p', 'f', 'S') AND NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
), granted AS (
    SELECT oid, relkind, is_readable, privilege.*
    FROM relation, aclexplode(relacl) AS privilege
    UNION ALL
    SELECT oid, relkind, is_readable, privilege.*
    FROM relation JOIN pg_attribute ON attrelid = oid AND attacl IS NOT NULL,
         aclexplode(attacl) AS privilege
)
SELECT format('REVOKE %%s ON %%s%%s FROM %%s',
              string_agg(DISTINCT privilege_type, ', ' ORDER BY privilege_type),
              CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE '' END,
              granted.oid::regclass, coalesce(quote_ident(rolname), 'PUBLIC'))
FROM granted LEFT JOIN pg_roles ON pg_roles.oid = grantee
WHERE NOT (is_readable AND privilege_type = 'SELECT') AND (
    grantee = 0
    OR rolname ~ '^tenant_[0-9]+_'
    OR EXISTS (
        SELECT FROM pg_roles AS reader
        WHERE reader.rolname ~ '^tenant_[0-9]+_reader$'
            AND pg_has_role(reader.oid, grantee, 'USAGE')
    )
)
GROUP BY granted.oid, relkind, rolname
ORDER BY 1
