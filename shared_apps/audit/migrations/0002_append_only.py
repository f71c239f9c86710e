"""Triggers keep the audit log append-only.

They run for each statement, so they also reject a statement that matches no row.
"""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION tenantry_audit_reject_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % is rejected.', TG_OP;
END
$$;

CREATE TRIGGER tenantry_audit_append_only BEFORE UPDATE OR DELETE ON tenantry_audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION tenantry_audit_reject_change();

CREATE TRIGGER tenantry_audit_no_truncate BEFORE TRUNCATE ON tenantry_audit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION tenantry_audit_reject_change();
"""

BACKWARDS = """
DROP TRIGGER tenantry_audit_no_truncate ON tenantry_audit_auditentry;
DROP TRIGGER tenantry_audit_append_only ON tenantry_audit_auditentry;
DROP FUNCTION tenantry_audit_reject_change();
"""


class Migration(migrations.Migration):
    dependencies = [("tenantry_audit", "0001_audit_entry")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
