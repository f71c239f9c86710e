-- The endpoints with a message that is due, if no task has the endpoint or waits for it; of many,
-- those that have waited longest.
-- `head` walks from one endpoint with waiting messages to the next, one look into the index for
-- each, however many messages it has.
WITH RECURSIVE head (endpoint_id, due_at) AS (
    (
        SELECT endpoint_id, due_at FROM public.tenantry_webhooks_delivery
        WHERE status = 'waiting'
        ORDER BY endpoint_id, due_at LIMIT 1
    )
    UNION ALL
    SELECT following.endpoint_id, following.due_at
    FROM head CROSS JOIN LATERAL (
        SELECT endpoint_id, due_at FROM public.tenantry_webhooks_delivery
        WHERE status = 'waiting' AND endpoint_id > head.endpoint_id
        ORDER BY endpoint_id, due_at LIMIT 1
    ) AS following
)
SELECT endpoint.*
FROM head JOIN public.tenantry_webhooks_endpoint AS endpoint ON endpoint.id = head.endpoint_id
WHERE head.due_at <= %(now)s
    AND endpoint.is_enabled
    AND coalesce(endpoint.retry_at, '-infinity') <= %(now)s
    AND coalesce(endpoint.leased_until, '-infinity') <= %(now)s
    AND NOT EXISTS (
        SELECT FROM public.tenantry_jobs_job AS job
        WHERE job.status = 'READY' AND job.unique_key <> '' AND job.task = %(task)s
            AND job.schema_name = endpoint.schema_name AND job.unique_key = endpoint.id::text
    )
ORDER BY head.due_at LIMIT %(limit)s
