"""Logs, errors and debug tools show the SQL of the developer, without the prefix."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test.utils import CaptureQueriesContext
from psycopg2 import sql
from pytest_django import DjangoAssertNumQueries

from shared_apps.organizations.models import Organization
from tenant_apps.items.models import Item
from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper
from tenantry.statements import several_statements

from .conftest import fetch_value, visible_schema


def test_the_search_path_does_not_count_as_a_query(
    acme: Organization, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with tenant_context(acme):
        with django_assert_num_queries(1):
            list(Item.objects.all())
        with django_assert_num_queries(1):
            Item.objects.all().explain()


@several_statements(reason="A test of several statements.")
def test_recorded_queries_do_not_contain_the_prefix(own: DatabaseWrapper) -> None:
    with tenant_context("red"), CaptureQueriesContext(own) as captured, own.cursor() as cursor:
        cursor.execute("SELECT %s, '%%'", ["a"])
        cursor.execute("EXPLAIN SELECT 1")
        cursor.execute("SHOW work_mem; SELECT 1; SELECT 2")
        cursor.execute("VACUUM note")
        cursor.executemany("SELECT %s", [[1], [2]])
    assert [query["sql"] for query in captured] == [
        "SELECT 'a', '%'",
        "EXPLAIN SELECT 1",
        "SHOW work_mem; SELECT 1; SELECT 2",
        "VACUUM note",
        "2 times: SELECT %s",
    ]


def test_mogrify_does_not_show_the_prefix(own: DatabaseWrapper) -> None:
    with tenant_context("red"), own.cursor() as cursor:
        assert cursor.mogrify("SELECT %s", ["a"]) == b"SELECT 'a'"
        cursor.execute(sql.SQL("SELECT {}").format(sql.Literal("b")))
        assert cursor.query == b"SELECT 'b'"
        assert own.ops.last_executed_query(cursor, "", None) == "SELECT 'b'"


def test_sql_logs_contain_the_schema(
    own: DatabaseWrapper, caplog: pytest.LogCaptureFixture
) -> None:
    own.force_debug_cursor = True
    with caplog.at_level(logging.DEBUG, "django.db.backends"):
        with tenant_context("red"):
            fetch_value(own, "SELECT 1")
        fetch_value(own, "SELECT 2")
    tenants, public = caplog.messages
    assert re.fullmatch(r"\(.*\) SELECT 1; args=None; alias=own; schema=red", tenants)
    assert public.endswith("; schema=public")


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT nothing", "LINE 1: SELECT nothing\n               ^"),
        ("SELECT 1,\n  nothing", "LINE 2:   nothing\n          ^"),
        ("\n" * 9 + " SELECT nothing", "LINE 10:  SELECT nothing\n                 ^"),
        ("\n" * 8 + " SELECT nothing", "LINE 9:  SELECT nothing\n                ^"),
        ("SELECT 1;\nSELECT nothing", "LINE 2: SELECT nothing\n               ^"),
        ("SHOW work_mem;\nSELECT nothing", "LINE 2: SELECT nothing\n               ^"),
        ("SELECT 'ö', nothing", "LINE 1: SELECT 'ö', nothing\n                    ^"),
        ("EXPLAIN SELECT nothing", "LINE 1: EXPLAIN SELECT nothing\n                       ^"),
        (
            "CREATE TABLE a (b nothing)",
            "LINE 1: CREATE TABLE a (b nothing)\n                          ^",
        ),
    ],
)
@several_statements(reason="A test of several statements.")
def test_an_error_shows_the_line_and_column_of_the_developers_sql(
    own: DatabaseWrapper, statement: str, shown: str
) -> None:
    with tenant_context("red"), pytest.raises(ProgrammingError) as error:
        fetch_value(own, statement)
    assert shown in str(error.value)
    assert "search_path" not in str(error.value)


def test_an_error_in_executemany_shows_the_line_of_the_developers_sql(own: DatabaseWrapper) -> None:
    raises = pytest.raises(ProgrammingError, match="LINE 1: SELECT nothing, 'a'\n")
    with tenant_context("red"), own.cursor() as cursor, raises:
        cursor.executemany("SELECT nothing, %s", [["a"]])


@several_statements(reason="A test of several statements.")
def test_an_error_in_a_function_shows_the_line_of_the_function(own: DatabaseWrapper) -> None:
    body = "BEGIN\n PERFORM 1;\n EXECUTE 'SELECT 1,\n nothing'; END"
    with tenant_context("red"), pytest.raises(ProgrammingError, match="LINE 2:  nothing\n"):
        fetch_value(own, f"DO $$ {body} $$")


def test_an_execute_wrapper_does_not_see_the_prefix(own: DatabaseWrapper) -> None:
    seen = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with own.execute_wrapper(note), tenant_context("red"):
        visible_schema(own)
    assert seen == ["SELECT text FROM note", "SELECT current_schema()"]
