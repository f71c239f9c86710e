"""In a transaction, each statement reads the tenant that is active when it is sent."""

from select import select

import pytest
from django.db import DatabaseError, InternalError, OperationalError, ProgrammingError, transaction
from django.test import TestCase

from tenantry.context import active_schema, tenant_context
from tenantry.postgres.base import DatabaseWrapper
from tenantry.postgres.commit import CommitCallback
from tenantry.statements import several_statements

from .conftest import fetch_value, visible_schema


def run(connection: DatabaseWrapper, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_change_of_tenant_in_a_transaction_applies_to_the_next_statement(
    own: DatabaseWrapper,
) -> None:
    with transaction.atomic(using="own"):
        for schema in ("red", "blue", "red"):
            with tenant_context(schema):
                assert visible_schema(own) == schema
        assert fetch_value(own, "SELECT current_schemas(false)") == ["public"]


def test_nested_savepoints_and_rollbacks_keep_the_active_tenant(own: DatabaseWrapper) -> None:
    with transaction.atomic(using="own"), tenant_context("red"):
        visible_schema(own)
        with transaction.atomic(using="own"):
            with tenant_context("blue"):
                assert visible_schema(own) == "blue"
                with transaction.atomic(using="own"):
                    run(own, "INSERT INTO note VALUES ('undone')")
            transaction.set_rollback(True, using="own")
        assert visible_schema(own) == "red"
        with tenant_context("blue"):
            assert fetch_value(own, "SELECT count(*) FROM note") == 1


def test_raw_savepoint_commands_do_not_restore_an_earlier_tenant(own: DatabaseWrapper) -> None:
    with transaction.atomic(using="own"):
        with tenant_context("red"):
            visible_schema(own)
            run(own, "SAVEPOINT s")
        with tenant_context("blue"):
            assert visible_schema(own) == "blue"
            run(own, "ROLLBACK TO SAVEPOINT s")
            assert visible_schema(own) == "blue"
            run(own, "RELEASE SAVEPOINT s")
            assert visible_schema(own) == "blue"


def test_a_transaction_of_raw_sql_reads_and_writes_the_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        run(own, "LOCK TABLE note")  # Needs a transaction, but not a second one.
        assert visible_schema(own) == "red"
        run(own, "INSERT INTO note VALUES ('undone')")
        run(own, "ROLLBACK")
        assert fetch_value(own, "SELECT count(*) FROM note") == 1


def test_an_error_can_be_rolled_back_to_a_savepoint(own: DatabaseWrapper) -> None:
    with tenant_context("red"), transaction.atomic(using="own"):
        with pytest.raises(ProgrammingError), transaction.atomic(using="own"):
            run(own, "SELECT nothing")
        assert visible_schema(own) == "red"
        run(own, "SAVEPOINT s")
        with pytest.raises(ProgrammingError):
            run(own, "CREATE TABLE note ()")
        run(own, "ROLLBACK TO SAVEPOINT s")
        assert visible_schema(own) == "red"


def test_a_broken_transaction_raises_postgresqls_error_and_can_be_rolled_back(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        with pytest.raises(ProgrammingError):
            run(own, "SELECT nothing")
        for statement in ("SELECT 1", "EXPLAIN SELECT 1", "SET CONSTRAINTS ALL IMMEDIATE"):
            with pytest.raises(InternalError, match="current transaction is aborted"):
                run(own, statement)
        run(own, "ROLLBACK")
        assert visible_schema(own) == "red"


def test_manual_transactions_read_the_tenant(own: DatabaseWrapper) -> None:
    own.set_autocommit(False)
    with tenant_context("red"):
        assert visible_schema(own) == "red"
        run(own, "CREATE TABLE undone ()")
        own.rollback()
        assert fetch_value(own, "SELECT to_regclass('undone')") is None
    with tenant_context("blue"):
        assert visible_schema(own) == "blue"
    own.commit()
    own.set_autocommit(True)


@pytest.mark.parametrize("statement", ["SELECT 1", "EXPLAIN SELECT 1"])
def test_a_new_connection_after_a_lost_one_reads_the_tenant(
    own: DatabaseWrapper, statement: str
) -> None:
    with tenant_context("red"):
        visible_schema(own)
        another = own.copy()
        fetch_value(another, "SELECT pg_terminate_backend(%s)", [own.connection.info.backend_pid])
        another.close()
        with pytest.raises(DatabaseError, match="connection"):
            run(own, statement)
        own.close_if_unusable_or_obsolete()
        assert visible_schema(own) == "red"


def test_a_new_connection_does_not_change_the_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        another = own.copy()
        assert visible_schema(another) == "red"
        another.close()
        own.close()
        assert own.schema_name == "red"


def test_ddl_in_autocommit_is_committed(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "CREATE TABLE kept ()")
        own.close()
        assert fetch_value(own, "SELECT to_regclass('kept')::text") == "kept"
        run(own, "DROP TABLE kept")


def test_failing_ddl_in_autocommit_leaves_no_open_transaction(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"):
        with pytest.raises(ProgrammingError):
            run(own, "CREATE TABLE note ()")
        assert own.connection.info.transaction_status == 0
        assert visible_schema(own) == "red"


@several_statements(reason="A test of several statements.")
def test_the_statement_timeout_is_not_set_on_the_session(own: DatabaseWrapper) -> None:
    own.settings_dict["STATEMENT_TIMEOUT"] = 50
    with tenant_context("red"):
        for statement in ("SELECT pg_sleep(10)", "DO $$ BEGIN PERFORM pg_sleep(10); END $$"):
            with pytest.raises(OperationalError, match="statement timeout"):
                run(own, statement)
        assert fetch_value(own, "SELECT current_setting('statement_timeout')") == "50ms"
        assert fetch_value(own, "SHOW statement_timeout") == "0"


def test_the_server_ends_an_idle_transaction_after_the_timeout(
    own: DatabaseWrapper,
) -> None:
    own.settings_dict["IDLE_IN_TRANSACTION_TIMEOUT"] = 50

    def write_and_wait() -> None:
        with transaction.atomic(using="own"):
            run(own, "INSERT INTO note VALUES ('half')")
            select([own.connection], [], [], 5)  # Until the server closes it.
            run(own, "SELECT 1")

    with tenant_context("red"):
        with pytest.raises(OperationalError):
            write_and_wait()
        own.close()
        assert fetch_value(own, "SELECT count(*) FROM note") == 1
        assert fetch_value(own, "SHOW idle_in_transaction_session_timeout") == "0"


def test_the_isolation_level_is_set_in_transactions_only(own: DatabaseWrapper) -> None:
    own.settings_dict["OPTIONS"]["isolation_level"] = 3
    for _ in range(2):
        with tenant_context("red"), transaction.atomic(using="own"):
            assert fetch_value(own, "SHOW transaction_isolation") == "serializable"
    assert fetch_value(own, "SHOW transaction_isolation") == "read committed"


def test_an_on_commit_callback_runs_with_the_tenant_that_registered_it(
    own: DatabaseWrapper,
) -> None:
    seen: list[object] = []
    with tenant_context("blue"), transaction.atomic(using="own"):
        for schema in ("red", None):
            with tenant_context(schema):
                transaction.on_commit(lambda: seen.append(active_schema()), using="own")
    with tenant_context("red"):
        transaction.on_commit(lambda: seen.append(visible_schema(own)), using="own")
    assert seen == ["red", None, "red"]
    with pytest.raises(TypeError, match="callable"):
        own.on_commit(5)  # type: ignore[arg-type]


def test_capture_on_commit_callbacks_returns_the_callbacks_of_the_test(
    own: DatabaseWrapper,
) -> None:
    seen: list[str | None] = []

    def callback() -> None:
        seen.append(active_schema())

    with transaction.atomic(using="own"):
        capturing = TestCase.captureOnCommitCallbacks(using="own", execute=True)
        with capturing as callbacks, tenant_context("red"):
            transaction.on_commit(callback, using="own")
        transaction.set_rollback(True, using="own")
    assert callbacks == [callback]
    assert {*callbacks} == {callback, CommitCallback(callback)}
    assert seen == ["red"]


def test_a_failing_robust_callback_is_logged_with_its_name(
    own: DatabaseWrapper, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    transaction.on_commit(fail, using="own", robust=True)
    assert "fail in on_commit()" in caplog.text


@pytest.mark.parametrize("end", ["ROLLBACK", "ROLLBACK TO s"])
@several_statements(reason="A test of several statements.")
def test_a_string_that_begins_with_a_rollback_works_in_a_broken_transaction(
    own: DatabaseWrapper, end: str
) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        run(own, "SAVEPOINT s")
        with pytest.raises(DatabaseError):
            run(own, "SELECT 1/0")
        run(own, f"{end}; CREATE TABLE made (a int); DROP TABLE red.made")
        run(own, "ROLLBACK")


def test_a_lock_takes_no_snapshot_before_it(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        run(own, "LOCK TABLE note")
        # PostgreSQL accepts this only before the first snapshot.
        run(own, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        assert visible_schema(own) == "red"
        run(own, "ROLLBACK")


@pytest.mark.parametrize(
    "sql", ["SELECT E'a'\n'b\\'; NOTIFY x; SELECT c'", "SELECT $€$; NOTIFY x; SELECT $€$"]
)
def test_the_prefix_is_never_inserted_into_a_value(own: DatabaseWrapper, sql: str) -> None:
    with tenant_context("red"):
        assert "search_path" not in fetch_value(own, sql)


@several_statements(reason="A test of several statements.")
def test_several_statements_raise_if_backslashes_are_escapes_in_all_strings(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"), transaction.atomic(using="own"):
        run(own, "SET LOCAL standard_conforming_strings = off")
        with pytest.raises(ProgrammingError, match="switch it on"):
            fetch_value(own, r"SELECT 'a\'; ROLLBACK; SELECT b'")
        assert visible_schema(own) == "red"
