"""Random sequences of everything a connection can do: it sees the rows of its tenant only.

Backends that leak run as well. The machine must detect each, or it would prove nothing.
"""

from contextlib import closing
from typing import Any

import pytest
from django.db import ProgrammingError
from django.test import override_settings
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from psycopg2 import extensions
from pytest_django import Settings

from tenantry.context import tenant_context
from tenantry.errors import SchemaMissing
from tenantry.postgres import base
from tenantry.postgres.connection import TenantConnection
from tenantry.postgres.cursor import TenantCursor
from tenantry.roles import as_owner

from .machine import TenancyMachine
from .session import Leak, Session
from .tenants import ENGINE, STOCK, TENANTS, database, open_wrapper
from .trespasses import TRESPASSES, trespass

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[True, False], ids=["roles", "no roles"])
def roles(request: pytest.FixtureRequest, settings: Settings) -> bool:
    on: bool = request.param
    settings.TENANT_ROLES = on
    return on


def test_a_few_random_steps_show_no_other_tenants_rows(
    observer: extensions.connection, roles: bool
) -> None:
    run(TenancyMachine, observer, examples=2)


@pytest.mark.proof
def test_ten_thousand_random_steps_show_no_other_tenants_rows(
    observer: extensions.connection, roles: bool
) -> None:
    machine = run(TenancyMachine, observer, examples=320)

    assert machine.checks - machine.examples >= 10_000
    assert (machine.denials > 500) == roles


@pytest.mark.parametrize("kind", TRESPASSES)
def test_postgresql_denies_each_statement_because_of_the_role(
    observer: extensions.connection, kind: str, roles: bool
) -> None:
    """Without roles it allows each. So each can fail."""
    mine, other, _ = TENANTS
    wrapper = open_wrapper("isolation_a", ENGINE, database())
    with closing(wrapper), tenant_context(mine):
        session = Session(wrapper, committed={})
        session.begin()
        if roles:
            session.expect_denial(trespass(kind, other), in_savepoint=False)
        else:
            trespass(kind, other)(wrapper.cursor())
        session.end(commit=False)


class RoleOutsideTransactions(TenantConnection):
    def _role(self, schema: str | None, *, own_transaction: bool) -> str | None:
        role = super()._role(schema, own_transaction=own_transaction)
        return role if own_transaction else "none"


class RoleOfTheFirstStatement(TenantConnection):
    """Sends no role inside a transaction, where the first statement has set one."""

    def _role(self, schema: str | None, *, own_transaction: bool) -> str | None:
        role = super()._role(schema, own_transaction=own_transaction)
        return None if _is_in_transaction(self) else role


class RememberedRole(TenantConnection):
    """Sends the role when it changes, and forgets that ROLLBACK TO SAVEPOINT undoes that."""

    sent: str | None = None

    def _role(self, schema: str | None, *, own_transaction: bool) -> str | None:
        role = super()._role(schema, own_transaction=own_transaction)
        is_set = _is_in_transaction(self) and role == self.sent
        self.sent = role
        return None if is_set else role


def _is_in_transaction(connection: extensions.connection) -> bool:
    status = connection.info.transaction_status
    return bool(status == extensions.TRANSACTION_STATUS_INTRANS)


@pytest.mark.proof
@pytest.mark.parametrize(
    "forgetful", [RoleOutsideTransactions, RoleOfTheFirstStatement, RememberedRole]
)
def test_the_machine_detects_a_backend_that_forgets_the_role(
    observer: extensions.connection,
    monkeypatch: pytest.MonkeyPatch,
    forgetful: type[TenantConnection],
) -> None:
    monkeypatch.setattr(base, "TenantConnection", forgetful)

    # With the role of another tenant, a statement leaks, or PostgreSQL denies it its own table.
    with pytest.raises((Leak, ProgrammingError)):
        run(TenancyMachine, observer, examples=500, derandomize=True)


@pytest.mark.proof
@pytest.mark.parametrize("method", ["copy_expert", "callproc", "executemany"])
def test_the_machine_detects_a_method_without_the_role(
    observer: extensions.connection, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    without = as_owner(reason="broken on purpose")(getattr(TenantCursor, method))
    monkeypatch.setattr(TenantCursor, method, without)

    with pytest.raises(Leak):
        run(TenancyMachine, observer, examples=500, derandomize=True)


@pytest.mark.proof
def test_the_machine_detects_a_backend_that_prefixes_only_the_first_statement_of_a_transaction(
    observer: extensions.connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "TenantConnection", FirstStatementOnly)

    # The machine sees the leak, or the backend raises before it creates or copies anything.
    with pytest.raises((Leak, SchemaMissing, ProgrammingError)):
        run(TenancyMachine, observer, examples=500, derandomize=True)


@pytest.mark.proof
@override_settings(TENANT_LIMIT_SET_CALLS=True, TENANT_ROLES=False)
def test_the_machine_detects_the_leaks_of_django_tenants_own_backend(
    observer: extensions.connection,
) -> None:
    with pytest.raises(Leak):
        run(StockMachine, observer, examples=500, derandomize=True)


class FirstStatementOnly(TenantConnection):
    """Sends no prefix inside a transaction that has one, like an earlier version of the engine."""

    def prefix(self) -> str:
        return "" if _is_in_transaction(self) else super().prefix()


class StockMachine(TenancyMachine):
    """django-tenants' own backend, which stores the tenant on each connection."""

    engine = STOCK
    # It does not support the context of a thread or a cursor that is used again.
    hop_to_a_thread = None  # type: ignore[assignment]
    reuse_a_cursor_or_not = None  # type: ignore[assignment]

    def schema_changed(self) -> None:
        for session in (self.session, self.other):
            session.wrapper.set_schema(self.schema)  # type: ignore[attr-defined]


def run(
    machine: type[TenancyMachine], observer: extensions.connection, *, examples: int, **options: Any
) -> type[TenancyMachine]:
    """Run examples of 50 steps each, and return the machine class with its counts."""
    counted = type("Machine", (machine,), {"observer": observer})
    run_state_machine_as_test(
        counted,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            # Without Phase.shrink, which takes minutes.
            phases=[Phase.generate],
            report_multiple_bugs=False,
            **options,
        ),
    )
    return counted
