-- The structure of the first schema of search_path, an object in each row:
--   kind, parent (its table or domain), name, definition, comment.
-- Names and definitions are SQL for that search_path. An object without DDL in ddl.py gets its
-- own kind, so that it is reported.
-- Options count if SQL can set them. The server stores others too: PostgreSQL 15.20 has a pg_attver
-- for each column, different in each table.
-- chr(59) stands for a semicolon, because the engine would take a semicolon for a second statement.
-- Objects are found through pg_depend, which has an index by namespace. pg_class has no index that
-- begins with relnamespace, and is large in a large fleet.
WITH member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass
      AND refobjid = to_regnamespace(quote_ident(current_schema()))
), relation AS MATERIALIZED (
    SELECT oid AS relid, relname, quote_ident(relname) AS name, relkind, relpersistence, relam,
           reloptions, reltoastrelid, relispopulated, relreplident, relrowsecurity,
           relforcerowsecurity, reloftype
    FROM pg_class
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_class'::regclass))
), attribute AS MATERIALIZED (
    SELECT relid, relname, name, relkind, attnum, attname, atttypid, atttypmod, attcollation,
           attcompression, attidentity, attgenerated, attnotnull, atthasdef, attstorage,
           nullif(attstattarget, -1) AS target, attoptions
    FROM relation
    JOIN pg_attribute ON attrelid = relid AND attnum > 0 AND NOT attisdropped
    WHERE relkind <> 'S'
), constraint_ AS MATERIALIZED (
    SELECT pg_constraint.oid, relid, name, conname, contype, conkey, conindid,
           convalidated AND NOT connoinherit AS is_plain, convalidated
    FROM relation JOIN pg_constraint ON conrelid = relid
), index_ AS MATERIALIZED (
    SELECT relid, name, indexrelid, quote_ident(pg_class.relname) AS index_name, indisvalid,
           indisclustered, indisreplident, pg_class.relam AS index_method,
           pg_class.reloptions AS index_options
    FROM relation JOIN pg_index ON indrelid = relid JOIN pg_class ON pg_class.oid = indexrelid
), trigger_ AS MATERIALIZED (
    SELECT pg_trigger.oid, name, quote_ident(tgname) AS trigger_name, tgenabled
    FROM relation JOIN pg_trigger ON tgrelid = relid AND NOT tgisinternal
), own_type AS MATERIALIZED (
    SELECT oid, quote_ident(typname) AS name, typtype, typrelid, typbasetype, typtypmod, typnotnull,
           typdefault, typcollation
    FROM pg_type
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_type'::regclass))
), sequence AS MATERIALIZED (
    -- PostgreSQL's defaults are left out: the line is shorter to read and to parse.
    SELECT relid, name, relpersistence, owner.deptype, owner.refobjid, owner.refobjsubid,
           format_type(seqtypid, NULL) AS type,
           concat_ws(
               ' ',
               CASE WHEN seqincrement <> 1 THEN 'INCREMENT BY ' || seqincrement END,
               CASE WHEN seqincrement < 0 OR seqmin <> 1 THEN 'MINVALUE ' || seqmin END,
               CASE WHEN seqincrement < 0 OR seqmax <> CASE seqtypid
                   WHEN 'smallint'::regtype THEN 32767
                   WHEN 'integer'::regtype THEN 2147483647
                   ELSE 9223372036854775807 END THEN 'MAXVALUE ' || seqmax END,
               CASE WHEN seqincrement < 0 OR seqstart <> seqmin THEN 'START WITH ' || seqstart END,
               CASE WHEN seqcache <> 1 THEN 'CACHE ' || seqcache END,
               CASE WHEN seqcycle THEN 'CYCLE' END
           ) AS parameters
    FROM relation
    JOIN pg_sequence ON seqrelid = relid
    LEFT JOIN pg_depend AS owner
      ON owner.classid = 'pg_class'::regclass AND owner.objid = relid
     AND owner.refclassid = 'pg_class'::regclass AND owner.deptype IN ('a', 'i')
     AND owner.refobjsubid > 0
    WHERE relkind = 'S'
), object AS (
    -- Tables; those that are not plain have their own kinds.
    SELECT CASE
               WHEN reloftype <> 0 THEN 'typed table'
               WHEN relkind = 'r' AND relpersistence = 'u' THEN 'unlogged table'
               WHEN relkind = 'r' THEN 'table'
               WHEN relkind = 'p' THEN 'partitioned table'
               ELSE 'foreign table'
           END AS kind,
           '' AS parent, name, '' AS definition, 0 AS position,
           'pg_class'::regclass AS classid, relid AS objid, 0 AS subid
    FROM relation WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT CASE WHEN relkind = 'v' THEN 'view'
                WHEN relispopulated THEN 'materialized view'
                ELSE 'unpopulated materialized view' END,
           '', name, rtrim(pg_get_viewdef(relid), chr(59)), 0, 'pg_class'::regclass, relid, 0
    FROM relation WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT 'view column', name, quote_ident(attname), '', attnum, 'pg_class'::regclass, relid,
           attnum
    FROM attribute WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT CASE relpersistence WHEN 'u' THEN 'unlogged sequence' ELSE 'sequence' END, '',
           name, concat_ws(' ', 'AS ' || type, nullif(parameters, '')),
           0, 'pg_class'::regclass, relid, 0
    FROM sequence WHERE deptype IS DISTINCT FROM 'i'
    UNION ALL
    SELECT 'sequence owner', '', sequence.name,
           format('OWNED BY %s.%I', attribute.name, attname), 0, NULL, NULL, NULL
    FROM sequence JOIN attribute ON attribute.relid = refobjid AND attnum = refobjsubid
    WHERE deptype = 'a'
    UNION ALL
    SELECT CASE attgenerated WHEN '' THEN 'column' ELSE 'generated column' END,
           attribute.name, quote_ident(attname),
           format_type(atttypid, atttypmod)
               || CASE WHEN attcollation NOT IN (0, 'pg_catalog.default'::regcollation)
                       THEN ' COLLATE ' || attcollation::regcollation ELSE '' END
               || CASE attcompression WHEN 'p' THEN ' COMPRESSION pglz'
                                      WHEN 'l' THEN ' COMPRESSION lz4' ELSE '' END
               || CASE WHEN attidentity <> '' THEN format(
                      ' GENERATED %s AS IDENTITY (%s)',
                      CASE attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                      concat_ws(' ', 'SEQUENCE NAME ' || sequence.name,
                                nullif(parameters, ''))) ELSE '' END
               || CASE WHEN NOT atthasdef THEN ''
                       WHEN attgenerated = ''
                       THEN ' DEFAULT ' || pg_get_expr(adbin, adrelid)
                       ELSE format(' GENERATED ALWAYS AS (%s) %s', pg_get_expr(adbin, adrelid),
                            CASE attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END
               || CASE WHEN NOT attnotnull OR NOT is_plain THEN ''
                       WHEN conname = relname || '_' || attname || '_not_null' THEN ' NOT NULL'
                       ELSE coalesce(' CONSTRAINT ' || quote_ident(conname), '') || ' NOT NULL' END,
           attnum, 'pg_class'::regclass, attribute.relid, attnum
    FROM attribute
    LEFT JOIN pg_attrdef ON adrelid = attribute.relid AND adnum = attnum
    LEFT JOIN sequence
      ON attidentity <> '' AND refobjid = attribute.relid AND refobjsubid = attnum
    -- PostgreSQL 18 gives NOT NULL a name, which stays when its column is renamed.
    LEFT JOIN constraint_
      ON constraint_.relid = attribute.relid AND contype = 'n' AND conkey = ARRAY[attnum]
    WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT CASE WHEN contype = 'p' THEN 'primary key' WHEN contype = 'u' THEN 'unique constraint'
                WHEN contype = 'f' THEN 'foreign key' WHEN contype = 'x' THEN 'exclusion constraint'
                WHEN contype = 'n' THEN 'not null'
                WHEN convalidated THEN 'check' ELSE 'unvalidated check' END,
           name, quote_ident(conname), pg_get_constraintdef(oid),
           0, 'pg_constraint'::regclass, oid, 0
    FROM constraint_
    WHERE contype <> 't' AND (contype <> 'n' OR NOT is_plain)
    UNION ALL
    SELECT CASE WHEN indisvalid THEN 'index' ELSE 'invalid index' END,
           name, index_name, pg_get_indexdef(indexrelid, 0, true),
           0, 'pg_class'::regclass, indexrelid, 0
    FROM index_
    WHERE NOT EXISTS (SELECT FROM constraint_
                      WHERE conindid = indexrelid AND contype IN ('p', 'u', 'x'))
    UNION ALL
    SELECT 'trigger', name, trigger_name, pg_get_triggerdef(oid, true),
           0, 'pg_trigger'::regclass, oid, 0
    FROM trigger_
    UNION ALL
    SELECT 'policy', name, quote_ident(polname),
           format('AS %s FOR %s TO %s%s%s',
               CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
               CASE polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                           WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
               (SELECT string_agg(CASE role WHEN 0 THEN 'PUBLIC'
                                  ELSE quote_ident(pg_get_userbyid(role)) END, ', ' ORDER BY role)
                FROM unnest(polroles) AS role),
               ' USING (' || pg_get_expr(polqual, polrelid) || ')',
               ' WITH CHECK (' || pg_get_expr(polwithcheck, polrelid) || ')'),
           0, 'pg_policy'::regclass, pg_policy.oid, 0
    FROM relation JOIN pg_policy ON polrelid = relid
    UNION ALL
    SELECT 'setting', name, 'row security', 'ENABLE ROW LEVEL SECURITY', 0, NULL, NULL, NULL
    FROM relation WHERE relrowsecurity
    UNION ALL
    SELECT 'forced', name, 'row security', '', 0, NULL, NULL, NULL
    FROM relation WHERE relforcerowsecurity
    UNION ALL
    SELECT 'setting', name, 'replica identity', CASE relreplident
               WHEN 'f' THEN 'REPLICA IDENTITY FULL' ELSE 'REPLICA IDENTITY NOTHING' END,
           0, NULL, NULL, NULL
    FROM relation WHERE relkind = 'r' AND relreplident IN ('f', 'n')
    UNION ALL
    SELECT 'setting', name, 'replica identity', 'REPLICA IDENTITY USING INDEX ' || index_name,
           0, NULL, NULL, NULL
    FROM index_ WHERE indisreplident
    UNION ALL
    SELECT 'setting', name, 'clustering', 'CLUSTER ON ' || index_name, 0, NULL, NULL, NULL
    FROM index_ WHERE indisclustered
    UNION ALL
    SELECT 'setting', name, 'state of ' || trigger_name,
           CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
               ELSE 'ENABLE ALWAYS' END || ' TRIGGER ' || trigger_name, 0, NULL, NULL, NULL
    FROM trigger_ WHERE tgenabled <> 'O'
    UNION ALL
    SELECT 'setting', name, setting || ' of ' || quote_ident(attname),
           format('ALTER COLUMN %I %s', attname, command), 0, NULL, NULL, NULL
    FROM (
        SELECT name, attname, 'statistics' AS setting, 'SET STATISTICS ' || target AS command
        FROM attribute WHERE target IS NOT NULL
        UNION ALL
        SELECT name, attname, 'options', 'SET (' || string_agg(option, ', ' ORDER BY option) || ')'
        FROM attribute, unnest(attoptions) AS option
        WHERE split_part(option, '=', 1) IN ('n_distinct', 'n_distinct_inherited')
        GROUP BY name, attname
        UNION ALL
        SELECT name, attname, 'storage', 'SET STORAGE ' || CASE attstorage
                   WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN'
                   ELSE 'EXTENDED' END
        FROM attribute
        WHERE relkind = 'r'
          AND attstorage <> (SELECT typstorage FROM pg_type WHERE oid = atttypid)
        UNION ALL
        SELECT name, attname, 'default', 'SET DEFAULT ' || (
            SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef
            WHERE adrelid = relid AND adnum = attnum)
        FROM attribute WHERE relkind = 'v' AND atthasdef
    ) AS column_setting
    UNION ALL
    SELECT 'setting', index_name, 'statistics of column ' || attnum,
           format('ALTER COLUMN %s SET STATISTICS %s', attnum, attstattarget), 0, NULL, NULL, NULL
    FROM index_ JOIN pg_attribute ON attrelid = indexrelid AND attnum > 0
    WHERE attstattarget >= 0
    UNION ALL
    SELECT 'setting', name, 'access method', 'SET ACCESS METHOD ' || (
               SELECT quote_ident(amname) FROM pg_am WHERE oid = relam),
           0, NULL, NULL, NULL
    FROM relation WHERE relam NOT IN (0, (SELECT oid FROM pg_am WHERE amname = 'heap'))
    UNION ALL
    SELECT 'setting', name, 'options', format('SET (%s)', string_agg(
               format('%s=%L', split_part(option, '=', 1),
                      substr(option, strpos(option, '=') + 1)), ', ' ORDER BY option)),
           0, NULL, NULL, NULL
    FROM (
        SELECT name, unnest(reloptions) AS option FROM relation WHERE reloptions IS NOT NULL
        UNION ALL
        SELECT name, 'toast.' || unnest(pg_class.reloptions)
        FROM relation JOIN pg_class ON oid = relation.reltoastrelid
        WHERE pg_class.reloptions IS NOT NULL
        UNION ALL
        SELECT index_name, unnest(index_options)
        FROM index_ JOIN constraint_ ON conindid = indexrelid AND contype IN ('p', 'u', 'x')
        WHERE index_options IS NOT NULL
    ) AS relation_option
    -- https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS
    WHERE option ~ '^(toast[.])?(autovacuum|vacuum|log_auto[a-z]+|security)_'
       OR option ~ '^(toast[.])?(fillfactor|toast_tuple_target|parallel_workers|user_catalog_table)='
       OR option ~ '^(check_option|deduplicate_items|buffering)='
    GROUP BY name
    UNION ALL
    SELECT 'rule', name, quote_ident(rulename), pg_get_ruledef(pg_rewrite.oid, true),
           0, 'pg_rewrite'::regclass, pg_rewrite.oid, 0
    FROM relation JOIN pg_rewrite ON ev_class = relid
    WHERE rulename <> '_RETURN'
    UNION ALL
    SELECT 'parent', name, inhparent::regclass::text, '', 0, NULL, NULL, NULL
    FROM relation JOIN pg_inherits ON inhrelid = relid
    UNION ALL
    SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, '',
           format('%I(%s)', proname, pg_get_function_identity_arguments(pg_proc.oid)),
           CASE WHEN prokind = 'a' THEN '' ELSE overlay(
               pg_get_functiondef(pg_proc.oid) PLACING ''
               FROM length('CREATE OR REPLACE FUNCTION ')
                    + CASE prokind WHEN 'p' THEN 2 ELSE 1 END
               FOR length(quote_ident(current_schema())) + 1) END,
           0, 'pg_proc'::regclass, pg_proc.oid, 0
    FROM pg_proc
    WHERE pg_proc.oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_proc'::regclass))
    UNION ALL
    SELECT CASE typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite type'
                        WHEN 'r' THEN 'range type' ELSE 'base type' END,
           '', name,
           CASE typtype
               WHEN 'e' THEN (
                   SELECT format('ENUM (%s)', string_agg(
                       quote_literal(enumlabel), ', ' ORDER BY enumsortorder))
                   FROM pg_enum WHERE enumtypid = own_type.oid)
               WHEN 'd' THEN
                   format_type(typbasetype, typtypmod)
                   || CASE WHEN typcollation NOT IN (0, 'pg_catalog.default'::regcollation)
                           THEN ' COLLATE ' || typcollation::regcollation ELSE '' END
                   || coalesce(' DEFAULT ' || typdefault, '')
                   || CASE WHEN typnotnull THEN ' NOT NULL' ELSE '' END
               WHEN 'c' THEN (
                   SELECT format('(%s)', string_agg(
                       quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
                       || CASE WHEN attcollation NOT IN (0, 'pg_catalog.default'::regcollation)
                               THEN ' COLLATE ' || attcollation::regcollation ELSE '' END,
                       ', ' ORDER BY attnum))
                   FROM pg_attribute
                   WHERE attrelid = own_type.typrelid AND attnum > 0 AND NOT attisdropped)
               ELSE ''
           END,
           0, 'pg_type'::regclass, own_type.oid, 0
    FROM own_type
    UNION ALL
    SELECT 'domain check', own_type.name, quote_ident(conname),
           pg_get_constraintdef(pg_constraint.oid),
           0, 'pg_constraint'::regclass, pg_constraint.oid, 0
    FROM own_type JOIN pg_constraint ON contypid = own_type.oid AND contype = 'c'
    UNION ALL
    SELECT 'statistics', '', quote_ident(stxname),
           overlay(pg_get_statisticsobjdef(pg_statistic_ext.oid) PLACING ''
               FROM length('CREATE STATISTICS ') + 1 FOR length(quote_ident(current_schema())) + 1),
           0, 'pg_statistic_ext'::regclass, pg_statistic_ext.oid, 0
    FROM pg_statistic_ext
    WHERE pg_statistic_ext.oid = ANY (
        ARRAY(SELECT objid FROM member WHERE classid = 'pg_statistic_ext'::regclass))
    UNION ALL
    SELECT 'statistics target', '', quote_ident(stxname), 'SET STATISTICS ' || stxstattarget,
           0, NULL, NULL, NULL
    FROM pg_statistic_ext
    WHERE stxstattarget >= 0 AND pg_statistic_ext.oid = ANY (
        ARRAY(SELECT objid FROM member WHERE classid = 'pg_statistic_ext'::regclass))
    UNION ALL
    -- Operators, text search configurations, collations and all other objects. Their identity
    -- begins with the schema for every search_path.
    SELECT type, '', coalesce(name, bare), bare, 0, classid::regclass, objid, 0
    FROM member, pg_identify_object(classid, objid, 0),
         replace(identity, quote_ident(current_schema()) || '.', '') AS bare
    WHERE classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass,
                          'pg_statistic_ext'::regclass, 'pg_default_acl'::regclass)
)
SELECT kind, parent, name, definition, (
           SELECT description FROM pg_description
           WHERE objoid = object.objid AND classoid = object.classid AND objsubid = object.subid
       ) AS comment
FROM object
ORDER BY parent COLLATE "C", position, kind COLLATE "C", name COLLATE "C"
