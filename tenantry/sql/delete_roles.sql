-- Deletes the roles of tenants of the database with the oid {oid}, each as the role that made it.
-- Roles that a copy of the database uses stay.
DO $$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT rolname AS role, member::regrole::text AS maker
        FROM pg_roles
        LEFT JOIN pg_auth_members
            ON roleid = pg_roles.oid AND admin_option
            AND starts_with(member::regrole::text, 'tenant_{oid}_')
        WHERE starts_with(rolname, 'tenant_{oid}_')
        ORDER BY member IS NULL
    LOOP
        BEGIN
            EXECUTE 'SET LOCAL ROLE ' || coalesce(made.maker, 'none');
            EXECUTE 'DROP ROLE ' || made.role;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            NULL;
        END;
        SET LOCAL ROLE none;
    END LOOP;
END
$$
