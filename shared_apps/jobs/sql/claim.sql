-- Gives a worker the next task of an organization, if it may work and is below its limit. The
-- platform has no schema and no limit.
-- The conditions look at no row of the queue, so PostgreSQL checks them once, not for each row.
UPDATE public.tenantry_jobs_job AS job
SET status = 'RUNNING',
    started_at = coalesce(job.started_at, statement_timestamp()),
    last_attempted_at = statement_timestamp(),
    leased_until = statement_timestamp() + make_interval(secs => %(lease)s),
    worker_ids = job.worker_ids || %(worker)s::varchar
WHERE job.id = (
    SELECT id FROM public.tenantry_jobs_job
    WHERE status = 'READY' AND run_after IS NULL
        AND queue_name = %(queue)s AND schema_name = %(schema)s
        AND (%(schema)s = '' OR (
            /* may work: %(schema)s */
            AND (
                SELECT count(*) FROM public.tenantry_jobs_job
                WHERE status = 'RUNNING' AND schema_name = %(schema)s AND queue_name = %(queue)s
            ) < %(at_once)s
        ))
    ORDER BY priority DESC, id LIMIT 1
    FOR UPDATE SKIP LOCKED
)
RETURNING /* columns */
