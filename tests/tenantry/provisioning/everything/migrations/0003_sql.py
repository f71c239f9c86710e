from typing import Any

from django.db import connection, migrations

SQL = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE ticket (
    number serial PRIMARY KEY,
    small smallserial,
    mood mood NOT NULL DEFAULT 'happy',
    shelf_id bigint CONSTRAINT ticket_shelf REFERENCES tenantry_items_shelf (id)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE SEQUENCE extra START WITH 7 INCREMENT BY 3;
CREATE VIEW free_shelf AS SELECT id, name FROM tenantry_items_shelf WHERE free;
CREATE MATERIALIZED VIEW shelf_count AS SELECT count(*) FROM free_shelf;
COMMENT ON VIEW free_shelf IS 'Free ones';
CREATE FUNCTION twice(n integer) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT n * 2';
CREATE TABLE log (entry text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.log VALUES (%L)', TG_TABLE_SCHEMA, NEW.small);
    RETURN NEW;
END $$;
"""


def name_the_schema(apps: Any, editor: Any) -> None:
    editor.execute(
        f"""
        CREATE FUNCTION count_log() RETURNS bigint STABLE LANGUAGE sql
            AS 'SELECT count(*) FROM {connection.schema_name}.log'
        """
    )


class Migration(migrations.Migration):
    dependencies = [("tenantry_items", "0002_tables")]

    operations = [migrations.RunSQL(SQL), migrations.RunPython(name_the_schema)]
