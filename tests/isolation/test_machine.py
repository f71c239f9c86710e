"""Random sequences of everything a connection can do: each sees its tenant's rows and no others.

Two engines that leak are run as well, and must be caught, so that the proof is known to bite.
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
def test_an_engine_that_prefixes_only_the_first_statement_of_a_transaction_is_caught(
    observer: extensions.connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "TenantConnection", FirstStatementOnly)

    # Seen by the machine, or refused by the engine before it creates or copies anything.
    with pytest.raises((Leak, SchemaMissing)):
        run(TenancyMachine, observer, examples=500, derandomize=True)


@pytest.mark.proof
@override_settings(TENANT_LIMIT_SET_CALLS=True)
def test_django_tenants_own_engine_is_caught(observer: extensions.connection) -> None:
    with pytest.raises(Leak):
        run(StockMachine, observer, examples=500, derandomize=True)


class FirstStatementOnly(TenantConnection):
    """Remembers what a transaction has been told, as an earlier version of the engine did."""

    def prefix(self) -> str:
        told = self.info.transaction_status == extensions.TRANSACTION_STATUS_INTRANS
        return "" if told else super().prefix()


class StockMachine(TenancyMachine):
    """django-tenants' own backend, which holds the tenant on each connection."""

    engine = STOCK
    # A thread's context and a kept cursor are more than it claims to look after.
    hop_to_a_thread = None  # type: ignore[assignment]
    keep_a_cursor_or_not = None  # type: ignore[assignment]

    def switched(self) -> None:
        for session in (self.session, self.other):
            session.wrapper.set_schema(self.schema)  # type: ignore[attr-defined]


def run(
    machine: type[TenancyMachine], observer: extensions.connection, *, examples: int, **how: Any
) -> type[TenancyMachine]:
    """Run examples of 50 steps each; return the machine with its counts."""
    counted = type("Machine", (machine,), {"observer": observer})
    run_state_machine_as_test(
        counted,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            database=None,
            # A failure is shown as it was found: making it shorter takes minutes.
            phases=[Phase.generate],
            report_multiple_bugs=False,
            **how,
        ),
    )
    return counted
