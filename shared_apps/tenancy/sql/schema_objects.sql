-- Everything that makes up the structure of the first schema of the search_path, an object a row:
--   kind, parent (its table or domain), name, definition, comment.
-- Names and definitions are SQL as one writes it with that search_path. What copying.py does not
-- know gets a kind of its own, so that it is seen all the same.
-- Members are found through pg_depend, whose index leads from a namespace to what is in it:
-- pg_class has no index that begins with relnamespace, and a large fleet has a large pg_class.
WITH namespace AS MATERIALIZED (
    SELECT oid, nspname FROM pg_namespace WHERE nspname = current_schema()
), member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_namespace'::regclass AND refobjid = (SELECT oid FROM namespace)
), relation AS MATERIALIZED (
    SELECT oid, quote_ident(relname) AS name, relname, relkind, relpersistence, relam, reltoastrelid,
           reloptions, relispopulated, relreplident, relrowsecurity, relforcerowsecurity, reloftype
    FROM pg_class
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_class'::regclass))
), own_type AS MATERIALIZED (
    SELECT oid, quote_ident(typname) AS name, typtype, typrelid, typbasetype, typtypmod, typnotnull,
           typdefault, typcollation
    FROM pg_type
    WHERE oid = ANY (ARRAY(SELECT objid FROM member WHERE classid = 'pg_type'::regclass))
), sequence AS MATERIALIZED (
    -- PostgreSQL's defaults are left out: a shorter line for people, less to parse for the server.
    SELECT relation.oid, relation.name, owner.deptype, owner.refobjid, owner.refobjsubid,
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
    JOIN pg_sequence ON seqrelid = relation.oid
    LEFT JOIN pg_depend AS owner
      ON owner.classid = 'pg_class'::regclass AND owner.objid = relation.oid
     AND owner.refclassid = 'pg_class'::regclass AND owner.deptype IN ('a', 'i')
     AND owner.refobjsubid > 0
    WHERE relkind = 'S'
), object AS (
    -- Tables; what is not a plain one has a kind of its own.
    SELECT CASE
               WHEN reloftype <> 0 THEN 'typed table'
               WHEN relkind = 'r' AND relpersistence = 'u' THEN 'unlogged table'
               WHEN relkind = 'r' THEN 'table'
               WHEN relkind = 'p' THEN 'partitioned table'
               ELSE 'foreign table'
           END AS kind,
           '' AS parent, name, '' AS definition, 0 AS position,
           'pg_class'::regclass AS classid, oid, 0 AS subid
    FROM relation
    WHERE relkind IN ('r', 'p', 'f')

    UNION ALL
    SELECT CASE WHEN relkind = 'v' THEN 'view'
                WHEN relispopulated THEN 'materialized view'
                ELSE 'unpopulated materialized view' END,
           '', name, rtrim(pg_get_viewdef(oid), ';'), 0, 'pg_class'::regclass, oid, 0
    FROM relation
    WHERE relkind IN ('v', 'm')

    UNION ALL
    SELECT 'view column', relation.name, quote_ident(attname), '',
           attnum, 'pg_class'::regclass, relation.oid, attnum
    FROM relation
    JOIN pg_description ON objoid = relation.oid AND classoid = 'pg_class'::regclass
    JOIN pg_attribute ON attrelid = relation.oid AND attnum = objsubid AND attnum > 0
    WHERE relkind IN ('v', 'm')

    UNION ALL
    SELECT CASE relpersistence WHEN 'u' THEN 'unlogged sequence' ELSE 'sequence' END, '',
           sequence.name, concat_ws(' ', 'AS ' || type, nullif(parameters, '')),
           0, 'pg_class'::regclass, oid, 0
    FROM sequence JOIN relation USING (oid)
    WHERE deptype IS DISTINCT FROM 'i'

    UNION ALL
    SELECT 'sequence owner', '', sequence.name,
           format('OWNED BY %s.%I', refobjid::regclass, attname), 0, NULL, NULL, NULL
    FROM sequence JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
    WHERE deptype = 'a'

    UNION ALL
    SELECT CASE attgenerated WHEN '' THEN 'column' ELSE 'generated column' END,
           relation.name, quote_ident(attname),
           format_type(atttypid, atttypmod)
               || CASE WHEN attcollation NOT IN (0, typcollation)
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
               || CASE WHEN NOT attnotnull OR connoinherit OR NOT convalidated THEN ''
                       WHEN conname = relname || '_' || attname || '_not_null' THEN ' NOT NULL'
                       ELSE coalesce(' CONSTRAINT ' || quote_ident(conname), '') || ' NOT NULL' END,
           attnum, 'pg_class'::regclass, relation.oid, attnum
    FROM relation
    JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type ON pg_type.oid = atttypid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    LEFT JOIN sequence ON attidentity <> '' AND refobjid = attrelid AND refobjsubid = attnum
    -- PostgreSQL 18 gives NOT NULL a name, which outlives the renaming of its column.
    LEFT JOIN pg_constraint ON conrelid = attrelid AND contype = 'n' AND conkey = ARRAY[attnum]
    WHERE relkind IN ('r', 'p', 'f')

    UNION ALL
    SELECT CASE contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique constraint'
                        WHEN 'f' THEN 'foreign key' WHEN 'x' THEN 'exclusion constraint'
                        WHEN 'c' THEN CASE WHEN convalidated THEN 'check' ELSE 'unvalidated check' END
                        WHEN 'n' THEN 'not null' ELSE 'constraint' END,
           relation.name, quote_ident(conname), pg_get_constraintdef(pg_constraint.oid),
           0, 'pg_constraint'::regclass, pg_constraint.oid, 0
    FROM relation JOIN pg_constraint ON conrelid = relation.oid
    WHERE contype <> 't' AND (contype <> 'n' OR connoinherit OR NOT convalidated)

    UNION ALL
    SELECT CASE WHEN indisvalid THEN 'index' ELSE 'invalid index' END,
           relation.name, quote_ident(index.relname), pg_get_indexdef(indexrelid, 0, true),
           0, 'pg_class'::regclass, indexrelid, 0
    FROM relation
    JOIN pg_index ON indrelid = relation.oid
    JOIN pg_class AS index ON index.oid = indexrelid
    LEFT JOIN pg_constraint
      ON conrelid = indrelid AND conindid = indexrelid AND contype IN ('p', 'u', 'x')
    WHERE conindid IS NULL

    UNION ALL
    SELECT 'trigger', relation.name, quote_ident(tgname), pg_get_triggerdef(pg_trigger.oid, true),
           0, 'pg_trigger'::regclass, pg_trigger.oid, 0
    FROM relation JOIN pg_trigger ON tgrelid = relation.oid
    WHERE NOT tgisinternal

    UNION ALL
    SELECT 'policy', relation.name, quote_ident(polname),
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
    FROM relation JOIN pg_policy ON polrelid = relation.oid

    UNION ALL
    SELECT CASE setting.name WHEN 'forced row security' THEN setting.name ELSE 'setting' END,
           relation.name, setting.name, command, 0, NULL, NULL, NULL
    FROM relation, LATERAL (VALUES
        ('row security', CASE WHEN relrowsecurity THEN 'ENABLE ROW LEVEL SECURITY' END),
        ('forced row security', CASE WHEN relforcerowsecurity THEN 'FORCE ROW LEVEL SECURITY' END),
        ('options', (SELECT format('SET (%s)', string_agg(
                         format('%s=%L', split_part(option, '=', 1),
                                substr(option, strpos(option, '=') + 1)), ', ' ORDER BY option))
                     FROM (SELECT unnest(reloptions)
                           UNION ALL
                           SELECT 'toast.' || unnest(toast.reloptions)
                           FROM pg_class AS toast WHERE toast.oid = reltoastrelid) AS o (option)
                     HAVING count(*) > 0)),
        ('replica identity', CASE WHEN relkind = 'r' THEN
            CASE relreplident WHEN 'f' THEN 'REPLICA IDENTITY FULL'
                              WHEN 'n' THEN 'REPLICA IDENTITY NOTHING' END END),
        ('access method', (SELECT 'SET ACCESS METHOD ' || quote_ident(amname)
                           FROM pg_am WHERE pg_am.oid = relam AND amname <> 'heap'))
    ) AS setting (name, command)
    WHERE command IS NOT NULL

    UNION ALL
    SELECT 'setting', relation.name, setting.name || ' of ' || quote_ident(attname),
           format('ALTER COLUMN %I %s', attname, command), 0, NULL, NULL, NULL
    FROM relation
    JOIN pg_attribute ON attrelid = relation.oid AND attnum > 0 AND NOT attisdropped
    JOIN pg_type ON pg_type.oid = atttypid,
    LATERAL (VALUES
        ('storage', CASE WHEN attstorage <> typstorage AND relkind = 'r' THEN 'SET STORAGE ' ||
            CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
                            WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END),
        ('statistics', 'SET STATISTICS ' || nullif(attstattarget, -1)),
        ('options', 'SET (' || array_to_string(attoptions, ', ') || ')'),
        ('default', CASE WHEN atthasdef AND relkind = 'v' THEN (
            SELECT 'SET DEFAULT ' || pg_get_expr(adbin, adrelid)
            FROM pg_attrdef WHERE adrelid = attrelid AND adnum = attnum) END)
    ) AS setting (name, command)
    WHERE command IS NOT NULL

    UNION ALL
    SELECT 'setting', relation.name, setting.name || ' of ' || quote_ident(index.relname),
           format(command, index.relname), 0, NULL, NULL, NULL
    FROM relation
    JOIN pg_index ON indrelid = relation.oid
    JOIN pg_class AS index ON index.oid = indexrelid,
    LATERAL (VALUES
        ('clustering', CASE WHEN indisclustered THEN 'CLUSTER ON %I' END),
        ('replica identity', CASE WHEN indisreplident THEN 'REPLICA IDENTITY USING INDEX %I' END)
    ) AS setting (name, command)
    WHERE command IS NOT NULL

    UNION ALL
    SELECT 'setting', relation.name, 'state of ' || quote_ident(tgname),
           CASE tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA'
                          ELSE 'ENABLE ALWAYS' END || ' TRIGGER ' || quote_ident(tgname),
           0, NULL, NULL, NULL
    FROM relation JOIN pg_trigger ON tgrelid = relation.oid
    WHERE NOT tgisinternal AND tgenabled <> 'O'

    UNION ALL
    SELECT 'rule', relation.name, quote_ident(rulename), pg_get_ruledef(pg_rewrite.oid, true),
           0, 'pg_rewrite'::regclass, pg_rewrite.oid, 0
    FROM relation JOIN pg_rewrite ON ev_class = relation.oid
    WHERE rulename <> '_RETURN'

    UNION ALL
    SELECT 'parent', relation.name, inhparent::regclass::text, '', 0, NULL, NULL, NULL
    FROM relation JOIN pg_inherits ON inhrelid = relation.oid

    UNION ALL
    SELECT CASE prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END, '',
           format('%I(%s)', proname, pg_get_function_identity_arguments(pg_proc.oid)),
           CASE WHEN prokind = 'a' THEN '' ELSE overlay(
               pg_get_functiondef(pg_proc.oid) PLACING ''
               FROM length('CREATE OR REPLACE FUNCTION ')
                    + CASE prokind WHEN 'p' THEN 2 ELSE 1 END
               FOR length(quote_ident(nspname)) + 1) END,
           0, 'pg_proc'::regclass, pg_proc.oid, 0
    FROM pg_proc, namespace
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
               WHEN 'd' THEN (
                   SELECT format_type(own_type.typbasetype, own_type.typtypmod)
                       || CASE WHEN own_type.typcollation <> base.typcollation
                               THEN ' COLLATE ' || own_type.typcollation::regcollation ELSE '' END
                       || coalesce(' DEFAULT ' || own_type.typdefault, '')
                       || CASE WHEN own_type.typnotnull THEN ' NOT NULL' ELSE '' END
                   FROM pg_type AS base WHERE base.oid = own_type.typbasetype)
               WHEN 'c' THEN (
                   SELECT format('(%s)', string_agg(
                       quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
                       || CASE WHEN attcollation <> base.typcollation
                               THEN ' COLLATE ' || attcollation::regcollation ELSE '' END,
                       ', ' ORDER BY attnum))
                   FROM pg_attribute JOIN pg_type AS base ON base.oid = atttypid
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
               FROM length('CREATE STATISTICS ') + 1 FOR length(quote_ident(nspname)) + 1),
           0, 'pg_statistic_ext'::regclass, pg_statistic_ext.oid, 0
    FROM pg_statistic_ext, namespace
    WHERE pg_statistic_ext.oid = ANY (
        ARRAY(SELECT objid FROM member WHERE classid = 'pg_statistic_ext'::regclass))

    UNION ALL
    -- Operators, text search configurations, collations, whatever else a schema may hold.
    SELECT type, '', coalesce(name, identity), identity, 0, classid::regclass, objid, 0
    FROM member, pg_identify_object(classid, objid, 0)
    WHERE classid NOT IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass,
                          'pg_statistic_ext'::regclass, 'pg_default_acl'::regclass)
)
SELECT kind, parent, name, definition, (
           SELECT description FROM pg_description
           WHERE objoid = object.oid AND classoid = object.classid AND objsubid = object.subid
       ) AS comment
FROM object
ORDER BY parent COLLATE "C", position, kind COLLATE "C", name COLLATE "C"
