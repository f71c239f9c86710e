-- The size on disk of each organization's schema: tables with their indexes and TOAST.
INSERT INTO public.staff_schemameasure (organization_id, bytes, measured_at, differences)
SELECT o.id, coalesce(sum(pg_total_relation_size(c.oid)), 0), now(), ''
FROM public.organizations_organization o
LEFT JOIN pg_namespace n ON n.nspname = o.schema_name
LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'm')
WHERE %(names)s::text[] IS NULL OR o.schema_name = ANY (%(names)s)
GROUP BY o.id
ON CONFLICT (organization_id) DO UPDATE SET bytes = excluded.bytes, measured_at = excluded.measured_at
