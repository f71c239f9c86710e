-- The sequences of the first schema of search_path, with the integer column that each one numbers:
--   name, table, column (NULL without one), whether it counts upwards.
SELECT quote_ident(sequence.relname), quote_ident(numbered.relname), quote_ident(attname),
       seqincrement > 0
FROM pg_depend AS member
JOIN pg_class AS sequence ON sequence.oid = member.objid AND sequence.relkind = 'S'
JOIN pg_sequence ON seqrelid = sequence.oid
LEFT JOIN pg_depend AS owner
  ON owner.classid = 'pg_class'::regclass AND owner.objid = sequence.oid
 AND owner.refclassid = 'pg_class'::regclass AND owner.refobjsubid > 0
 AND owner.deptype IN ('a', 'i')
LEFT JOIN pg_attribute
  ON attrelid = owner.refobjid AND attnum = owner.refobjsubid
 AND atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype)
LEFT JOIN pg_class AS numbered ON numbered.oid = attrelid
WHERE member.refclassid = 'pg_namespace'::regclass
  AND member.refobjid = current_schema()::regnamespace
  AND member.classid = 'pg_class'::regclass
ORDER BY sequence.relname
