"""Runs migrations in `public`, the template and the fleet, for every command that migrates."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from time import monotonic
from types import FrameType
from typing import Any, Protocol, cast

from django.db import Error, connection

from tenantry.context import tenant_context
from tenantry.errors import PublicFailed, TemplateFailed, UnknownTenant
from tenantry.names import PUBLIC, TEMPLATE, quote_schema_name
from tenantry.roles import are_used
from tenantry.schemas.catalog import schema_exists

from . import roles, state, template
from .each import reconnecting
from .locks import SECONDS_BEFORE_RETRY, LockPolicy, RunLock, run_lock
from .migrate import migrate_schema
from .options import Options, Outcome, Report
from .plan import Plans
from .reserved import names_are_reserved, release_names, require_no_taken_names, reserve_names
from .workers import run_in_workers, usable_jobs

SCHEMAS_PER_JOB = 4
"""Starting a worker takes as long as migrating about three schemas."""

INTERRUPTED = "it was interrupted"

SHARED = frozenset({PUBLIC, TEMPLATE})


class Progress(Protocol):
    """Receives the report of a run after each schema."""

    def update(self, report: Report) -> None: ...


def candidates(options: Options) -> list[str]:
    """Return the schemas of a run, which can include `public` and the template.

    Raises:
        UnknownTenant: an option names a tenant that does not exist.
    """
    if options.only_failed:
        names = sorted({*state.failed(), *SHARED.intersection(state.pending())})
    elif options.verify or not options.target.is_everything:
        names = state.every_schema()
    else:
        names = state.pending()
    if not options.tenants:
        return names
    if unknown := set(options.tenants).difference(state.every_schema()):
        listed = ", ".join(map(repr, sorted(unknown)))
        raise UnknownTenant(f"There is no tenant {listed}. Check the schema name.")
    return [name for name in names if name in SHARED or name in options.tenants]


class Run:
    """One run; `execute` is called once.

    Args:
        migrate_public: runs Django's own `migrate` in `public`, for the same target.
    """

    def __init__(
        self, options: Options, migrate_public: Callable[[], object], progress: Progress
    ) -> None:
        self.options = options
        self.report = Report()
        self._migrate_public = migrate_public
        self._progress = progress
        self._plans = Plans(options.target)
        self._locks = LockPolicy(options.lock_timeout, options.lock_retries)
        self._started: set[str] = set()

    def execute(self) -> Report:
        """Migrate the schemas and return the report.

        Raises:
            TableNamesTaken: `public` has a table or view with the name of a tenant table.
            PublicFailed: `public` cannot be migrated; no tenant was changed, unless the run goes
                backwards.
            RunInProgress: another run holds the lock.
            TemplateFailed: the template cannot be migrated; no tenant was changed.
            UnknownTenant: an option names a tenant that does not exist.
            WorkersDied: all workers died.
        """
        started = monotonic()
        names = candidates(self.options)
        if names or not names_are_reserved():
            # The timeouts for requests do not apply to migrations.
            no_timeouts = cast("Any", connection).override_parameters(
                statement_timeout="0", idle_in_transaction_session_timeout="0"
            )
            with run_lock() as lock, stop_on_signals() as stop, no_timeouts:
                try:
                    self._migrate_shared_schemas(names)
                    self._migrate_tenants(lock, stop)
                    if PUBLIC in names and self._is_backwards and self._whole_fleet_is_done:
                        self._migrate_public_schema()
                except KeyboardInterrupt:
                    self.report.stopped = INTERRUPTED
        self.report.seconds = monotonic() - started
        return self.report

    def _migrate_shared_schemas(self, names: list[str]) -> None:
        require_no_taken_names()
        release_names()
        if PUBLIC in names and not self._is_backwards:
            self._migrate_public_schema()
        if TEMPLATE in names and (failure := self._migrate_template().error) is not None:
            raise TemplateFailed(f"The template failed, so no tenant was changed: {failure}")
        reserve_names()

    @cached_property
    def _is_backwards(self) -> bool:
        """Whether `public` has migrations to undo; it comes last, because tenants can need them."""
        if self.options.target.migration_name is None or not state.has_migrations_table(PUBLIC):
            return False
        with tenant_context(PUBLIC):
            plan = Plans(self.options.target).starting_from(state.read_applied(PUBLIC))
        return any(planned.backwards for planned in plan.migrations)

    @property
    def _whole_fleet_is_done(self) -> bool:
        return self.report.succeeded and not self.options.tenants

    def _migrate_public_schema(self) -> None:
        if state.table_exists():
            state.clear(PUBLIC)
        try:
            with self._locks.in_block():
                self._locks.retry(self._migrate_public)
        except Error as error:
            when = " after the tenants" if self._is_backwards else ", so no tenant was changed"
            raise PublicFailed(f"public failed{when}: {error}") from error
        if not state.table_exists():
            raise PublicFailed("A new database needs all apps: run `manage.py migrate` first.")
        state.refresh(PUBLIC)
        if are_used():
            roles.grant_shared_tables()

    def _migrate_template(self) -> Outcome:
        if schema_exists(TEMPLATE):
            template.clear_unless_changed()
        else:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {quote_schema_name(TEMPLATE)}")  # noqa: S608 (quoted)
            template.clear()
        for _ in range(self.options.lock_retries + 1):
            outcome = self._migrate(TEMPLATE)
            if not outcome.blocked:
                break
        if outcome.error is None:
            template.store_if_cleared()
        return outcome

    def _migrate_tenants(self, lock: RunLock, stop: threading.Event) -> None:
        def may_continue() -> bool:
            if stop.is_set():
                self.report.stopped = INTERRUPTED
            elif not lock.is_held():
                self.report.stopped = "the connection that held its lock was closed"
            return self.report.stopped is None

        waiting = self._not_started()
        canaries, waiting = waiting[: self.options.canary], waiting[self.options.canary :]
        self._migrate_with_retries(canaries, may_continue, stop)
        if self.report.failures:
            self.report.stopped = "a canary failed"
            return
        while waiting and may_continue():
            self._migrate_with_retries(waiting, may_continue, stop)
            # Tenants created in the meantime can be copies of the template before its migration.
            waiting = self._not_started()

    def _not_started(self) -> list[str]:
        done = self._started | SHARED
        names = [name for name in candidates(self.options) if name not in done]
        self.report.total += len(names)
        return names

    def _migrate_with_retries(
        self, names: list[str], may_continue: Callable[[], bool], stop: threading.Event
    ) -> None:
        """Migrate the schemas, those with a lock timeout again after the others."""
        for retries_left in reversed(range(self.options.lock_retries + 1)):
            names = self._migrate_once(names, may_continue, last=retries_left == 0)
            if not names:
                return
            stop.wait(SECONDS_BEFORE_RETRY)

    def _migrate_once(
        self, names: list[str], may_continue: Callable[[], bool], *, last: bool
    ) -> list[str]:
        """Migrate the schemas and return those to try again after a lock timeout."""
        self._started.update(names)
        blocked = []
        for outcome in self._outcomes(names, may_continue):
            if outcome.blocked and not last:
                blocked.append(outcome.schema_name)
                continue
            if outcome.blocked:
                state.record_failure(outcome.schema_name, str(outcome.error))
            self.report.add(outcome)
            self._progress.update(self.report)
        return blocked

    def _outcomes(self, names: list[str], may_continue: Callable[[], bool]) -> Iterator[Outcome]:
        jobs = min(self.options.jobs, -(-len(names) // SCHEMAS_PER_JOB))
        # Workers do not see the changes of the caller's open transaction.
        if jobs > 1 and not connection.in_atomic_block and (jobs := usable_jobs(jobs)) > 1:
            yield from run_in_workers(jobs, names, self._migrate, may_continue)
            return
        for name in reconnecting(names):
            if not may_continue():
                return
            yield self._migrate(name)

    def _migrate(self, schema_name: str) -> Outcome:
        """Migrate one schema; a worker process has its own copy of the run."""
        return migrate_schema(schema_name, self._plans, self._locks, verify=self.options.verify)


MESSAGE = b"Stopping after the current tenants; a second signal rolls them back.\n"


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set; a second signal raises KeyboardInterrupt."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # Only the main thread can handle signals.
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # Python's stream is not reentrant: the signal can arrive while it is written to.
        os.write(sys.stderr.fileno(), MESSAGE)

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
