"""No statement changes the session, which a pooler gives to other clients."""

import re
from contextlib import nullcontext
from io import StringIO

import pytest
from django.db import connections, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import override_settings
from pytest_django import Settings

from tenantry.context import tenant_context
from tenantry.postgres.base import DatabaseWrapper

from .conftest import fetch_value, session_settings, visible_schema
from .wire import Wire

SESSION_LEVEL = re.compile(
    r"\bSET\s+(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)|set_config|RESET", re.IGNORECASE
)


def session_level(wire: Wire) -> list[str]:
    """Return the messages that change the session."""
    return [
        query
        for query in wire.queries
        if SESSION_LEVEL.search(query) and not query.startswith(("UPDATE", "INSERT"))
    ]


def test_no_method_of_a_connection_or_cursor_changes_the_session(
    own: DatabaseWrapper, wire: Wire
) -> None:
    own.settings_dict["STATEMENT_TIMEOUT"] = 10_000
    own.settings_dict["OPTIONS"] |= {"isolation_level": 2, "assume_role": own.settings_dict["USER"]}
    own.settings_dict["TIME_ZONE"] = "Asia/Tokyo"
    for atomic in (False, True):
        with tenant_context("red"), transaction.atomic("own") if atomic else nullcontext():
            visible_schema(own)
            with own.cursor() as cursor:
                cursor.executemany("SELECT %s", [[1], [2]])
                cursor.callproc("pg_backend_pid")
                cursor.copy_expert("COPY note TO STDOUT", StringIO())
                cursor.copy_to(StringIO(), "note")
                cursor.copy_from(StringIO(), "note")
                cursor.execute("EXPLAIN SELECT 1")
                cursor.execute("NOTIFY a")
            with own.chunked_cursor() as cursor:
                cursor.execute("SELECT 1")
            MigrationRecorder(own).has_table()
            own.introspection.get_table_description(own.cursor(), "note")
            own.introspection.get_constraints(own.cursor(), "note")
            own.check_constraints()
        own.ensure_timezone()
        own.is_usable()
        own.close_if_unusable_or_obsolete()
    assert session_level(wire) == []
    assert session_settings(own) == []
    assert len(wire.queries) > 50


def test_session_level_finds_statements_that_change_the_session(
    own: DatabaseWrapper, wire: Wire
) -> None:
    with own.cursor() as cursor:
        cursor.execute("SET search_path = red")
        assert session_level(wire) == ["SET search_path = red"]
        assert session_settings(own) == ["search_path"]
        cursor.execute("RESET search_path")


def test_a_new_connection_sends_only_startup_parameters_that_a_pooler_accepts(
    own: DatabaseWrapper, wire: Wire
) -> None:
    own.settings_dict["STATEMENT_TIMEOUT"] = 10_000
    own.settings_dict["TIME_ZONE"] = "Asia/Tokyo"
    own.connect()
    assert wire.queries == []
    (startup,) = wire.startups
    assert {"user", "database", "client_encoding"} >= {name for name in startup if name}


def test_times_are_read_in_djangos_time_zone_if_the_server_has_another(
    own: DatabaseWrapper,
) -> None:
    own.settings_dict["TIME_ZONE"] = "Asia/Tokyo"
    own.settings_dict["OPTIONS"]["options"] = "-c timezone=Europe/Rome"
    with tenant_context("red"):
        moment = fetch_value(own, "SELECT '2026-01-01 00:00+00'::timestamptz")
        assert moment.isoformat() == "2026-01-01T09:00:00+09:00"
        assert fetch_value(own, "SELECT current_setting('TimeZone')") == "Asia/Tokyo"


@pytest.mark.parametrize("zone", ["UTC", "Etc/UTC"])
def test_no_time_zone_is_sent_to_a_server_in_utc(
    own: DatabaseWrapper, wire: Wire, zone: str
) -> None:
    own.settings_dict["OPTIONS"]["options"] = f"-c timezone={zone}"
    fetch_value(own, "SELECT 1")
    assert own.connection.info.parameter_status("TimeZone") == zone
    assert wire.queries == ['SET LOCAL search_path="public",pg_temp;\nSELECT 1']


@pytest.mark.filterwarnings("ignore:Overriding setting")
def test_open_connections_use_a_new_time_zone_of_django(db: None) -> None:
    default = connections["default"]
    assert isinstance(default, DatabaseWrapper)
    with override_settings(USE_TZ=False, TIME_ZONE="Asia/Tokyo"):
        assert fetch_value(default, "SELECT current_setting('TimeZone')") == "Asia/Tokyo"
    assert fetch_value(default, "SELECT current_setting('TimeZone')") == "UTC"


def test_assume_role_sets_the_role_of_each_statement(own: DatabaseWrapper) -> None:
    # The user's own role, which exists on every server.
    own.settings_dict["OPTIONS"]["assume_role"] = own.settings_dict["USER"]
    with tenant_context("red"):
        assert fetch_value(own, "SELECT current_setting('role')") == own.settings_dict["USER"]
        assert fetch_value(own, "SHOW role") == "none"


def test_assume_role_is_kept_in_transactions_with_tenant_roles(
    own: DatabaseWrapper, settings: Settings
) -> None:
    settings.TENANT_ROLES = True
    own.settings_dict["OPTIONS"]["assume_role"] = own.settings_dict["USER"]
    with transaction.atomic(using=own.alias):
        assert fetch_value(own, "SELECT current_setting('role')") == own.settings_dict["USER"]


def test_override_parameters_sets_parameters_for_a_block(own: DatabaseWrapper) -> None:
    """Also on a new connection, and in a transaction, where the time zone does not change."""
    own.settings_dict["STATEMENT_TIMEOUT"] = 5000
    own.settings_dict["OPTIONS"]["options"] = "-c timezone=Asia/Tokyo"

    def timeouts() -> list[str]:
        names = ("statement_timeout", "lock_timeout", "TimeZone")
        return [fetch_value(own, f"SELECT current_setting('{name}')") for name in names]

    assert timeouts() == ["5s", "0", "UTC"]
    with transaction.atomic(using="own"):
        timeouts()
        with (
            own.override_parameters(statement_timeout="0"),
            own.override_parameters(lock_timeout="2s"),
        ):
            assert timeouts() == ["0", "2s", "UTC"]
    assert timeouts() == ["5s", "0", "UTC"]
    with own.override_parameters(statement_timeout="0"):
        assert timeouts() == ["0", "0", "UTC"]
        own.close()
        assert timeouts() == ["0", "0", "UTC"]
    assert timeouts() == ["5s", "0", "UTC"]
