"""Random sequences of everything a connection can do: it sees the rows of its tenant only.

Two backends that leak run as well. The machine must detect both, or it would prove nothing.
"""

from typing import Any

import pytest
from django.test import override_settings
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from psycopg2 import extensions

from tenantry.errors import SchemaMissing
from tenantry.postgres import base
from tenantry.postgres.connection import TenantConnection

from .machine import TenancyMachine
from .session import Leak
from .tenants import STOCK

pytestmark = pytest.mark.django_db


def test_a_few_random_steps_show_no_other_tenants_rows(observer: extensions.connection) -> None:
    run(TenancyMachine, observer, examples=2)


@pytest.mark.proof
def test_ten_thousand_random_steps_show_no_other_tenants_rows(
    observer: extensions.connection,
) -> None:
    machine = run(TenancyMachine, observer, examples=320)

    assert machine.checks - machine.examples >= 10_000


@pytest.mark.proof
def test_the_machine_detects_a_backend_that_prefixes_only_the_first_statement_of_a_transaction(
    observer: extensions.connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "TenantConnection", FirstStatementOnly)

    # The machine sees the leak, or the backend raises before it creates or copies anything.
    with pytest.raises((Leak, SchemaMissing)):
        run(TenancyMachine, observer, examples=500, derandomize=True)


@pytest.mark.proof
@override_settings(TENANT_LIMIT_SET_CALLS=True)
def test_the_machine_detects_the_leaks_of_django_tenants_own_backend(
    observer: extensions.connection,
) -> None:
    with pytest.raises(Leak):
        run(StockMachine, observer, examples=500, derandomize=True)


class FirstStatementOnly(TenantConnection):
    """Sends no prefix inside a transaction that has one, like an earlier version of the engine."""

    def prefix(self) -> str:
        in_transaction = self.info.transaction_status == extensions.TRANSACTION_STATUS_INTRANS
        return "" if in_transaction else super().prefix()


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
