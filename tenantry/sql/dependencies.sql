-- Dependencies in the first schema of search_path: each row is an object and an object that must
-- exist before it, with names as in schema_objects.sql. Parts that can be added later do not count:
-- indexes, foreign keys and triggers.
WITH member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = current_schema()::regnamespace
), node AS MATERIALIZED (
    SELECT 'pg_class'::regclass AS classid, oid, quote_ident(relname) AS name, reltype
    FROM pg_class
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_class'::regclass))

    UNION ALL
    SELECT 'pg_type'::regclass, oid, quote_ident(typname), oid
    FROM pg_type
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_type'::regclass))

    UNION ALL
    SELECT 'pg_proc'::regclass, oid,
           format('%I(%s)', proname, pg_get_function_identity_arguments(oid)), NULL
    FROM pg_proc
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_proc'::regclass))
), part AS MATERIALIZED (
    SELECT classid, oid, name FROM node

    UNION ALL
    SELECT 'pg_type'::regclass, pg_type.oid, name
    FROM node JOIN pg_type ON pg_type.oid = reltype WHERE classid = 'pg_class'::regclass

    UNION ALL
    SELECT 'pg_type'::regclass, typarray, name
    FROM node JOIN pg_type ON pg_type.oid = reltype WHERE typarray <> 0

    UNION ALL
    SELECT 'pg_class'::regclass, typrelid, name
    FROM node JOIN pg_type ON pg_type.oid = node.oid
    WHERE classid = 'pg_type'::regclass AND typrelid <> 0

    UNION ALL
    SELECT 'pg_attrdef'::regclass, pg_attrdef.oid, name
    FROM node JOIN pg_attrdef ON adrelid = node.oid AND classid = 'pg_class'::regclass

    UNION ALL
    SELECT 'pg_constraint'::regclass, pg_constraint.oid, name
    FROM node JOIN pg_constraint ON conrelid = node.oid AND classid = 'pg_class'::regclass
    WHERE contype = 'c' AND convalidated

    UNION ALL
    SELECT 'pg_rewrite'::regclass, pg_rewrite.oid, name
    FROM node JOIN pg_rewrite ON ev_class = node.oid AND classid = 'pg_class'::regclass
    WHERE rulename = '_RETURN'
)
SELECT DISTINCT part.name, needed.name
FROM part
JOIN pg_depend
  ON pg_depend.classid = part.classid AND pg_depend.objid = part.oid AND deptype = 'n'
JOIN part AS needed
  ON needed.classid = refclassid AND needed.oid = refobjid AND needed.name <> part.name
ORDER BY 1, 2
