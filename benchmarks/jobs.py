"""Measures `run_jobs` against other queues: tasks a second, and what `enqueue` costs."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from django.db import connection, transaction
from rich.console import Console
from rich.progress import track

from tenantry.context import tenant_context
from tests.redis import redis_server

from .database import bench_database, make_first_organization, make_more_organizations
from .queued import read_item
from .queues import CeleryOnRedis, DjangoTasksDb, Ours, Queue
from .report import Row, row
from .round_trips import trips_of
from .tables import fill_jobs

ORGANIZATIONS = 10
TASKS = 1000
ROUNDS = 5
WORKERS = (1, 2)

Rates = Mapping[tuple[Queue, int], Sequence[float]]


def measure(console: Console) -> list[Row]:
    with bench_database(), redis_server() as url:
        first = make_first_organization()
        list(make_more_organizations(first, ORGANIZATIONS))
        schemas = [f"bench{number}" for number in range(1, ORGANIZATIONS + 1)]
        ours, *peers = Ours(schemas), DjangoTasksDb(), CeleryOnRedis(url)
        rates = _rates([ours, *peers], console)
        rows = [*_compare(rates, ours, peers), _enqueue()]
    fill_jobs(rows)
    return rows


def _rates(queues: Sequence[Queue], console: Console) -> Rates:
    """Measure the tasks a second of all queues, in turns."""
    rates: dict[tuple[Queue, int], list[float]] = {pair: [] for pair in product(queues, WORKERS)}
    rounds = list(product(range(ROUNDS), rates.items()))
    for _, ((queue, workers), figures) in track(rounds, "Running tasks", console=console):
        queue.fill(TASKS)
        figures.append(TASKS / queue.seconds(workers))
    return rates


def _compare(rates: Rates, ours: Queue, peers: Sequence[Queue]) -> Iterator[Row]:
    for workers, peer in product(WORKERS, peers):
        own, others = rates[ours, workers], rates[peer, workers]
        ratios = [one / other for one, other in zip(own, others, strict=True)]
        lower, _, upper = statistics.quantiles(ratios, n=4)
        yield row(
            f"tasks a second, {workers} worker{'s' * (workers > 1)}; peer: {peer.name}",
            statistics.median(own),
            statistics.median(others),
            ">= 1.0" if isinstance(peer, DjangoTasksDb) else None,
            (lower, upper),
        )


def _enqueue() -> Row:
    """Count the statements that `enqueue` adds to a request's transaction."""

    @transaction.atomic
    def act(_: Any, *, enqueues: bool) -> None:
        with tenant_context("bench1"), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            if enqueues:
                read_item.enqueue(1)

    more, less = (
        trips_of(connection, lambda database, it=it: act(database, enqueues=it))  # type: ignore[misc]
        for it in (True, False)
    )
    return row("statements that `enqueue` adds to a request", more - less, target="<= 1")
