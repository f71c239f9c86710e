-- Finds organizations with due tasks that may work, in the order of their names. The platform, which
-- has no schema, is the first.
-- `head` walks from one organization with tasks to the next, one look into the index for each,
-- however many tasks it has.
WITH RECURSIVE head (schema_name) AS (
    SELECT (
        SELECT schema_name FROM public.tenantry_jobs_job
        WHERE status = 'READY' AND run_after IS NULL
            AND queue_name = %(queue)s AND (%(after)s IS NULL OR schema_name > %(after)s)
        ORDER BY schema_name LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT job.schema_name FROM public.tenantry_jobs_job AS job
        WHERE job.status = 'READY' AND job.run_after IS NULL
            AND job.queue_name = %(queue)s AND job.schema_name > head.schema_name
        ORDER BY job.schema_name LIMIT 1
    )
    FROM head WHERE head.schema_name IS NOT NULL
)
SELECT schema_name FROM head
WHERE schema_name = '' OR (/* may work: head.schema_name */)
LIMIT %(limit)s
