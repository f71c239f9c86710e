"""Measures the cost of search_path in each statement, and of many tenants on a connection."""

from collections.abc import Iterator
from pathlib import Path

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.progress import track

from tenantry.context import tenant_context

from .database import (
    bench_database,
    make_first_organization,
    make_more_organizations,
    make_tokens,
)
from .report import Row, row
from .requests import get
from .round_trips import trips_of
from .timing import alternate

TENANTS = 2000
ONE_ROW = "SELECT id, sku, description, price FROM tenantry_items_item WHERE id = %s"
PRICED = "/api/orders/priced/"


def measure(console: Console) -> list[Row]:
    with bench_database():
        organization = make_first_organization()
        list(make_more_organizations(organization, 1))
        rows = [*_statement_cost(), *_statement_round_trips()]
        made = make_more_organizations(organization, TENANTS)
        list(track(made, "Making organizations", total=TENANTS - 1, console=console))
        make_tokens()
        return [*rows, *_request_round_trips(), *_memory(console)]


def _statement_cost() -> Iterator[Row]:
    @tenant_context("bench1")
    def in_tenant() -> None:
        _select_one(connections["unlimited"])

    @tenant_context("bench1")
    def limited() -> None:
        _select_one(connection)

    @tenant_context("bench1")
    def stock() -> None:
        _select_one(connections["stock"])

    connections["stock"].set_schema("bench1")  # type: ignore[attr-defined]

    def plain() -> None:
        _select_one(connections["plain"])

    ours, peer = alternate(in_tenant, plain, rounds=15, times=1000)
    yield row("one-row SELECT, µs; peer: no tenant at all", ours, peer, "<= 1.25")
    ours, peer = alternate(limited, plain, rounds=5, times=1000)
    yield row("with timeouts and slow-query log, µs; peer: no tenant, no limits", ours, peer)
    ours, peer = alternate(in_tenant, stock, rounds=5, times=1000)
    yield row("one-row SELECT, µs; peer: django-tenants", ours, peer)


def _select_one(database: BaseDatabaseWrapper) -> None:
    with database.cursor() as cursor:
        cursor.execute(ONE_ROW, [1])
        if cursor.fetchone() is None:
            raise RuntimeError("The row is missing.")


def _statement_round_trips() -> Iterator[Row]:
    ours = trips_of(connection, tenant_context("bench1")(_select_one))
    for peer, target in (("plain", "<= 1"), ("stock", None)):
        theirs = trips_of(connections[peer], _select_one)
        yield row(f"one-row SELECT, round trips; peer: {peer}", ours, theirs, target)


def _request_round_trips() -> Iterator[Row]:
    with CaptureQueriesContext(connection) as queries:
        get(PRICED, token="bench1")
    yield row("priced orders with a token, SQL statements", len(queries), target="<= 2")
    trips = trips_of(connection, lambda _: get(PRICED, token="bench1"))
    yield row("priced orders with a token, round trips", trips, target="<= 2")


def _memory(console: Console) -> Iterator[Row]:
    bound = connection.settings_dict["CONN_MAX_TENANTS"]
    bounded = _peak_memory(console, bound)
    if bounded is None:
        console.print("Memory is not measured: PostgreSQL's processes cannot be read here.")
        return
    yield row(
        f"one backend over {TENANTS} tenants, CONN_MAX_TENANTS={bound}, private MB",
        bounded,
        target="<= 100",
    )
    unbounded = _peak_memory(console, None)
    assert unbounded is not None
    yield row(f"one backend over {TENANTS} tenants, no bound, private MB", unbounded)


def _peak_memory(console: Console, bound: int | None) -> float | None:
    """Return the peak memory of one backend during two requests to each tenant."""
    connection.close()
    connection.settings_dict["CONN_MAX_TENANTS"] = bound
    peak = 0.0
    for number in track(range(1, TENANTS + 1), f"CONN_MAX_TENANTS={bound}", console=console):
        for path in ("/api/items/", PRICED):
            get(path, token=f"bench{number}")
        memory = _private_megabytes()
        if memory is None:
            return None
        peak = max(peak, memory)
    return peak


def _private_megabytes() -> float | None:
    """Return the private memory of this connection's backend; None where it cannot be read.

    It is RssAnon, the memory that the process allocated. `smaps` also counts a page of the shared
    buffers as private until another process uses it.
    """
    if connection.connection is None:
        return 0
    process_id = connection.connection.info.backend_pid
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except OSError:
        return None
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024
