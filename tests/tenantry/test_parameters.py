"""The search_path and other parameters as SQL and as startup options."""

import pytest

from tenantry.postgres.parameters import Parameters


def test_the_search_path_is_the_tenant_public_and_temporary_tables() -> None:
    prefix = Parameters().prefix("acme", include_public=True)
    assert prefix == 'SET LOCAL search_path="acme","public",pg_temp;\n'


def test_include_public_false_removes_public() -> None:
    assert Parameters().search_path("acme", include_public=False) == '"acme",pg_temp'


@pytest.mark.parametrize("include_public", [True, False])
def test_the_search_path_without_a_tenant_is_public(include_public: bool) -> None:
    assert Parameters().search_path(None, include_public=include_public) == '"public",pg_temp'


def test_extension_schemas_follow_public() -> None:
    path = Parameters(extra_schemas=("hstore",)).search_path("acme", include_public=True)
    assert path == '"acme","public","hstore",pg_temp'


def test_the_prefix_is_one_line_so_that_error_positions_move_by_one_line() -> None:
    prefix = Parameters({"role": "o'hara", "statement_timeout": "5"}).prefix(
        None, include_public=True
    )
    assert prefix.startswith("SET LOCAL role='o''hara';SET LOCAL statement_timeout='5';SET LOCAL s")
    assert prefix.count("\n") == 1


def test_startup_options_escape_blanks() -> None:
    parameters = Parameters({"role": r"a b\c"})
    assert parameters.startup_options(None, include_public=True) == (
        r'-c role=a\ b\\c -c search_path="public",pg_temp'
    )


def test_startup_options_have_no_lock_timeout() -> None:
    """CREATE INDEX CONCURRENTLY leaves an invalid index when a timeout ends it."""
    parameters = Parameters({"lock_timeout": "2s", "statement_timeout": "0"})
    assert parameters.startup_options(None, include_public=True) == (
        '-c statement_timeout=0 -c search_path="public",pg_temp'
    )


def test_a_statement_outside_of_a_transaction_gets_no_idle_timeout() -> None:
    parameters = Parameters(
        {"idle_in_transaction_session_timeout": "1s", "statement_timeout": "2s"}
    )
    within = parameters.prefix("red", include_public=True)
    own_transaction = parameters.prefix("red", include_public=True, own_transaction=True)
    assert "SET LOCAL idle_in_transaction_session_timeout='1s';" in within
    assert "idle_in_transaction" not in own_transaction
    assert "SET LOCAL statement_timeout='2s';" in own_transaction
