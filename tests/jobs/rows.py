"""SQL that fills the queue with more rows than the ORM can write quickly."""

INSERT_JOBS = """
    INSERT INTO public.tenantry_jobs_job (
        schema_name, task, queue_name, priority, arguments, retries, unique_key, status,
        enqueued_at, finished_at, worker_ids, failures, errors, actor, request_id
    )
"""
