"""Inside a transaction, too, each statement is answered from the tenant active at that moment."""

from select import select

import pytest
from django.db import DatabaseError, InternalError, OperationalError, ProgrammingError, transaction
from django.test import TestCase

from tenantry.context import active_schema, tenant_context
from tenantry.postgres.base import DatabaseWrapper
from tenantry.postgres.commit import CommitCallback

from .conftest import ask, here


def run(connection: DatabaseWrapper, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_change_of_tenant_within_a_transaction_counts_at_once(own: DatabaseWrapper) -> None:
    with transaction.atomic(using="own"):
        for schema in ("red", "blue", "red"):
            with tenant_context(schema):
                assert here(own) == schema
        assert ask(own, "SELECT current_schemas(false)") == ["public"]


def test_nested_savepoints_and_their_rollback_follow_the_tenant(own: DatabaseWrapper) -> None:
    with transaction.atomic(using="own"), tenant_context("red"):
        here(own)
        with transaction.atomic(using="own"):
            with tenant_context("blue"):
                assert here(own) == "blue"
                with transaction.atomic(using="own"):
                    run(own, "INSERT INTO note VALUES ('undone')")
            transaction.set_rollback(True, using="own")
        assert here(own) == "red"
        with tenant_context("blue"):
            assert ask(own, "SELECT count(*) FROM note") == 1


def test_raw_savepoint_commands_cannot_bring_back_an_earlier_tenant(own: DatabaseWrapper) -> None:
    with transaction.atomic(using="own"):
        with tenant_context("red"):
            here(own)
            run(own, "SAVEPOINT s")
        with tenant_context("blue"):
            assert here(own) == "blue"
            run(own, "ROLLBACK TO SAVEPOINT s")
            assert here(own) == "blue"
            run(own, "RELEASE SAVEPOINT s")
            assert here(own) == "blue"


def test_a_raw_transaction_in_autocommit_works_for_the_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        run(own, "LOCK TABLE note")  # Needs a transaction, and gets no second one.
        assert here(own) == "red"
        run(own, "INSERT INTO note VALUES ('undone')")
        run(own, "ROLLBACK")
        assert ask(own, "SELECT count(*) FROM note") == 1


def test_an_error_can_be_rolled_back_to_a_savepoint(own: DatabaseWrapper) -> None:
    with tenant_context("red"), transaction.atomic(using="own"):
        with pytest.raises(ProgrammingError), transaction.atomic(using="own"):
            run(own, "SELECT nothing")
        assert here(own) == "red"
        run(own, "SAVEPOINT s")
        with pytest.raises(ProgrammingError):
            run(own, "CREATE TABLE note ()")
        run(own, "ROLLBACK TO SAVEPOINT s")
        assert here(own) == "red"


def test_a_broken_transaction_says_so_and_ends(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        with pytest.raises(ProgrammingError):
            run(own, "SELECT nothing")
        for statement in ("SELECT 1", "EXPLAIN SELECT 1", "SET CONSTRAINTS ALL IMMEDIATE"):
            with pytest.raises(InternalError, match="current transaction is aborted"):
                run(own, statement)
        run(own, "ROLLBACK")
        assert here(own) == "red"


def test_manual_transactions_work_for_the_tenant(own: DatabaseWrapper) -> None:
    own.set_autocommit(False)
    with tenant_context("red"):
        assert here(own) == "red"
        run(own, "CREATE TABLE undone ()")
        own.rollback()
        assert ask(own, "SELECT to_regclass('undone')") is None
    with tenant_context("blue"):
        assert here(own) == "blue"
    own.commit()
    own.set_autocommit(True)


@pytest.mark.parametrize("statement", ["SELECT 1", "EXPLAIN SELECT 1"])
def test_after_a_lost_connection_the_next_one_works_for_the_tenant(
    own: DatabaseWrapper, statement: str
) -> None:
    with tenant_context("red"):
        here(own)
        another = own.copy()
        ask(another, "SELECT pg_terminate_backend(%s)", [own.connection.info.backend_pid])
        another.close()
        with pytest.raises(DatabaseError, match="connection"):
            run(own, statement)
        own.close_if_unusable_or_obsolete()
        assert here(own) == "red"


def test_opening_a_connection_changes_no_tenant(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        another = own.copy()
        assert here(another) == "red"
        another.close()
        own.close()
        assert own.schema_name == "red"


def test_a_statement_with_its_path_ahead_is_committed_in_autocommit(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "CREATE TABLE kept ()")
        own.close()
        assert ask(own, "SELECT to_regclass('kept')::text") == "kept"
        run(own, "DROP TABLE kept")


def test_a_statement_with_its_path_ahead_that_fails_leaves_no_transaction_open(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"):
        with pytest.raises(ProgrammingError):
            run(own, "CREATE TABLE note ()")
        assert own.connection.info.transaction_status == 0
        assert here(own) == "red"


def test_a_statement_timeout_ends_statements_and_spares_the_session(own: DatabaseWrapper) -> None:
    own.settings_dict["STATEMENT_TIMEOUT"] = 50
    with tenant_context("red"):
        for statement in ("SELECT pg_sleep(10)", "DO $$ BEGIN PERFORM pg_sleep(10); END $$"):
            with pytest.raises(OperationalError, match="statement timeout"):
                run(own, statement)
        assert ask(own, "SELECT current_setting('statement_timeout')") == "50ms"
        assert ask(own, "SHOW statement_timeout") == "0"


def test_a_transaction_that_waits_too_long_for_its_next_statement_is_ended(
    own: DatabaseWrapper,
) -> None:
    own.settings_dict["IDLE_IN_TRANSACTION_TIMEOUT"] = 50

    def write_and_wait() -> None:
        with transaction.atomic(using="own"):
            run(own, "INSERT INTO note VALUES ('half')")
            select([own.connection], [], [], 5)  # Until the server has something to say.
            run(own, "SELECT 1")

    with tenant_context("red"):
        with pytest.raises(OperationalError):
            write_and_wait()
        own.close()
        assert ask(own, "SELECT count(*) FROM note") == 1
        assert ask(own, "SHOW idle_in_transaction_session_timeout") == "0"


def test_an_isolation_level_holds_in_transactions(own: DatabaseWrapper) -> None:
    own.settings_dict["OPTIONS"]["isolation_level"] = 3
    for _ in range(2):
        with tenant_context("red"), transaction.atomic(using="own"):
            assert ask(own, "SHOW transaction_isolation") == "serializable"
    assert ask(own, "SHOW transaction_isolation") == "read committed"


def test_what_waits_for_the_commit_keeps_the_tenant_it_was_handed_over_in(
    own: DatabaseWrapper,
) -> None:
    seen: list[object] = []
    with tenant_context("blue"), transaction.atomic(using="own"):
        for schema in ("red", None):
            with tenant_context(schema):
                transaction.on_commit(lambda: seen.append(active_schema()), using="own")
    with tenant_context("red"):
        transaction.on_commit(lambda: seen.append(here(own)), using="own")
    assert seen == ["red", None, "red"]
    with pytest.raises(TypeError, match="callable"):
        own.on_commit(5)  # type: ignore[arg-type]


def test_a_test_finds_the_callbacks_that_it_gave(own: DatabaseWrapper) -> None:
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


def test_a_robust_callback_that_fails_is_logged_by_its_name(
    own: DatabaseWrapper, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    transaction.on_commit(fail, using="own", robust=True)
    assert "fail in on_commit()" in caplog.text


@pytest.mark.parametrize("end", ["ROLLBACK", "ROLLBACK TO s"])
def test_a_string_that_first_ends_a_broken_transaction_works(
    own: DatabaseWrapper, end: str
) -> None:
    with tenant_context("red"):
        run(own, "BEGIN")
        run(own, "SAVEPOINT s")
        with pytest.raises(DatabaseError):
            run(own, "SELECT 1/0")
        run(own, f"{end}; CREATE TABLE made (a int); DROP TABLE red.made")
        run(own, "ROLLBACK")


def test_a_lock_comes_before_the_snapshot_of_its_transaction(own: DatabaseWrapper) -> None:
    with tenant_context("red"):
        run(own, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        run(own, "LOCK TABLE note")
        # PostgreSQL allows this only as long as there is no snapshot.
        run(own, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
        assert here(own) == "red"
        run(own, "ROLLBACK")


@pytest.mark.parametrize(
    "sql", ["SELECT E'a'\n'b\\'; NOTIFY x; SELECT c'", "SELECT $€$; NOTIFY x; SELECT $€$"]
)
def test_the_path_is_never_written_into_a_value(own: DatabaseWrapper, sql: str) -> None:
    with tenant_context("red"):
        assert "search_path" not in ask(own, sql)


def test_several_statements_are_refused_where_backslashes_escape_everywhere(
    own: DatabaseWrapper,
) -> None:
    with tenant_context("red"), transaction.atomic(using="own"):
        run(own, "SET LOCAL standard_conforming_strings = off")
        with pytest.raises(ProgrammingError, match="one by one"):
            ask(own, r"SELECT 'a\'; ROLLBACK; SELECT b'")
        assert here(own) == "red"
