"""Functions for the RunPython operations of the tests."""

import multiprocessing
import os
import signal
from typing import Any

from django.db import connection
from psycopg2.sql import SQL, Identifier

from tenantry.context import active_schema, tenant_context


def create_colored_item(apps: Any, editor: Any) -> None:
    item = apps.get_model("tenantry_items", "Item")
    item.objects.create(sku="colored", description=f"of {active_schema()}", price=1, color="blue")


def delete_colored_item(apps: Any, editor: Any) -> None:
    apps.get_model("tenantry_items", "Item").objects.filter(sku="colored").delete()


def fail_in_globex(apps: Any, editor: Any) -> None:
    if active_schema() == "globex":
        raise ValueError("globex has\ntoo many items")


def write_schema_name(apps: Any, editor: Any) -> None:
    name = active_schema()
    editor.execute(f"COMMENT ON TABLE tenantry_items_item IS 'What {name} sells.'")
    editor.execute(f"ALTER TABLE tenantry_items_item ALTER description SET DEFAULT '{name}'")
    editor.execute(
        f"CREATE FUNCTION named() RETURNS text LANGUAGE sql AS $$ SELECT '{name}'::text $$"
    )


def add_column_in_globex(apps: Any, editor: Any) -> None:
    if active_schema() == "globex":
        editor.execute("ALTER TABLE tenantry_items_item ADD hotfix integer")


def kill_worker_in_t3(apps: Any, editor: Any) -> None:
    if active_schema() == "t3" and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)


def store_content_type(apps: Any, editor: Any) -> None:
    """Store the tenant's id of the content type of items."""
    item = apps.get_model("tenantry_items", "Item")
    content_type = apps.get_model("contenttypes", "ContentType").objects.get_for_model(item)
    item.objects.create(sku="noted", description=str(content_type.pk), price=1)


def default_from_globex() -> str:
    """A field default that reads another tenant."""
    with tenant_context("globex"), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenantry_items_item")
    return "red"


def default_from_colors() -> str:
    """A field default that reads the column of the step before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(color) FROM tenantry_items_item")
    return "many"


def create_extension(apps: Any, editor: Any) -> None:
    with connection.cursor() as cursor:
        name = Identifier("unaccent")
        cursor.execute(SQL("/* Words */ CREATE  extension {}").format(name))


def comment_create_role(apps: Any, editor: Any) -> None:
    editor.execute("COMMENT ON TABLE tenantry_items_item IS 'CREATE ROLE'")
