-- Stores the disk size of each schema's tables, with their indexes and TOAST tables. A migration
-- locks the state of its schema until it commits; locked states are not updated.
WITH free AS MATERIALIZED (
    SELECT schema_name FROM public.tenancy_schemastate WHERE schema_name = ANY(%(names)s)
    FOR NO KEY UPDATE SKIP LOCKED
), measured AS (
    SELECT name, coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint AS size
    FROM unnest(%(names)s::text[]) AS name
    LEFT JOIN pg_namespace ON nspname = name
    LEFT JOIN pg_class ON relnamespace = pg_namespace.oid AND relkind IN ('r', 'm')
    GROUP BY name
), unknown AS (
    INSERT INTO public.tenancy_schemastate (schema_name, applied, attempts, error,
        size, measured_at)
    SELECT name, '', 0, '', size, now() FROM measured
    WHERE name NOT IN (SELECT schema_name FROM public.tenancy_schemastate)
    ON CONFLICT DO NOTHING
)
UPDATE public.tenancy_schemastate AS state
SET size = measured.size, measured_at = now()
FROM measured
WHERE state.schema_name = measured.name AND state.schema_name IN (TABLE free)
