-- Deletes the roles of tenants of the database with the oid {oid}, each as the role that made it;
-- with a condition ("AND ..."), only some of them. Roles that have privileges or objects stay, such as
-- those that a copy of the database uses.
DO $$
DECLARE
    made record;
    maker text := 'none';
BEGIN
    -- After each DROP ROLE, SET ROLE computes all roles of the login again. Without the door these
    -- are only the makers.
    IF to_regrole('tenant_{oid}_door') IS NOT NULL THEN
        REVOKE tenant_{oid}_door FROM CURRENT_USER;
    END IF;
    FOR made IN
        SELECT rolname AS role, coalesce(member::regrole::text, 'none') AS maker
        FROM pg_roles
        LEFT JOIN pg_auth_members
            ON roleid = pg_roles.oid AND admin_option
            AND starts_with(member::regrole::text, 'tenant_{oid}_')
        WHERE starts_with(rolname, 'tenant_{oid}_')
            AND rolname NOT IN ('tenant_{oid}_door', 'tenant_{oid}_reader')
            {condition}
        ORDER BY member IS NULL, member
    LOOP
        IF made.maker <> maker THEN
            maker := made.maker;
            EXECUTE 'SET LOCAL ROLE ' || maker;
        END IF;
        BEGIN
            EXECUTE 'DROP ROLE ' || made.role;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL;
        END;
    END LOOP;
    SET LOCAL ROLE none;
    BEGIN
        IF EXISTS (
            SELECT FROM pg_roles WHERE starts_with(rolname, 'tenant_{oid}_')
                AND rolname NOT IN ('tenant_{oid}_door', 'tenant_{oid}_reader')
        ) THEN
            GRANT tenant_{oid}_door TO CURRENT_USER;
        ELSE
            DROP ROLE IF EXISTS tenant_{oid}_door, tenant_{oid}_reader;
        END IF;
    EXCEPTION WHEN dependent_objects_still_exist THEN
        GRANT tenant_{oid}_door TO CURRENT_USER;
    END;
END
$$
