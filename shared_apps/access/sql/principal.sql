-- The caller, the organization they ask for and their live membership in it, as one row;
-- no row for a token that is unknown or expired and for a user who was deactivated.
WITH caller AS (
    SELECT id AS token_id, user_id, organization_id AS choice
    FROM public.users_apitoken
    WHERE digest = %(token_digest)s AND expiry > now()
    UNION ALL
    SELECT NULL, %(user_id)s::bigint, %(choice)s::bigint
    WHERE %(user_id)s::bigint IS NOT NULL
)
SELECT caller.token_id, m.role, {migrated}, {user}, {organization}
FROM caller
JOIN public.users_user u ON u.id = caller.user_id AND u.is_active
LEFT JOIN public.organizations_organization o ON o.id = coalesce(caller.choice, u.organization_id)
LEFT JOIN public.organizations_membership m ON m.user_id = u.id AND m.organization_id = o.id
