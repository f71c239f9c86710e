-- Stores how schemas differ from the template; NULL for a schema that was not compared. A migration
-- locks the state of its schema until it commits; locked states are not updated.
WITH free AS MATERIALIZED (
    SELECT schema_name FROM public.tenancy_schemastate WHERE schema_name = ANY(%(names)s)
    FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE public.tenancy_schemastate AS state
SET differences = coalesce(found.differences, ''),
    compared_at = CASE WHEN found.differences IS NOT NULL THEN now() END
FROM unnest(%(names)s::text[], %(differences)s::text[]) AS found (schema_name, differences)
WHERE state.schema_name = found.schema_name AND state.schema_name IN (TABLE free)
