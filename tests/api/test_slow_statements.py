"""Slow statements are logged with their schema."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection

from config.urls import handler400, handler404, handler500  # noqa: F401 (Django looks for them)
from tenantry.context import tenant_context
from tests.api.conftest import Lines


class TestSlowStatements:
    @pytest.fixture
    def wrapper(self, db: None) -> Iterator[Any]:
        slow = connection.copy()
        slow.settings_dict["SLOW_STATEMENT"] = 20
        yield slow
        slow.close()

    def test_a_slow_one_is_logged_with_schema_and_without_values(
        self, lines: Lines, wrapper: Any
    ) -> None:
        with tenant_context("acme"), wrapper.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s), %s", [0.03, "hush-hush"])

        line = lines.only()
        assert (line["schema"], line["logger"]) == ("acme", "tenancy.slow")
        assert line["event"].endswith("ms: SELECT pg_sleep(%s), %s")
        assert line["milliseconds"] >= 30

    def test_a_slow_one_that_fails_is_logged(self, lines: Lines, wrapper: Any) -> None:
        fails = "DO $$ BEGIN PERFORM pg_sleep(0.03); RAISE division_by_zero; END $$"
        with pytest.raises(DatabaseError), wrapper.cursor() as cursor:
            cursor.execute(fails)

        assert lines.only()["level"] == "warning"

    def test_a_quick_one_is_not_logged(self, lines: Lines, wrapper: Any) -> None:
        with wrapper.cursor() as cursor:
            cursor.execute("SELECT 1")

        assert lines.read() == []
