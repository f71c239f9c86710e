"""One run over `public`, the template and the fleet, for every command that migrates."""

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
from tenantry.schemas.catalog import schema_exists

from . import state, template
from .each import bounded
from .locks import SECONDS_BEFORE_RETRY, Patience, RunLock, run_lock
from .migrate import Outcome, migrate_schema
from .options import Options, Report
from .plan import Plans
from .reserved import names_are_reserved, release_names, require_no_taken_names, reserve_names
from .workers import run_in_workers, usable_jobs

SCHEMAS_PER_JOB = 4
"""To start a worker takes as long as some three schemas."""

INTERRUPTED = "it was interrupted"

SHARED = frozenset({PUBLIC, TEMPLATE})


class Progress(Protocol):
    """Who is told how a run goes."""

    def update(self, report: Report) -> None:
        """Another schema is done, or there are more to do."""


def candidates(options: Options) -> list[str]:
    """Return the schemas to look at, `public` and the template among them.

    Raises:
        UnknownTenant: when a tenant was named that there is not.
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
        raise UnknownTenant(f"There is no tenant {', '.join(sorted(unknown))}.")
    return [name for name in names if name in SHARED or name in options.tenants]


class Run:
    """A run: made, executed once, and asked for its report.

    Args:
        migrate_public: runs Django's own `migrate`, for the same target, in `public`.
    """

    def __init__(
        self, options: Options, migrate_public: Callable[[], object], progress: Progress
    ) -> None:
        self.options = options
        self.report = Report()
        self._migrate_public = migrate_public
        self._progress = progress
        self._plans = Plans(options.target)
        self._patience = Patience(options.lock_timeout, options.lock_retries)
        self._begun: set[str] = set()

    def execute(self) -> Report:
        """Do it.

        Raises:
            TableNamesTaken: when a tenant's query could read a table of `public`.
            PublicFailed: when `public` cannot be migrated; no tenant is touched then.
            RunInProgress: when there is another run.
            TemplateFailed: when the template cannot be migrated; no tenant is touched then.
            UnknownTenant: when a tenant was named that there is not.
            WorkersDied: when all workers died.
        """
        started = monotonic()
        names = candidates(self.options)
        if names or not names_are_reserved():
            # What cuts a request short must not cut a migration.
            unhurried = cast("Any", connection).override_parameters(
                statement_timeout="0", idle_in_transaction_session_timeout="0"
            )
            with run_lock() as lock, stop_on_signals() as stop, unhurried:
                try:
                    self._shared_schemas(names)
                    self._fleet(lock, stop)
                    if PUBLIC in names and self._goes_back and self._whole_fleet_is_done:
                        self._migrate_shared()
                except KeyboardInterrupt:
                    self.report.stopped = INTERRUPTED
        self.report.seconds = monotonic() - started
        return self.report

    def _shared_schemas(self, names: list[str]) -> None:
        require_no_taken_names()
        release_names()
        if PUBLIC in names and not self._goes_back:
            self._migrate_shared()
        if TEMPLATE in names and (failure := self._migrate_template().error) is not None:
            raise TemplateFailed(f"The template failed, so no tenant was touched: {failure}")
        reserve_names()

    @cached_property
    def _goes_back(self) -> bool:
        """Whether `public` has something to undo: it comes last, as the tenants may need it."""
        if self.options.target.migration_name is None or not state.has_migrations_table(PUBLIC):
            return False
        with tenant_context(PUBLIC):
            plan = Plans(self.options.target).starting_from(state.read_applied(PUBLIC))
        return any(planned.backwards for planned in plan.migrations)

    @property
    def _whole_fleet_is_done(self) -> bool:
        return self.report.succeeded and not self.options.tenants

    def _migrate_shared(self) -> None:
        if state.table_exists():
            state.forget(PUBLIC)  # Until it is known again.
        try:
            with self._patience.everywhere():
                self._patience.attempt(self._migrate_public)
        except Error as error:
            when = " after the tenants" if self._goes_back else ", so no tenant was touched"
            raise PublicFailed(f"public failed{when}: {error}") from error
        if not state.table_exists():
            raise PublicFailed("A new database needs all apps: run `manage.py migrate` first.")
        state.refresh(PUBLIC)

    def _migrate_template(self) -> Outcome:
        if schema_exists(TEMPLATE):
            template.forget_unless_changed()
        else:
            with connection.cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA {quote_schema_name(TEMPLATE)}")
            template.forget()
        for _ in range(self.options.lock_retries + 1):
            outcome = self._migrate(TEMPLATE)
            if not outcome.blocked:
                break
        if outcome.error is None:
            template.keep_if_forgotten()
        return outcome

    def _fleet(self, lock: RunLock, stop: threading.Event) -> None:
        def go_on() -> bool:
            if stop.is_set():
                self.report.stopped = INTERRUPTED
            elif not lock.is_held():
                self.report.stopped = "the connection that held its lock is gone"
            return self.report.stopped is None

        waiting = self._not_begun()
        canaries, waiting = waiting[: self.options.canary], waiting[self.options.canary :]
        self._rounds(canaries, go_on, stop)
        if self.report.failures:
            self.report.stopped = "a canary failed"
            return
        while waiting and go_on():
            self._rounds(waiting, go_on, stop)
            # Whoever was created since, from a template not yet migrated.
            waiting = self._not_begun()

    def _not_begun(self) -> list[str]:
        known = self._begun | SHARED
        names = [name for name in candidates(self.options) if name not in known]
        self.report.total += len(names)
        return names

    def _rounds(self, names: list[str], go_on: Callable[[], bool], stop: threading.Event) -> None:
        """Migrate each; those that got no lock are tried again after the others."""
        for retries_left in reversed(range(self.options.lock_retries + 1)):
            names = self._round(names, go_on, last=retries_left == 0)
            if not names:
                return
            stop.wait(SECONDS_BEFORE_RETRY)

    def _round(self, names: list[str], go_on: Callable[[], bool], *, last: bool) -> list[str]:
        """Migrate each and return those to try again, since they got no lock and may."""
        self._begun.update(names)
        blocked = []
        for outcome in self._each(names, go_on):
            if outcome.blocked and not last:
                blocked.append(outcome.schema_name)
                continue
            if outcome.blocked:
                state.record_failure(outcome.schema_name, str(outcome.error))
            self.report.add(outcome)
            self._progress.update(self.report)
        return blocked

    def _each(self, names: list[str], go_on: Callable[[], bool]) -> Iterator[Outcome]:
        jobs = min(self.options.jobs, -(-len(names) // SCHEMAS_PER_JOB))
        # Workers see nothing of a transaction that the caller is in.
        if jobs > 1 and not connection.in_atomic_block and (jobs := usable_jobs(jobs)) > 1:
            yield from run_in_workers(jobs, names, self._migrate, go_on)
            return
        for name in bounded(names):
            if not go_on():
                return
            yield self._migrate(name)

    def _migrate(self, schema_name: str) -> Outcome:
        """Migrate one schema; in a worker, this is the worker's own copy of the run."""
        return migrate_schema(schema_name, self._plans, self._patience, verify=self.options.verify)


MESSAGE = b"Stopping after the tenants in hand; once more to roll those back.\n"


@contextmanager
def stop_on_signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set; the second one raises KeyboardInterrupt."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # Python lets nobody else handle signals.
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        # A signal may come while Python's own stream is being written to.
        os.write(sys.stderr.fileno(), MESSAGE)

    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
