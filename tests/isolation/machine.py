"""A state machine: after each random step, two connections are compared with their models."""

import asyncio
from contextlib import nullcontext
from contextvars import copy_context
from itertools import count, product
from threading import Thread
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from psycopg2 import extensions

from tenantry.context import tenant_context
from tenantry.roles import are_used, as_owner

from .actions import FAILURES, NUMBERS, READS, WRITES
from .session import Kind, Leak, Session
from .tenants import ENGINE, SCHEMAS, database, empty_tables, open_wrapper
from .trespasses import TRESPASSES, trespass

schemas = st.sampled_from(SCHEMAS)
MOSTLY = (True, True, True, False)  # Otherwise few transactions would get deep.


class TenancyMachine(RuleBasedStateMachine):
    """Steps use one of two connections; `turn` changes to the other. No tenant means `public`.

    `examples`, `checks` and `denials` count over all runs. Each example has a check before its
    first step and after each step.
    """

    engine: ClassVar[str] = ENGINE
    observer: ClassVar[extensions.connection]
    examples: ClassVar[int] = 0
    checks: ClassVar[int] = 0
    denials: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).examples += 1
        empty_tables(self.observer)
        self.numbers = count(1)
        self.contexts: list[tenant_context] = []
        self.active = ["public"]
        committed: dict[str, list[int]] = {schema: [] for schema in SCHEMAS}
        self.session, self.other = (
            Session(open_wrapper(alias, self.engine, database()), committed)
            for alias in ("isolation_a", "isolation_b")
        )
        for session in (self.session, self.other):
            session.wrapper.inc_thread_sharing()

    def teardown(self) -> None:
        for session in (self.session, self.other):
            session.abandon()
        while self.contexts:
            self.contexts.pop().__exit__(None, None, None)

    @property
    def schema(self) -> str:
        return self.active[-1]

    @invariant()
    def both_connections_match_their_models(self) -> None:
        type(self).checks += 1
        for session in (self.session, self.other):
            session.check(self.schema)

    # --- The tenant ---

    @rule(schema=schemas, include_public=st.booleans())
    def activate(self, schema: str, *, include_public: bool) -> None:
        self.contexts.append(tenant_context(schema, include_public=include_public))
        self.contexts[-1].__enter__()
        self.active.append(schema)
        self.schema_changed()

    @precondition(lambda self: self.contexts)
    @rule()
    def leave(self) -> None:
        self.contexts.pop().__exit__(None, None, None)
        self.active.pop()
        self.schema_changed()

    @precondition(lambda self: self.contexts)
    @rule(schema=schemas)
    def set_schema(self, schema: str) -> None:
        """Use django-tenants' API, which changes the innermost level."""
        self.active[-1] = schema
        self.session.wrapper.set_schema(schema)  # type: ignore[attr-defined]
        self.schema_changed()

    def schema_changed(self) -> None:
        """Hook for an ENGINE that needs the schema set on its connections."""

    # --- Another tenant, by its name ---

    @precondition(lambda self: are_used() and self.schema != "public")
    @rule(
        other=schemas,
        kinds=st.lists(st.sampled_from(sorted(TRESPASSES)), min_size=3, max_size=6),
        in_savepoint=st.sampled_from(MOSTLY),
    )
    def trespass(self, other: str, kinds: list[str], *, in_savepoint: bool) -> None:
        """Use objects of another tenant, or of `public`, on both connections."""
        if other == self.schema:
            return
        for kind, session in product(kinds, (self.session, self.other)):
            # In `public`, CREATE TRIGGER waits for the rows of the other connection first.
            if not session.broken and (kind, other) != ("trigger", "public"):
                session.expect_denial(trespass(kind, other), in_savepoint=in_savepoint)
                type(self).denials += 1

    @rule()
    def work_as_owner(self) -> None:
        """Read with the rights of the owner; the next statement has the role again."""
        with as_owner(reason="a step"):
            self.session.check(self.schema)

    # --- Connection, cursor and thread ---

    @rule()
    def turn(self) -> None:
        self.session, self.other = self.other, self.session

    @rule()
    def reuse_a_cursor_or_not(self) -> None:
        self.session.reused_cursor = (
            None if self.session.reused_cursor else self.session.wrapper.cursor()
        )

    @rule(to=st.sampled_from(("a copy of this context", "a new context", "asyncio")))
    def hop_to_a_thread(self, to: str) -> None:
        if to == "asyncio":
            asyncio.run(sync_to_async(self.session.check, thread_sensitive=False)(self.schema))
        elif to == "a copy of this context":
            _in_thread(copy_context().run, self.session.check, self.schema)
        else:
            _in_thread(self.session.check, "public")

    # --- Reading, writing, failing ---

    @rule(kind=st.sampled_from(sorted(READS)))
    def read(self, kind: str) -> None:
        self.session.check(self.schema, READS[kind])

    @precondition(lambda self: not self.session.broken)
    @rule(kind=st.sampled_from(sorted(WRITES)))
    def write(self, kind: str) -> None:
        numbers = next(self.numbers), next(self.numbers)
        owned = as_owner(reason="A tenant cannot run DO.") if kind == "block" else nullcontext()
        with owned:
            WRITES[kind](self.session.cursor(), *numbers)
        self.session.wrote(self.schema, *numbers)

    @precondition(lambda self: not self.session.broken)
    @rule(kind=st.sampled_from(sorted(FAILURES)))
    def fail(self, kind: str) -> None:
        self.session.expect_failure(FAILURES[kind])

    @precondition(lambda self: not self.session.broken)
    @rule(meanwhile=schemas)
    def iterate(self, meanwhile: str) -> None:
        """An open cursor keeps returning rows of its tenant while another tenant is active."""
        expected = self.session.expected(self.schema)
        with self.session.wrapper.chunked_cursor() as cursor:
            cursor.execute(NUMBERS)
            first = cursor.fetchmany(1)
            self.activate(meanwhile, include_public=True)
            self.session.check(meanwhile)
            rest = cursor.fetchall()
            self.leave()
        if [number for (number,) in first + rest] != expected:
            raise Leak(f"An iterator read {first} and {rest} instead of {expected}.")

    @precondition(lambda self: self.session.levels and not self.session.broken)
    @rule(meanwhile=schemas)
    def declare_and_fetch(self, meanwhile: str) -> None:
        expected = self.session.expected(self.schema)
        cursor = self.session.cursor()
        cursor.execute(f"DECLARE isolation_cursor CURSOR FOR {NUMBERS}")
        self.activate(meanwhile, include_public=False)
        cursor.execute("FETCH ALL FROM isolation_cursor")
        fetched = [number for (number,) in cursor.fetchall()]
        cursor.execute("CLOSE isolation_cursor")
        self.leave()
        if fetched != expected:
            raise Leak(f"A declared cursor read {fetched} instead of {expected}.")

    # --- Transactions ---

    @precondition(lambda self: not self.session.broken and not self.session.has(Kind.BEGIN))
    @rule()
    def enter_atomic(self) -> None:
        self.session.enter_atomic()

    @precondition(lambda self: self.session.has(Kind.ATOMIC))
    @rule(fail=st.booleans())
    def leave_atomic(self, *, fail: bool) -> None:
        self.session.leave_atomic(fail=fail)

    @precondition(lambda self: not self.session.levels)
    @rule()
    def begin(self) -> None:
        self.session.begin()

    @precondition(lambda self: self.session.has(Kind.BEGIN))
    @rule(commit=st.booleans())
    def end(self, *, commit: bool) -> None:
        self.session.end(commit=commit)

    @precondition(lambda self: self.session.levels and not self.session.broken)
    @rule()
    def savepoint(self) -> None:
        self.session.savepoint()

    @precondition(lambda self: self.session.is_in(Kind.SAVEPOINT))
    @rule(release=st.booleans())
    def end_savepoint(self, *, release: bool) -> None:
        self.session.end_savepoint(release=release)

    # --- Connections end ---

    @precondition(lambda self: not self.session.levels)
    @rule()
    def reconnect(self) -> None:
        self.session.reconnect()

    # Only at some depth, or no example would get deep.
    @precondition(lambda self: len(self.session.levels) > 2)
    @rule()
    def lose_the_connection(self) -> None:
        self.session.lose(self.observer)


def _in_thread(function: Any, *arguments: Any) -> None:
    """Call in a new thread, and raise its exception in this one."""
    raised: list[BaseException] = []

    def call() -> None:
        try:
            function(*arguments)
        except BaseException as error:  # noqa: BLE001 (raised again by the caller)
            raised.append(error)

    thread = Thread(target=call)
    thread.start()
    thread.join()
    for error in raised:
        raise error
